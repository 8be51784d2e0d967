import Decoders
import Primitives
import Synchronization

/// Which source decodes a message.
public struct SourceRoute: Hashable, Sendable {
    /// The source's row; nil when no enabled source takes the topic.
    ///
    /// Binding only for a message that comes again.
    public var sourceID: Int32?
    /// Only the samples of this device are meant: the others were stored when the message came.
    public var only: String?
    /// Whether the message was kept and comes again.
    public var isReplay: Bool

    /// Makes a route.
    public init(sourceID: Int32?, only: String? = nil, isReplay: Bool = false) {
        self.sourceID = sourceID
        self.only = only
        self.isReplay = isReplay
    }
}

/// What decoding tells about a message to whoever watches it.
public final class MessageTrace: Sendable {
    /// What was found in the message.
    public struct Contents: Hashable, Sendable {
        /// The devices' names on the wire, each once, at most ``limit``.
        public var identifiers: [String] = []
        /// Those of them that are unknown.
        public var unknown: [String] = []
        /// How many readings the message has for known devices.
        public var readings = 0
    }

    /// How many names are kept.
    public static let limit = 20

    private let state = Mutex(Contents())

    /// Makes an empty trace.
    public init() {}

    /// What was found.
    public var contents: Contents { state.withLock { $0 } }

    func note(_ contents: Contents) {
        state.withLock { $0 = contents }
    }
}

extension Rejection {
    /// The refusal of a payload that was not decoded.
    init(_ failure: DecodeFailure) {
        self.init(failure.code, failure.detail, pointer: failure.pointer)
    }

    /// What is said when no source takes a message.
    static let noSource = Rejection(
        .noSource,
        "No enabled source takes this topic. Make or enable one whose topic filter matches, then retry."
    )
}
