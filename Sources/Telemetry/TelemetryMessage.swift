import Decoders
import Primitives

/// A message that carries telemetry, as it came in.
public struct TelemetryMessage: Sendable {
    /// Who sent it.
    public enum Sender: Sendable {
        /// The name on the wire, taken from the topic; an unknown one puts the message into quarantine.
        case identifier(String)
        /// A device that the caller has already found.
        case device(Int32)
        /// Whoever the source's decoder finds in the message.
        case source(SourceRoute)
    }

    /// Who sent it.
    public var sender: Sender
    /// The topic, or the path for HTTP.
    public var topic: String
    /// The payload as received.
    public var payload: [UInt8]
    /// When it reached us.
    public var receivedAt: Timestamp
    /// Whether a refused message is kept in "rejected messages"; callers that get the reason as an answer say no.
    public var keepsRejected: Bool
    /// Told what a source's decoder found, if anybody wants to know.
    public var trace: MessageTrace?
    /// The row that keeps a message which comes again; settled in the transaction that takes the message.
    var kept: KeptRow?

    /// Makes a message.
    public init(
        sender: Sender,
        topic: String,
        payload: [UInt8],
        receivedAt: Timestamp,
        keepsRejected: Bool = true,
        trace: MessageTrace? = nil
    ) {
        self.sender = sender
        self.topic = topic
        self.payload = payload
        self.receivedAt = receivedAt
        self.keepsRejected = keepsRejected
        self.trace = trace
    }

    /// The native topic `plantwright/v1/{identifier}/telemetry`.
    ///
    /// - Returns: the identifier; nil when the topic is another one.
    public static func identifier(inTopic topic: String) -> String? {
        var topic = topic
        return topic.withUTF8 { bytes in
            guard bytes.count > prefix.count + suffix.count, bytes.starts(with: prefix),
                bytes.suffix(suffix.count).elementsEqual(suffix)
            else { return nil }
            let level = bytes[prefix.count..<bytes.count - suffix.count]
            return level.contains(UInt8(ascii: "/")) ? nil : String(decoding: level, as: UTF8.self)
        }
    }

    private static let prefix = Array("plantwright/v1/".utf8)
    private static let suffix = Array("/telemetry".utf8)

    /// The topic filter of the native format.
    public static let nativeTopicFilter = "plantwright/v1/+/telemetry"
}

/// Why a message was not accepted.
public struct Rejection: Error, Hashable, Sendable {
    /// The reason.
    public var reason: RefusalReason
    /// What is wrong and what to do.
    public var detail: String
    /// JSON Pointer to the value at fault.
    public var pointer: String

    /// Makes a rejection.
    public init(_ reason: RefusalReason, _ detail: String, pointer: String = "") {
        self.reason = reason
        self.detail = detail
        self.pointer = pointer
    }
}

/// What became of a message.
public enum MessageFate: Hashable, Sendable {
    /// Its readings are in the store.
    case accepted(ReadingCounts)
    /// Its sender is unknown; the message is kept.
    case quarantined
    /// It was refused.
    case rejected(Rejection)

    /// Why it was refused; nil when it was not.
    public var rejection: Rejection? {
        if case .rejected(let rejection) = self { rejection } else { nil }
    }
}

/// What became of the readings of one message or batch.
public struct ReadingCounts: Hashable, Sendable {
    /// New rows.
    public var stored = 0
    /// Values added to a row with the same timestamp.
    public var merged = 0
    /// Told before, with the same values.
    public var duplicate = 0
    /// Told before, with other values: kept apart.
    public var conflict = 0
    /// New rows that are older than the device's newest and therefore not evaluated.
    public var late = 0

    /// All readings that came in.
    public var received: Int { stored + merged + duplicate + conflict }

    /// Makes zero counts.
    public init() {}

    static func += (left: inout ReadingCounts, right: ReadingCounts) {
        left.stored += right.stored
        left.merged += right.merged
        left.duplicate += right.duplicate
        left.conflict += right.conflict
        left.late += right.late
    }
}
