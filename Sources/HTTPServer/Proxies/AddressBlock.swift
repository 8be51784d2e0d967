#if canImport(Glibc)
import Glibc
#endif

/// A numeric IP address; an IPv4 address mapped into IPv6 counts as IPv4.
public struct NumericAddress: Hashable, Sendable {
    /// Four or sixteen bytes.
    let bytes: [UInt8]

    /// Reads an address without port, brackets or zone.
    public init?(_ text: String) {
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            bytes = withUnsafeBytes(of: &v4) { Array($0) }
            return
        }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        let all = withUnsafeBytes(of: &v6) { Array($0) }
        let isMapped = all.prefix(10).allSatisfy { $0 == 0 } && all[10] == 0xFF && all[11] == 0xFF
        bytes = isMapped ? Array(all.suffix(4)) : all
    }

    /// Whether it is this machine: 127.0.0.0/8 or ::1.
    var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
    }

    /// The usual text form, so that equal addresses are equal text.
    var text: String {
        var output = [CChar](repeating: 0, count: 46)
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &output, socklen_t(output.count)) != nil else { return "unknown" }
        return String(decoding: output.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Neighbouring addresses in CIDR notation, such as `10.0.0.0/8`; without a length one address.
public struct AddressBlock: Hashable, Sendable {
    private let network: [UInt8]
    private let length: Int

    /// Reads a block; nil for what is none, or has bits set behind its length.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = NumericAddress(String(first)) else { return nil }
        let most = address.bytes.count * 8
        guard parts.count == 2 else {
            self.init(network: address.bytes, length: most)
            return
        }
        let digits = parts[1]
        guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let bits = Int(digits), bits <= most
        else { return nil }
        self.init(network: address.bytes, length: bits)
    }

    private init?(network: [UInt8], length: Int) {
        self.network = network
        self.length = length
        for bit in length..<(network.count * 8) where network[bit / 8] & (0x80 >> UInt8(bit % 8)) != 0 { return nil }
    }

    /// Whether an address belongs to the block.
    public func contains(_ address: NumericAddress) -> Bool {
        guard address.bytes.count == network.count else { return false }
        let whole = length / 8
        guard address.bytes.prefix(whole) == network.prefix(whole) else { return false }
        let rest = length % 8
        if rest == 0 { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
        return address.bytes[whole] & mask == network[whole] & mask
    }
}
