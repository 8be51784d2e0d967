import Primitives

/// One hop of a `Forwarded` field (RFC 7239) or of the `X-Forwarded-…` fields: what a proxy says about its client.
struct ForwardedHop: Hashable, Sendable {
    /// Who connected to the proxy.
    enum Node: Hashable, Sendable {
        case address(IPAddress)
        /// `unknown`, or a name that hides the address (RFC 7239 section 6.3).
        case hidden(String)
    }

    var node: Node
    var scheme: String?
    var host: String?
}

/// Reads what proxies add; nil for what is malformed.
enum ForwardedField {
    /// The elements of a `Forwarded` field, the hop next to us last.
    static func hops(forwarded text: String) -> [ForwardedHop]? {
        var hops: [ForwardedHop] = []
        for element in elements(of: text) {
            // An element is a list of parameters: as if a value stood before them.
            guard let pairs = ParameterizedValue(parsing: "hop;" + element) else { return nil }
            var hop = ForwardedHop(node: .hidden("unknown"))
            if let text = pairs["for"] {
                guard let node = node(text) else { return nil }
                hop.node = node
            }
            if let scheme = pairs["proto"] {
                guard let known = scheme.knownScheme else { return nil }
                hop.scheme = known
            }
            if let host = pairs["host"] {
                guard host.isAuthority else { return nil }
                hop.host = host
            }
            hops.append(hop)
        }
        return hops.isEmpty ? nil : hops
    }

    /// Divides at commas outside of quotes.
    private static func elements(of text: String) -> [String] {
        var elements: [String] = [""]
        var isQuoted = false
        var isEscaped = false
        for character in text.unicodeScalars {
            if character == ",", !isQuoted {
                elements.append("")
                continue
            }
            if isEscaped {
                isEscaped = false
            } else if character == "\\", isQuoted {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            }
            elements[elements.count - 1].unicodeScalars.append(character)
        }
        return elements.filter { !$0.allSatisfy { $0 == " " || $0 == "\t" } }
    }

    /// The hops that `X-Forwarded-For`, `-Proto` and `-Host` tell of.
    ///
    /// Scheme and host belong to the hop at the same place when there are as many; else the last of them, which the
    /// nearest proxy wrote, belongs to all.
    static func hops(for addresses: String, scheme: String?, host: String?) -> [ForwardedHop]? {
        let nodes = list(addresses)
        let schemes = scheme.map(list) ?? []
        let hosts = host.map(list) ?? []
        guard !nodes.isEmpty else { return nil }
        var hops: [ForwardedHop] = []
        for (index, text) in nodes.enumerated() {
            guard let node = node(text) else { return nil }
            var hop = ForwardedHop(node: node)
            if let scheme = schemes.count == nodes.count ? schemes[index] : schemes.last {
                guard let known = scheme.knownScheme else { return nil }
                hop.scheme = known
            }
            if let host = hosts.count == nodes.count ? hosts[index] : hosts.last {
                guard host.isAuthority else { return nil }
                hop.host = host
            }
            hops.append(hop)
        }
        return hops
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { String($0.trimmingBlanks) }.filter { !$0.isEmpty }
    }

    /// `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]`, `[2001:db8::1]:80`, `2001:db8::1`, `unknown`, `_name`.
    private static func node(_ text: String) -> ForwardedHop.Node? {
        if let address = IPAddress(text)?.unmapped { return .address(address) }
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]"),
                let address = IPAddress(String(text[text.index(after: text.startIndex)..<end]))?.unmapped,
                isPort(text[text.index(after: end)...])
            else { return nil }
            return .address(address)
        }
        if let colon = text.firstIndex(of: ":"), isPort(text[colon...]) {
            let name = String(text[..<colon])
            return IPAddress(name).map { .address($0) } ?? hidden(name)
        }
        return hidden(text)
    }

    private static func isPort(_ text: Substring) -> Bool {
        if text.isEmpty { return true }
        let digits = text.dropFirst()
        return text.first == ":" && (1...5).contains(digits.utf8.count)
            && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func hidden(_ name: String) -> ForwardedHop.Node? {
        if name.lowercased() == "unknown" { return .hidden("unknown") }
        let isName = name.utf8.dropFirst().allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return name.hasPrefix("_") && (2...64).contains(name.utf8.count) && isName ? .hidden(name) : nil
    }
}

extension String {
    fileprivate var knownScheme: String? {
        let scheme = lowercased()
        return scheme == "http" || scheme == "https" ? scheme : nil
    }

    /// Whether the text can be host and port: plain enough to stand in links and policies.
    fileprivate var isAuthority: Bool {
        (1...255).contains(utf8.count)
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                    true
                default: false
                }
            }
    }
}
