import Decoders
import PostgreSQL
import Primitives

/// A decoder that remembers something from one message to the next, such as Sparkplug's aliases and sequence numbers.
///
/// There is one per source. What it remembers follows the rule of all in-memory state: a batch works on a copy, the
/// copy is written in the batch's transaction, and it takes the place of the original only after COMMIT.
///
///     begin → decode* → write (in the transaction) → COMMIT → what `write` returned is called
///                     ↘ anything fails → the batch is dropped; reset before the next begin
///
/// Calls never overlap. A batch whose messages cannot be stored is tried again in halves, each from a new `begin`.
public protocol StatefulDecoder: Sendable {
    /// Starts a batch from the committed state, reading from the database what is not in memory.
    func begin(in database: any PostgresSession) async throws -> any StatefulDecoding

    /// Forgets what is in memory: a transaction failed or its outcome is unknown.
    func reset() async

    /// Decodes a message for people to look at, with what is in memory and without changing it.
    func preview(_ message: SourceMessage) throws(DecodeFailure) -> [Sample]
}

extension StatefulDecoder {
    /// Says that a single message means nothing to this decoder.
    public func preview(_ message: SourceMessage) throws(DecodeFailure) -> [Sample] {
        throw DecodeFailure(.badShape, "Messages of this format need those before them; look at the live traffic.")
    }
}

/// The working copy of a ``StatefulDecoder`` for one batch.
public protocol StatefulDecoding {
    /// Decodes one message, in the order of arrival.
    ///
    /// Called once per message, also when its values are mapped more than once. The samples' identifiers are final: no
    /// template is applied unless they are nil. No samples means that the message is accepted and carries no values.
    ///
    /// - Throws: `DecodeFailure` for a message that is refused; changes made up to then are kept.
    mutating func decode(_ message: SourceMessage) throws(DecodeFailure) -> [Sample]

    /// How many messages are known not to have come, by the identifiers of devices that they may have been of; counted
    /// from `begin` on.
    var sequenceGaps: [String: Int64] { get }

    /// Writes what has changed, in the batch's transaction, after the last `decode`.
    ///
    /// A transaction that the store refuses may be tried a second time: then this is called again, on a value as it
    /// was before the first call. Implement it with a struct, so that nothing of the first call is left.
    ///
    /// - Returns: what makes the change visible in memory and has effects outside, such as requests to send; called
    ///   after COMMIT.
    mutating func write(in transaction: Transaction) async throws -> @Sendable () -> Void
}

extension StatefulDecoding {
    /// None: messages of most formats are not numbered.
    public var sequenceGaps: [String: Int64] { [:] }
}

/// A message as a decoder gets it.
public struct SourceMessage: Sendable {
    /// The topic it came on.
    public var topic: String
    /// The payload, decompressed.
    public var payload: [UInt8]
    /// When it reached us.
    public var receivedAt: Timestamp
    /// Whether it was kept and comes again, out of its place in the order: a decoder that remembers must not let it
    /// change what it knows.
    public var isReplay: Bool

    /// Makes a message.
    public init(topic: String, payload: [UInt8], receivedAt: Timestamp, isReplay: Bool = false) {
        self.topic = topic
        self.payload = payload
        self.receivedAt = receivedAt
        self.isReplay = isReplay
    }
}
