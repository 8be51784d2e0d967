/// One request and its answer as the time line shows them: without secrets, bounded.
public struct CallRecord: Hashable, Sendable {
    /// How much of a request or answer is kept, in characters.
    public static let maximumLength = 4_096

    /// Method, address and body as sent.
    public var request: String
    /// The answer's status; nil when there was none.
    public var status: Int?
    /// The answer's body, shortened; or what went wrong.
    public var response: String?

    /// Makes a record.
    public init(request: String, status: Int? = nil, response: String? = nil) {
        self.request = request
        self.status = status
        self.response = response
    }
}

/// The requests and answers of one attempt, in order; bounded.
public struct CallTrace: Hashable, Sendable {
    /// How many exchanges are kept: the first ones and the last.
    public static let maximumCount = 20

    /// The exchanges.
    public private(set) var records: [CallRecord] = []

    /// Makes a trace.
    public init(_ records: [CallRecord] = []) { self.records = records }

    /// Notes an exchange; beyond the bound the last one is replaced.
    public mutating func note(_ record: CallRecord) {
        if records.count == Self.maximumCount { records.removeLast() }
        records.append(record)
    }
}
