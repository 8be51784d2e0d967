import Primitives

/// Decides which addresses the server may call on behalf of its configuration (ERP systems, webhooks, mail).
///
/// Link-local and metadata addresses are always refused, as are unspecified, multicast and reserved ones; loopback is
/// refused unless listed; everything else, private ranges included, is allowed. Host names are judged by what they
/// resolve to, on every connection.
public struct OutboundPolicy: Sendable {
    private let hosts: Set<String>
    private let ranges: [AddressBlock]

    /// The policy without exceptions.
    public static let standard = OutboundPolicy(hosts: [], ranges: [])

    /// Makes a policy whose exceptions come from `OUTBOUND_ALLOW`: host names, addresses and CIDR blocks.
    ///
    /// Blank entries are skipped.
    public init(allow: [String]) throws(InvalidOutboundEntries) {
        var hosts: Set<String> = []
        var ranges: [AddressBlock] = []
        var invalid: [String] = []
        for entry in allow.map({ $0.filter { !$0.isWhitespace } }) where !entry.isEmpty {
            let bare = entry.hasPrefix("[") && entry.hasSuffix("]") ? String(entry.dropFirst().dropLast()) : entry
            if let range = AddressBlock(bare) {
                ranges.append(range)
            } else if Self.isHostName(bare) {
                hosts.insert(bare.lowercased())
            } else {
                invalid.append(entry)
            }
        }
        guard invalid.isEmpty else { throw InvalidOutboundEntries(entries: invalid) }
        self.init(hosts: hosts, ranges: ranges)
    }

    private init(hosts: Set<String>, ranges: [AddressBlock]) {
        self.hosts = hosts
        self.ranges = ranges
    }

    /// Judges an address as far as that is possible without resolving it, for early errors in forms.
    ///
    /// What passes here can still be refused once its host name is resolved.
    ///
    /// - Returns: why the address is refused, or nil.
    public func check(_ url: String) -> OutboundRefusal? {
        guard let parts = OutboundURL(url) else {
            return OutboundRefusal(.malformed, "Expected an address such as https://erp.example.com/api.")
        }
        if parts.hasCredentials {
            return OutboundRefusal(.credentials, "Credentials do not belong in the address; use the credentials field.")
        }
        if let address = IPAddress(parts.host) { return refusal(of: address, host: parts.host) }
        let isLocal = parts.host == "localhost" || parts.host.hasSuffix(".localhost")
        guard isLocal, !hosts.contains(parts.host), let loopback = IPAddress("127.0.0.1"),
            let loopback6 = IPAddress("::1"),
            refusal(of: loopback, host: parts.host) != nil, refusal(of: loopback6, host: parts.host) != nil
        else { return nil }
        return .loopback
    }

    /// Judges a destination that a proxy will connect to: its name and address as in ``check(_:)``, and the addresses
    /// that its name has here.
    ///
    /// What the proxy's own resolver says is not known; a name without addresses here is left to the proxy.
    ///
    /// - Returns: why it is refused, or nil.
    func refusal(ofDestination host: String, addresses: [IPAddress]) -> OutboundRefusal? {
        if Self.metadataNames.contains(host) { return .forbidden }
        return addresses.lazy.compactMap { refusal(of: $0, host: host) }.first
    }

    /// Names of cloud metadata services, which mean something to a proxy that runs in the cloud.
    private static let metadataNames: Set<String> = [
        "metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal",
    ]

    /// Judges the address of a connection that is about to be made.
    func refusal(of address: IPAddress, host: String) -> OutboundRefusal? {
        let embedded = address.embeddedIPv4
        let names = [address] + (embedded.map { [$0] } ?? [])
        for name in names where Self.never.contains(where: { $0.contains(name) }) {
            return .forbidden
        }
        guard names.contains(where: { name in Self.loopback.contains { $0.contains(name) } }) else { return nil }
        if hosts.contains(host) || names.contains(where: { name in ranges.contains { $0.contains(name) } }) {
            return nil
        }
        return .loopback
    }

    private static let loopback = ranges("127.0.0.0/8", "::1/128")

    /// Link-local, cloud metadata services, "this network" (which reaches loopback on Linux), multicast, reserved.
    private static let never = ranges(
        "169.254.0.0/16",
        "fe80::/10",
        "fec0::/10",
        "fd00:ec2::254",
        "fd20:ce::254",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "0.0.0.0/8",
        "::/128",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "ff00::/8"
    )

    private static func ranges(_ texts: String...) -> [AddressBlock] { texts.compactMap { AddressBlock($0) } }

    private static func isHostName(_ text: String) -> Bool {
        guard text.utf8.count <= 253, text.contains(where: \.isLetter) || text.contains("-") else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count)
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        }
    }
}

/// Why an address may not be called.
public struct OutboundRefusal: Error, Hashable, Sendable {
    /// The kind of refusal; its raw value is a stable code.
    public enum Reason: String, Sendable {
        case malformed = "url"
        case credentials = "url-credentials"
        case loopback = "loopback-refused"
        case forbidden = "address-refused"
    }

    /// The kind of refusal.
    public let reason: Reason
    /// One sentence for people.
    public let detail: String

    init(_ reason: Reason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }

    static let forbidden = OutboundRefusal(
        .forbidden,
        "Link-local, metadata, multicast and reserved addresses are never called."
    )

    static let loopback = OutboundRefusal(
        .loopback,
        "Loopback addresses are refused unless they are listed in PLANTWRIGHT_OUTBOUND_ALLOW."
    )
}

/// Entries of `OUTBOUND_ALLOW` that are neither a host name, an address nor a CIDR block.
public struct InvalidOutboundEntries: Error, Hashable, Sendable {
    /// The entries as they were given.
    public let entries: [String]
}
