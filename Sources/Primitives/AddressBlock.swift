/// Neighbouring addresses in CIDR notation, such as `10.0.0.0/8` or `fd00::/8`; without a length one address.
///
/// IPv4 addresses and blocks that are written as mapped IPv6 count as IPv4.
public struct AddressBlock: Hashable, Sendable {
    private let network: [UInt8]
    private let length: Int

    /// Reads a block; nil for what is none, or has bits set behind its length.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
        var length = address.bytes.count * 8
        if parts.count == 2 {
            let digits = parts[1]
            guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let bits = Int(digits), bits <= length
            else { return nil }
            length = bits
        }
        if address.isMapped, length >= 96 {
            self.init(network: address.unmapped.bytes, length: length - 96)
        } else {
            self.init(network: address.bytes, length: length)
        }
    }

    private init?(network: [UInt8], length: Int) {
        self.network = network
        self.length = length
        for bit in length..<(network.count * 8) where network[bit / 8] & (0x80 >> UInt8(bit % 8)) != 0 { return nil }
    }

    /// Whether an address belongs to the block; false across address families.
    public func contains(_ address: IPAddress) -> Bool {
        let bytes = address.unmapped.bytes
        guard bytes.count == network.count else { return false }
        let whole = length / 8
        guard bytes.prefix(whole) == network.prefix(whole) else { return false }
        let rest = length % 8
        if rest == 0 { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
        return bytes[whole] & mask == network[whole] & mask
    }
}
