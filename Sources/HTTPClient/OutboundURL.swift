import CCurl

/// The parts of an address that outbound rules look at, read by the parser that also makes the request: two parsers
/// could disagree about where a request goes.
public struct OutboundURL: Hashable, Sendable {
    /// `http` or `https`.
    public let scheme: String
    /// Lower-case host name or address, IPv6 without brackets.
    public let host: String
    /// The port, given or by scheme.
    public let port: Int
    /// Whether the address carries a user name or password.
    public let hasCredentials: Bool
    /// Whether nothing stands behind host and port, or only a slash.
    public let hasEmptyPath: Bool
    /// Whether the address carries a query or fragment.
    public let hasQueryOrFragment: Bool

    /// Reads an absolute `http` or `https` address.
    ///
    /// - Returns: nil when it is malformed, relative or of another scheme.
    public init?(_ text: String) {
        guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else { return nil }
        let parser = Parser()
        guard parser.parse(text), let scheme = parser.part(CURLUPART_SCHEME), ["http", "https"].contains(scheme),
            var host = parser.part(CURLUPART_HOST)?.lowercased(), !host.isEmpty,
            let port = parser.part(CURLUPART_PORT, flags: UInt32(CURLU_DEFAULT_PORT)).flatMap({ Int($0) })
        else { return nil }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        // A trailing dot names the same host.
        if host.hasSuffix("."), host.count > 1 { host.removeLast() }
        self.scheme = scheme
        self.host = host
        self.port = port
        hasCredentials = parser.part(CURLUPART_USER) != nil || parser.part(CURLUPART_PASSWORD) != nil
        hasEmptyPath = ["", "/"].contains(parser.part(CURLUPART_PATH) ?? "")
        hasQueryOrFragment = parser.part(CURLUPART_QUERY) != nil || parser.part(CURLUPART_FRAGMENT) != nil
    }
}

/// Owns one `CURLU`.
private struct Parser: ~Copyable {
    private let handle: OpaquePointer?

    init() {
        handle = curl_url()
    }

    deinit {
        curl_url_cleanup(handle)
    }

    borrowing func parse(_ text: String) -> Bool {
        curl_url_set(handle, CURLUPART_URL, text, 0) == CURLUE_OK
    }

    borrowing func part(_ part: CURLUPart, flags: UInt32 = 0) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &value, flags) == CURLUE_OK, let value else { return nil }
        defer { curl_free(value) }
        return String(cString: value)
    }
}
