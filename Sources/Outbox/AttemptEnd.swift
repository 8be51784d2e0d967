import ERPConnectors
import Primitives

/// What the time line keeps of a call.
struct AttemptEnd: Sendable {
    /// How it ended, in one word.
    var outcome: String
    var endedAt: Timestamp
    var trace: CallTrace
    /// What the ERP said beside “done”.
    var note: String?
    /// Seconds for which the ERP wants to be left alone.
    var rest: Double?

    init(_ outcome: CallOutcome, at time: Timestamp, _ trace: CallTrace) {
        self.outcome = outcome.word
        endedAt = time
        self.trace = trace
        switch outcome {
        case .done(_, let note): self.note = note?.storable
        case .transient(_, _, let seconds): rest = seconds
        case .refused, .stuck, .uncertain: break
        }
    }

    init(_ outcome: LookUpOutcome, at time: Timestamp, _ trace: CallTrace) {
        self.outcome = outcome.word
        endedAt = time
        self.trace = trace
        switch outcome {
        case .found(_, let note): self.note = note?.storable
        case .failed(_, _, let seconds): rest = seconds
        case .notFound, .stuck: break
        }
    }

    /// The exchange that decided: the last.
    var decisive: CallRecord? { trace.records.last }

    /// The exchanges before it as JSON text; nil when there were none.
    ///
    /// Bounded in all: of a long conversation the middle ones keep no bodies.
    var earlier: String? {
        let records = trace.records.dropLast()
        if records.isEmpty { return nil }
        var left = 48 << 10
        let documents = records.map { record -> JSONValue in
            let size = record.request.utf8.count + (record.response?.utf8.count ?? 0)
            left -= size
            let isShown = left >= 0
            let request = isShown ? record.request : String(record.request.prefix(200))
            return [
                "request": .string(request.storable),
                "status": record.status.map { .integer(Int64($0)) } ?? .null,
                "response": isShown ? .optional(record.response?.storable) : .null,
            ]
        }
        return JSONValue.array(Array(documents)).text
    }
}

extension CallOutcome {
    /// Whether the ERP answered, be it with a refusal.
    var isAnswer: Bool {
        switch self {
        case .done, .refused, .stuck: true
        case .transient, .uncertain: false
        }
    }

    /// The outcome in the time line.
    var word: String {
        switch self {
        case .done: "done"
        case .refused: "refused"
        case .stuck: "stuck"
        case .transient: "transient"
        case .uncertain: "uncertain"
        }
    }
}

extension LookUpOutcome {
    /// Whether the ERP answered.
    var isAnswer: Bool {
        switch self {
        case .found, .notFound, .stuck: true
        case .failed: false
        }
    }

    /// The outcome in the time line.
    var word: String {
        switch self {
        case .found: "found"
        case .notFound: "not-found"
        case .stuck: "stuck"
        case .failed: "failed"
        }
    }
}
