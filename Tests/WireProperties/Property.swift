/// What must hold of a parser for any input: the same properties are tried by the fuzzers of Fuzz/ and, on the inputs
/// that once broke them, by the tests.
public protocol Property: SendableMetatype {
    /// Says what is wrong, or nil when the property holds.
    static func violation(_ input: [UInt8]) -> String?
}

/// The input of a fuzzer: its first byte chooses how the rest is cut into pieces.
struct CutInput {
    let bytes: ArraySlice<UInt8>
    let cut: Int
    /// Seven more choices.
    let choice: UInt8

    init?(_ input: [UInt8]) {
        guard let first = input.first else { return nil }
        bytes = input.dropFirst()
        cut = Int(first & 0x0F) + 1
        choice = first >> 4
    }

    /// The bytes in pieces of `cut`.
    var pieces: [ArraySlice<UInt8>] {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: cut).map { start in
            bytes[start..<min(start + cut, bytes.endIndex)]
        }
    }
}
