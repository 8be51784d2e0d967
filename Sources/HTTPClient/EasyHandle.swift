import CCurl

/// Owns one `CURL` easy handle and the header list that it refers to.
///
/// Used by the loop's thread only.
struct EasyHandle: ~Copyable {
    let pointer: UnsafeMutableRawPointer
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private let message: UnsafeMutablePointer<CChar>
    private var failed = false

    init?() {
        guard let pointer = curl_easy_init() else { return nil }
        self.pointer = pointer
        message = .allocate(capacity: Int(CURL_ERROR_SIZE))
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        note(plantwright_curl_set_pointer(pointer, CURLOPT_ERRORBUFFER, message))
    }

    deinit {
        curl_easy_cleanup(pointer)
        curl_slist_free_all(headerList)
        // curl may write to it until it is cleaned up.
        message.deallocate()
    }

    /// What curl says about a failure; it may name hosts and addresses.
    var errorText: String { String(cString: message) }

    /// Whether every option so far was accepted.
    var isComplete: Bool { !failed }

    mutating func set(_ option: CURLoption, _ value: Int) {
        note(plantwright_curl_set_long(pointer, option, value))
    }

    mutating func set(_ option: CURLoption, _ value: String) {
        note(plantwright_curl_set_string(pointer, option, value))
    }

    mutating func set(_ option: CURLoption, pointer value: UnsafeMutableRawPointer?) {
        note(plantwright_curl_set_pointer(pointer, option, value))
    }

    mutating func set(_ option: CURLoption, callback: @escaping curl_write_callback) {
        note(plantwright_curl_set_data_callback(pointer, option, callback))
    }

    mutating func setOpenSocket(_ callback: @escaping curl_opensocket_callback) {
        note(plantwright_curl_set_open_socket_callback(pointer, callback))
    }

    /// Sets bytes such as a certificate; curl takes a copy.
    mutating func set(_ option: CURLoption, blob text: String) {
        var text = text
        note(text.withUTF8 { plantwright_curl_set_blob(pointer, option, $0.baseAddress, $0.count) })
    }

    mutating func setPrerequest(_ callback: @escaping curl_prereq_callback) {
        note(plantwright_curl_set_prerequest_callback(pointer, callback))
    }

    /// Sets the request body; curl takes a copy.
    mutating func setBody(_ bytes: [UInt8]) {
        note(plantwright_curl_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)))
        bytes.withUnsafeBytes { buffer in
            // An empty array has no address, and NULL would mean "read the body from a callback".
            let start = UnsafeMutableRawPointer(mutating: buffer.baseAddress)
            if let start {
                note(plantwright_curl_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, start))
            } else {
                note(plantwright_curl_set_string(pointer, CURLOPT_COPYPOSTFIELDS, ""))
            }
        }
    }

    /// Sets the header lines, `Name: value` each.
    mutating func setHeaders(_ lines: [String]) {
        for line in lines {
            guard let list = curl_slist_append(headerList, line) else {
                failed = true
                return
            }
            headerList = list
        }
        note(plantwright_curl_set_list(pointer, CURLOPT_HTTPHEADER, headerList))
    }

    /// A number that curl knows about the transfer; 0 when it knows none.
    func number(_ info: CURLINFO) -> Int {
        var value = 0
        plantwright_curl_get_long(pointer, info, &value)
        return value
    }

    /// Microseconds from the start to a phase of the transfer; 0 when it was not reached.
    func microseconds(_ info: CURLINFO) -> Int {
        var value: curl_off_t = 0
        plantwright_curl_get_offset(pointer, info, &value)
        return Int(value)
    }

    private mutating func note(_ code: CURLcode) {
        if code != CURLE_OK { failed = true }
    }
}
