#if canImport(Glibc)
import Glibc
#endif

/// An IPv4 or IPv6 address as its bytes in network order.
public struct IPAddress: Hashable, Sendable {
    /// 4 bytes for IPv4, 16 for IPv6.
    public let bytes: [UInt8]

    /// Reads dotted-decimal IPv4 or textual IPv6 (RFC 4291 section 2.2), without port, brackets and zone.
    public init?(_ text: String) {
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        var buffer = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &buffer) == 1 {
            bytes = Array(buffer.prefix(4))
        } else if inet_pton(AF_INET6, text, &buffer) == 1 {
            bytes = buffer
        } else {
            return nil
        }
    }

    /// Takes the 4 or 16 bytes of an address; nil for another number of them.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// The IPv4 address that an IPv6 address stands for: mapped (`::ffff:0:0/96`), compatible (`::/96`), translated
    /// (`64:ff9b::/96`, RFC 6052) or 6to4 (`2002::/16`); IPv4 itself is returned as it is.
    ///
    /// Without this an address that is refused could be reached by its other name.
    public var embeddedIPv4: IPAddress? {
        guard bytes.count == 16 else { return self }
        for prefix in Self.embeddings where bytes.starts(with: prefix.bytes) {
            let embedded = Array(bytes[prefix.offset..<prefix.offset + 4])
            // :: and ::1 are addresses of their own.
            if prefix.bytes.allSatisfy({ $0 == 0 }), embedded.prefix(3).allSatisfy({ $0 == 0 }) { return nil }
            return IPAddress(bytes: embedded)
        }
        return nil
    }

    /// An IPv4 address that is written as mapped IPv6 (`::ffff:0:0/96`), as IPv4; any other as it is.
    public var unmapped: IPAddress {
        guard isMapped, let address = IPAddress(bytes: Array(bytes.suffix(4))) else { return self }
        return address
    }

    var isMapped: Bool { bytes.count == 16 && bytes.starts(with: Self.mapped) }

    /// Whether it is this machine: 127.0.0.0/8 or ::1.
    public var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
    }

    /// The usual text form, so that equal addresses are equal text.
    public var text: String {
        var output = [CChar](repeating: 0, count: 46)
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &output, socklen_t(output.count)) != nil else { return "unknown" }
        return String(decoding: output.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]

    private static let embeddings: [(bytes: [UInt8], offset: Int)] = [
        (mapped, 12),
        ([0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0], 12),
        ([0x20, 0x02], 2),
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 12),
    ]
}
