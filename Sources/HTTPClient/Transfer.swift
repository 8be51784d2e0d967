import CCurl
import Glibc
import Primitives

/// One request on its way: the easy handle, what its callbacks collect, and whom to answer.
///
/// Used by the loop's thread only.
final class Transfer {
    let job: OutboundJob
    var easy: EasyHandle
    private let policy: OutboundPolicy
    private(set) var body: [UInt8] = []
    private(set) var headers: [OutboundHeader] = []
    private var headerBytes = 0
    private(set) var isTooLarge = false
    private(set) var refusal: OutboundRefusal?
    private(set) var openedSockets = 0
    /// Whether the connection, its tunnel and its TLS were ready, and the request was about to be written.
    private(set) var hasBegun = false

    /// Header fields beyond this many bytes, over all lines, fail the transfer.
    private static let maximumHeaderBytes = 64 << 10

    init?(_ job: OutboundJob, policy: OutboundPolicy, remaining: Duration) {
        guard let easy = EasyHandle() else { return nil }
        self.job = job
        self.easy = easy
        self.policy = policy
        configureRules(remaining: remaining)
        configureRoute(job.request.route)
        configureRequest()
        configureCallbacks()
        guard self.easy.isComplete else { return nil }
    }

    /// The handle by which the multi handle knows this transfer.
    var pointer: UnsafeMutableRawPointer { easy.pointer }

    private func configureRules(remaining: Duration) {
        let milliseconds = max(1, remaining.wholeMilliseconds)
        easy.set(CURLOPT_TIMEOUT_MS, milliseconds)
        easy.set(CURLOPT_CONNECTTIMEOUT_MS, min(milliseconds, 10_000))
        easy.set(CURLOPT_NOSIGNAL, 1)
        // A cancelled or overdue transfer must not wait for the thread that is still resolving its host name.
        easy.set(CURLOPT_QUICK_EXIT, 1)
        easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
        easy.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        easy.set(CURLOPT_FOLLOWLOCATION, 0)
        easy.set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        easy.set(CURLOPT_PATH_AS_IS, 1)
        easy.set(CURLOPT_FRESH_CONNECT, job.request.needsFreshConnection ? 1 : 0)
        easy.set(CURLOPT_FORBID_REUSE, job.request.needsFreshConnection ? 1 : 0)
        // Shorter than servers' usual keep-alive, so that few look-ups meet a dying connection.
        easy.set(CURLOPT_MAXAGE_CONN, 20)
    }

    private func configureRequest() {
        let request = job.request
        easy.set(CURLOPT_URL, request.url)
        if !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(request.method) { easy.setBody(request.body) }
        if request.method == "HEAD" { easy.set(CURLOPT_NOBODY, 1) }
        easy.set(CURLOPT_CUSTOMREQUEST, request.method)
        var lines = request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        func sets(_ name: String) -> Bool { request.headers.contains { $0.name.lowercased() == name } }
        // No 100-continue: a server that ignores it would cost a second per create.
        lines.append("Expect:")
        if !sets("content-type") { lines.append("Content-Type:") }
        if !sets("user-agent") { lines.append("User-Agent: Plantwright") }
        easy.setHeaders(lines)
    }

    private func configureCallbacks() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        easy.set(CURLOPT_WRITEDATA, pointer: context)
        easy.set(CURLOPT_WRITEFUNCTION) { data, size, count, context in
            Transfer.from(context)?.received(data, size * count) ?? 0
        }
        easy.set(CURLOPT_HEADERDATA, pointer: context)
        easy.set(CURLOPT_HEADERFUNCTION) { data, size, count, context in
            Transfer.from(context)?.receivedHeader(data, size * count) ?? 0
        }
        easy.set(CURLOPT_PREREQDATA, pointer: context)
        easy.setPrerequest { context, _, _, _, _ in
            Transfer.from(context)?.hasBegun = true
            return CURL_PREREQFUNC_OK
        }
        easy.set(CURLOPT_OPENSOCKETDATA, pointer: context)
        easy.setOpenSocket { context, _, address in
            guard let address, let transfer = Transfer.from(context) else { return curl_socket_t(CURL_SOCKET_BAD) }
            return transfer.openSocket(&address.pointee)
        }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// - Returns: the bytes taken; fewer than given fails the transfer.
    private func received(_ data: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard body.count + count <= job.request.maximumResponseBytes else {
            isTooLarge = true
            body = []
            return 0
        }
        body.append(contentsOf: UnsafeRawBufferPointer(start: data, count: count))
        return count
    }

    private func receivedHeader(_ data: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        headerBytes += count
        guard headerBytes <= Self.maximumHeaderBytes else {
            isTooLarge = true
            return 0
        }
        let line = String(decoding: UnsafeRawBufferPointer(start: data, count: count), as: UTF8.self)
        // An interim answer (1xx) precedes the final one with headers of its own.
        if line.hasPrefix("HTTP/") { headers = [] }
        if let colon = line.firstIndex(of: ":"), colon != line.startIndex {
            let value = line[line.index(after: colon)...]
            headers.append(OutboundHeader(String(line[..<colon]), value.trimmingSpace))
        }
        return count
    }

    private func openSocket(_ address: inout curl_sockaddr) -> curl_socket_t {
        let length = Int(address.addrlen)
        guard let target = withUnsafePointer(to: &address.addr, { IPAddress($0, length: length) }) else {
            return curl_socket_t(CURL_SOCKET_BAD)
        }
        if let refusal = policy.refusal(of: target, host: job.peer) {
            self.refusal = refusal
            return curl_socket_t(CURL_SOCKET_BAD)
        }
        openedSockets += 1
        // Close-on-exec: supervised children must not inherit connections.
        return socket(address.family, address.socktype | Int32(SOCK_CLOEXEC.rawValue), address.protocol)
    }
}

extension Duration {
    /// Milliseconds, rounded down.
    var wholeMilliseconds: Int {
        let parts = components
        return Int(parts.seconds) * 1_000 + Int(parts.attoseconds / 1_000_000_000_000_000)
    }
}

extension Substring {
    fileprivate var trimmingSpace: String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
        let bytes = utf8.drop(while: isSpace)
        guard let last = bytes.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(Substring(bytes[...last]))
    }
}
