import Primitives

/// Why a payload was not decoded.
public struct DecodeFailure: Error, Hashable, Sendable {
    /// The kind of fault.
    public var code: RefusalReason
    /// What is wrong and what to do, in a sentence or two.
    public var detail: String
    /// JSON Pointer to the part at fault, or `/line` counted from 0; empty for the whole payload.
    public var pointer: String

    /// Makes a failure.
    public init(_ code: RefusalReason, _ detail: String, pointer: String = "") {
        self.code = code
        self.detail = detail
        self.pointer = pointer
    }
}
