import CZlib

/// A running checksum of zlib: tells accidents and versions apart, and protects against nobody.
public struct Checksum: Hashable, Sendable {
    private enum Kind: Hashable, Sendable {
        case crc32
        case adler32
    }

    private let kind: Kind
    private var sum: UInt

    /// The CRC-32 of gzip and Ethernet, so far of no bytes.
    public static var crc32: Checksum { Checksum(kind: .crc32, sum: crc32_z(0, nil, 0)) }

    /// The Adler-32 of RFC 1950, so far of no bytes.
    public static var adler32: Checksum { Checksum(kind: .adler32, sum: adler32_z(0, nil, 0)) }

    /// The sum of the bytes so far.
    public var value: UInt32 { UInt32(truncatingIfNeeded: sum) }

    /// Adds bytes.
    public mutating func add(_ bytes: RawSpan) {
        let (kind, sum) = (kind, sum)
        self.sum = bytes.withUnsafeBytes { pointer in
            // A null pointer would mean to begin anew.
            guard let base = pointer.baseAddress?.assumingMemoryBound(to: Bytef.self) else { return sum }
            return switch kind {
            case .crc32: crc32_z(sum, base, pointer.count)
            case .adler32: adler32_z(sum, base, pointer.count)
            }
        }
    }
}
