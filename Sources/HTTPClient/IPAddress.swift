import CCurl
import Glibc

/// An IPv4 or IPv6 address as its bytes in network order.
struct IPAddress: Hashable, Sendable {
    /// 4 bytes for IPv4, 16 for IPv6.
    let bytes: [UInt8]

    /// Reads dotted-decimal IPv4 or textual IPv6 (RFC 4291 section 2.2), without brackets and zone.
    init?(_ text: String) {
        var buffer = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &buffer) == 1 {
            bytes = Array(buffer.prefix(4))
        } else if inet_pton(AF_INET6, text, &buffer) == 1 {
            bytes = buffer
        } else {
            return nil
        }
    }

    /// Reads the address of a socket address; nil for families other than IPv4 and IPv6.
    init?(_ address: UnsafePointer<sockaddr>, length: Int) {
        switch Int32(address.pointee.sa_family) {
        case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
            bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
                withUnsafeBytes(of: pointer.pointee.sin_addr) { Array($0) }
            }
        case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
            bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                withUnsafeBytes(of: pointer.pointee.sin6_addr) { Array($0) }
            }
        default:
            return nil
        }
    }

    /// The IPv4 address that an IPv6 address stands for: mapped (`::ffff:0:0/96`), compatible (`::/96`), translated
    /// (`64:ff9b::/96`, RFC 6052) or 6to4 (`2002::/16`); IPv4 itself is returned as it is.
    ///
    /// Without this an address that is refused could be reached by its other name.
    var embeddedIPv4: IPAddress? {
        guard bytes.count == 16 else { return self }
        for prefix in Self.embeddings where bytes.starts(with: prefix.bytes) {
            let embedded = Array(bytes[prefix.offset..<prefix.offset + 4])
            // :: and ::1 are addresses of their own.
            if prefix.bytes.allSatisfy({ $0 == 0 }), embedded.prefix(3).allSatisfy({ $0 == 0 }) { return nil }
            return IPAddress(bytes: embedded)
        }
        return nil
    }

    private static let embeddings: [(bytes: [UInt8], offset: Int)] = [
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], 12),
        ([0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0], 12),
        ([0x20, 0x02], 2),
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 12),
    ]

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }
}

/// A block of addresses: `10.0.0.0/8`, `fd00::/8`, or one address.
struct AddressRange: Hashable, Sendable {
    private let base: IPAddress
    private let prefixLength: Int

    /// Reads CIDR notation or a single address; nil when it is neither.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let base = IPAddress(String(first)) else { return nil }
        self.base = base
        guard parts.count == 2 else {
            prefixLength = base.bytes.count * 8
            return
        }
        guard let length = Int(parts[1]), (0...base.bytes.count * 8).contains(length),
            parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        prefixLength = length
    }

    /// Whether an address lies in the block; false across address families.
    func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        let whole = prefixLength / 8
        guard address.bytes.prefix(whole) == base.bytes.prefix(whole) else { return false }
        let rest = prefixLength % 8
        guard rest > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
        return address.bytes[whole] & mask == base.bytes[whole] & mask
    }
}
