import CZlib

/// What stands around DEFLATE's blocks (RFC 1951).
public enum CompressionFormat: Hashable, Sendable, CaseIterable {
    /// Nothing: no header, no check of the contents.
    case raw
    /// A header of two bytes and an Adler-32 (RFC 1950), which HTTP calls `deflate`.
    case zlib
    /// A header and a CRC-32 (RFC 1952).
    case gzip

    /// The window bits with which zlib is told the format, for the largest window.
    var windowBits: Int32 {
        switch self {
        case .raw: -MAX_WBITS
        case .zlib: MAX_WBITS
        case .gzip: MAX_WBITS + 16
        }
    }
}

/// Why bytes could not be compressed or decompressed.
public enum CompressionError: Error, Hashable, Sendable {
    /// The bytes are no stream of this format, or a check does not fit.
    case corrupt
    /// The bytes end before the stream does.
    case truncated
    /// The result would exceed the limit.
    case limitExceeded
    /// There is no memory for zlib's state.
    case outOfMemory
    /// zlib refused to work; its own code.
    case failed(Int32)

    /// What a code that is no success means.
    init(code: Int32) {
        switch code {
        case Z_MEM_ERROR: self = .outOfMemory
        // A preset dictionary cannot be meant here: nobody could have agreed on one.
        case Z_DATA_ERROR, Z_NEED_DICT: self = .corrupt
        default: self = .failed(code)
        }
    }
}
