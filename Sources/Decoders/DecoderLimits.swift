/// The bounds that keep every decoding small, whatever a device sends.
public enum DecoderLimits {
    /// Largest payload as received, in bytes.
    public static let payload = 1 << 20
    /// Largest payload after decompression, in bytes.
    public static let expanded = 8 << 20
    /// How deep arrays, objects and maps may stand inside one another.
    public static let depth = 16
    /// Most samples in one payload.
    public static let samples = 10_000
    /// Most fields in one sample.
    public static let fields = 1_000
    /// Most fields in one payload.
    public static let fieldsInAll = 250_000
    /// Longest name of a field or device, in bytes of UTF-8.
    public static let name = 1_024
}

/// Counts what a decoding gives and stops it at the limits.
struct DecoderBudget {
    private var samples = 0
    private var fields = 0

    /// Counts one sample with its fields.
    mutating func spend(fields count: Int, pointer: String) throws(DecodeFailure) {
        samples += 1
        fields += count
        guard samples <= DecoderLimits.samples else {
            throw DecodeFailure(
                .tooLarge,
                "There are more than \(DecoderLimits.samples) readings in one message; send several.",
                pointer: pointer
            )
        }
        guard count <= DecoderLimits.fields else { throw Self.tooManyFields(pointer) }
        guard fields <= DecoderLimits.fieldsInAll else {
            throw DecodeFailure(
                .tooLarge,
                "There are more than \(DecoderLimits.fieldsInAll) values in one message; send several.",
                pointer: pointer
            )
        }
    }

    /// What is said when a sample has too many fields.
    static func tooManyFields(_ pointer: String) -> DecodeFailure {
        DecodeFailure(
            .tooLarge,
            "A reading has more than \(DecoderLimits.fields) values; send only what is needed.",
            pointer: pointer
        )
    }
}
