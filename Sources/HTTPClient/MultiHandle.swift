import CCurl

/// Owns one `CURLM` multi handle.
///
/// Used by the loop's thread only.
struct MultiHandle: ~Copyable {
    private let pointer: UnsafeMutableRawPointer

    init?() {
        guard let pointer = curl_multi_init() else { return nil }
        self.pointer = pointer
        plantwright_curl_multi_set_long(pointer, CURLMOPT_PIPELINING, 0)
        plantwright_curl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, 32)
    }

    deinit {
        curl_multi_cleanup(pointer)
    }

    func add(_ easy: UnsafeMutableRawPointer) -> Bool {
        curl_multi_add_handle(pointer, easy) == CURLM_OK
    }

    func remove(_ easy: UnsafeMutableRawPointer) {
        curl_multi_remove_handle(pointer, easy)
    }

    /// Moves every transfer on as far as it goes without waiting.
    func perform() {
        var running: Int32 = 0
        curl_multi_perform(pointer, &running)
    }

    /// Waits until a socket is ready, a timer of curl's is due, the descriptor is readable, or the time is up.
    func wait(milliseconds: Int32, alsoFor descriptor: Int32) {
        var extra = curl_waitfd(fd: descriptor, events: Int16(CURL_WAIT_POLLIN), revents: 0)
        curl_multi_poll(pointer, &extra, 1, milliseconds, nil)
    }

    /// The next transfer that is done, with its result; nil when there is none.
    func nextDone() -> (easy: UnsafeMutableRawPointer, code: CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(pointer, &left) {
            if message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle {
                return (easy, message.pointee.data.result)
            }
        }
        return nil
    }
}
