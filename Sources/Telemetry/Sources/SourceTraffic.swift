import Decoders
import Primitives
import Synchronization

/// One message as it came, and what became of it.
public struct TrafficItem: Sendable {
    /// Its number among the messages of its source that were kept; rises.
    public var cursor: Int64
    /// When it came.
    public var receivedAt: Timestamp
    /// Its topic.
    public var topic: String
    /// The first ``SourceTraffic/payloadLimit`` bytes.
    public var payload: [UInt8]
    /// How many bytes the payload had.
    public var size: Int
    /// What became of it.
    public var fate: TrafficFate
    /// Stable reason of a refusal.
    public var reason: String?
    /// The reason in a sentence, or which devices are unknown.
    public var detail: String?
    /// The devices' names on the wire.
    public var identifiers: [String]
    /// How many readings it had for known devices.
    public var readings: Int
}

/// What became of a message, in a word.
public enum TrafficFate: String, CaseIterable, Sendable {
    case stored
    case duplicate
    case conflict
    case late
    case rejected
    case quarantined

    /// The word for a fate; of several readings the best counts.
    public init(_ fate: MessageFate) {
        switch fate {
        case .accepted(let counts):
            if counts.stored > counts.late || counts.merged > 0 {
                self = .stored
            } else if counts.late > 0 {
                self = .late
            } else if counts.conflict > 0 {
                self = .conflict
            } else {
                self = counts.duplicate > 0 ? .duplicate : .stored
            }
        case .quarantined: self = .quarantined
        case .rejected: self = .rejected
        }
    }
}

/// The newest messages of every source and how many there were, in memory and bounded.
///
/// It costs next to nothing: one lock per batch, and of native messages only a few per batch are kept.
public final class SourceTraffic: Sendable {
    /// How many messages are kept per source.
    public static let capacity = 100
    /// How much of a payload is kept, in bytes.
    public static let payloadLimit = 4_096
    /// How many native messages of one batch are kept.
    static let nativePerBatch = 4

    /// The messages of one source.
    private struct Ring {
        var items: [TrafficItem] = []
        var received = 0
        var fates: [TrafficFate: Int] = [:]
        var nextCursor: Int64 = 1

        mutating func append(_ item: TrafficItem) {
            if items.count == SourceTraffic.capacity { items.removeFirst() }
            var item = item
            item.cursor = nextCursor
            nextCursor += 1
            items.append(item)
        }
    }

    /// A page of messages, newest last.
    public struct Page: Sendable {
        /// The messages.
        public var items: [TrafficItem]
        /// The cursor to ask from next time.
        public var nextCursor: Int64
        /// Messages since the start of the program.
        public var received: Int
        /// The same by what became of them.
        public var fates: [TrafficFate: Int]
    }

    /// Stands for the native format among the sources' rows.
    public static let native: Int32 = 0

    private let rings = Mutex<[Int32: Ring]>([:])

    /// Makes an empty record.
    init() {}

    /// Notes messages that came from the broker, with their fates in the same order.
    public func note(_ messages: [TelemetryMessage], _ fates: [MessageFate]) {
        guard messages.count == fates.count else { return }
        rings.withLock { rings in
            var native = rings[Self.native] ?? Ring()
            var nativeKept = 0
            for (message, fate) in zip(messages, fates) {
                switch message.sender {
                case .identifier(let identifier):
                    let word = TrafficFate(fate)
                    native.received += 1
                    native.fates[word, default: 0] += 1
                    guard nativeKept < Self.nativePerBatch else { continue }
                    nativeKept += 1
                    var contents = MessageTrace.Contents()
                    contents.identifiers = [identifier]
                    if case .accepted(let counts) = fate { contents.readings = counts.received }
                    native.append(TrafficItem(message, fate, word, contents))
                case .source(let route):
                    guard let id = route.sourceID, !route.isReplay else { continue }
                    let word = TrafficFate(fate)
                    rings[id, default: Ring()].received += 1
                    rings[id, default: Ring()].fates[word, default: 0] += 1
                    let contents = message.trace?.contents ?? MessageTrace.Contents()
                    rings[id, default: Ring()].append(TrafficItem(message, fate, word, contents))
                case .device: continue
                }
            }
            rings[Self.native] = native
        }
    }

    /// Messages of a source after a cursor, at most `limit` of the newest.
    public func page(of source: Int32, after cursor: Int64, limit: Int) -> Page {
        let ring = rings.withLock { $0[source] ?? Ring() }
        let items = Array(ring.items.filter { $0.cursor > cursor }.suffix(limit))
        return Page(
            items: items,
            nextCursor: items.last?.cursor ?? max(cursor, ring.nextCursor - 1),
            received: ring.received,
            fates: ring.fates
        )
    }

    func forget(allBut ids: Set<Int32>) {
        rings.withLock { rings in
            rings = rings.filter { $0.key == Self.native || ids.contains($0.key) }
        }
    }
}

extension TrafficItem {
    fileprivate init(
        _ message: TelemetryMessage,
        _ fate: MessageFate,
        _ word: TrafficFate,
        _ contents: MessageTrace.Contents
    ) {
        self.init(
            cursor: 0,
            receivedAt: message.receivedAt,
            topic: message.topic,
            payload: Array(message.payload.prefix(SourceTraffic.payloadLimit)),
            size: message.payload.count,
            fate: word,
            reason: nil,
            detail: nil,
            identifiers: contents.identifiers,
            readings: contents.readings
        )
        if case .rejected(let rejection) = fate {
            reason = rejection.reason.rawValue
            detail = rejection.detail
        } else if !contents.unknown.isEmpty {
            detail = "Unknown devices: \(contents.unknown.joined(separator: ", "))."
        }
    }
}
