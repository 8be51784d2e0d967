import Compression

/// How a source's payloads are compressed.
public enum PayloadCompression: String, CaseIterable, Sendable {
    /// Not at all.
    case none
    /// gzip (RFC 1952).
    case gzip
    /// Zstandard (RFC 8878).
    case zstd
    /// Told by the first bytes: gzip's `1f 8b`, Zstandard's `28 b5 2f fd`, else not at all.
    case auto

    /// The payload as the decoder takes it.
    ///
    /// - Throws: ``DecodeFailure``: `too-large` beyond ``DecoderLimits``, `bad-compression`.
    public func expand(_ payload: [UInt8]) throws(DecodeFailure) -> [UInt8] {
        guard payload.count <= DecoderLimits.payload else {
            throw DecodeFailure(
                .tooLarge,
                "The payload has \(payload.count) bytes; at most \(DecoderLimits.payload) are accepted."
            )
        }
        do throws(CompressionError) {
            switch self == .auto ? Self.detect(payload) : self {
            case .gzip: return try Inflater.decompress(payload, .gzip, limit: DecoderLimits.expanded)
            case .zstd: return try ZstandardInflater.decompress(payload, limit: DecoderLimits.expanded)
            case .none, .auto: return payload
            }
        } catch {
            throw Self.failure(error)
        }
    }

    private static func detect(_ payload: [UInt8]) -> PayloadCompression {
        if payload.starts(with: [0x1F, 0x8B]) { return .gzip }
        if payload.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { return .zstd }
        return .none
    }

    private static func failure(_ error: CompressionError) -> DecodeFailure {
        switch error {
        case .limitExceeded:
            DecodeFailure(.tooLarge, "The payload expands to more than \(DecoderLimits.expanded) bytes.")
        case .truncated: DecodeFailure(.badCompression, "The compressed payload ends too early.")
        case .corrupt, .failed:
            DecodeFailure(.badCompression, "The payload is not compressed as the source says, or it is damaged.")
        case .outOfMemory: DecodeFailure(.badCompression, "There is no memory to decompress the payload.")
        }
    }
}
