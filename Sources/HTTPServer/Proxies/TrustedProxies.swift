import HTTPTypes
import Primitives

/// The reverse proxies whose word about a client counts.
///
/// Only when the other side of the connection is one of them are `Forwarded` (RFC 7239) and `X-Forwarded-For`,
/// `-Proto` and `-Host` read; from anybody else they are ignored. From the right, the first address that is no trusted
/// proxy is the client; what stands left of it anybody can have written.
public struct TrustedProxies: Hashable, Sendable {
    private let blocks: [AddressBlock]
    private let trustsUnixSockets: Bool

    /// Reads a comma-separated list of addresses and blocks, such as `10.0.0.0/8, 127.0.0.1, ::1`; nil when an entry is
    /// malformed.
    ///
    /// `unix` stands for connections over local sockets.
    public init?(_ list: String) {
        var blocks: [AddressBlock] = []
        var trustsUnixSockets = false
        for entry in list.split(separator: ",") {
            let text = String(entry.trimmingBlanks)
            if text.isEmpty { continue }
            if text == "unix" {
                trustsUnixSockets = true
            } else if let block = AddressBlock(text) {
                blocks.append(block)
            } else {
                return nil
            }
        }
        self.blocks = blocks
        self.trustsUnixSockets = trustsUnixSockets
    }

    /// What the proxies say about the client of a request.
    struct Client: Hashable {
        var address: String
        var isLoopback: Bool
        var scheme: String?
        var host: String?
    }

    /// Finds the client.
    ///
    /// - Parameters:
    ///   - peer: the other side of the connection.
    ///   - fields: the request's fields.
    /// - Returns: nil when the peer is no trusted proxy or says nothing.
    /// - Throws: 400 when what a trusted proxy says cannot be read, or its two ways to say it disagree: whoever
    ///   guesses there lets clients choose their address.
    func client(of peer: String, _ fields: HTTPFields) throws(HTTPProblem) -> Client? {
        guard trusts(peer) else { return nil }
        let standard = fields[.forwarded].map(ForwardedField.hops(forwarded:))
        let legacy = fields[.xForwardedFor].map { addresses in
            ForwardedField.hops(
                for: addresses,
                scheme: fields[.xForwardedProto],
                host: fields[.xForwardedHost]
            )
        }
        if standard == .some(nil) || legacy == .some(nil) { throw .invalidForwarding }
        let fromStandard = standard?.flatMap { client(of: $0) }
        let fromLegacy = legacy?.flatMap { client(of: $0) }
        if let fromStandard, let fromLegacy, fromStandard.address != fromLegacy.address { throw .invalidForwarding }
        return fromStandard ?? fromLegacy
    }

    private func trusts(_ peer: String) -> Bool {
        if peer == "unix" { return trustsUnixSockets }
        return IPAddress(peer).map(trusts) ?? false
    }

    private func trusts(_ address: IPAddress) -> Bool {
        blocks.contains { $0.contains(address) }
    }

    private func client(of hops: [ForwardedHop]) -> Client? {
        // When all are trusted, the request came from the first of them.
        let hop = hops.last { hop in
            if case .address(let address) = hop.node { return !trusts(address) }
            return true
        }
        guard let hop = hop ?? hops.first else { return nil }
        switch hop.node {
        case .address(let address):
            return Client(address: address.text, isLoopback: address.isLoopback, scheme: hop.scheme, host: hop.host)
        case .hidden(let name):
            return Client(address: name, isLoopback: false, scheme: hop.scheme, host: hop.host)
        }
    }
}

extension HTTPField.Name {
    fileprivate static func known(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .via }

    static let forwarded = known("Forwarded")
    static let xForwardedFor = known("X-Forwarded-For")
    static let xForwardedProto = known("X-Forwarded-Proto")
    static let xForwardedHost = known("X-Forwarded-Host")
}

extension HTTPProblem {
    static let invalidForwarding = HTTPProblem(
        .badRequest,
        code: "invalid-forwarding",
        detail: "Forwarded or X-Forwarded-For is malformed, or they contradict each other."
    )
}
