import Primitives

/// Why a payload was not decoded.
public struct DecodeFailure: Error, Hashable, Sendable {
    /// The kind of fault; stable.
    public enum Code: String, CaseIterable, Sendable {
        /// The payload is not well-formed in its format.
        case badPayload = "bad-payload"
        /// The payload is no JSON.
        case badJSON = "bad-json"
        /// A limit on size, depth or number is exceeded.
        case tooLarge = "too-large"
        /// The payload is well-formed but has not the members or columns that are needed.
        case badShape = "bad-shape"
        /// A time is not of the expected form or out of range.
        case badTime = "bad-time"
        /// The payload cannot be decompressed.
        case badCompression = "bad-compression"
        /// The device cannot be told.
        case noIdentifier = "no-identifier"
        /// There is nothing in the payload that could be a value.
        case noValues = "no-values"
        /// An earlier message is needed to read this one and is not known.
        case birthMissing = "birth-missing"
    }

    /// The kind of fault.
    public var code: Code
    /// What is wrong and what to do, in a sentence or two.
    public var detail: String
    /// JSON Pointer to the part at fault, or `/line` counted from 0; empty for the whole payload.
    public var pointer: String

    /// Makes a failure.
    public init(_ code: Code, _ detail: String, pointer: String = "") {
        self.code = code
        self.detail = detail
        self.pointer = pointer
    }
}
