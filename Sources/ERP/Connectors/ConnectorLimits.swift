import Primitives

/// How much an ERP may be asked to do; nil means no limit.
public struct ConnectorLimits: Hashable, Sendable {
    /// Calls that may begin in a minute of the clock.
    public var perMinute: Int32?
    /// Calls that may begin in 60 minutes.
    public var perHour: Int32?
    /// Calls that may be under way at once, over all server processes; without it, each process makes a few.
    public var concurrent: Int32?

    /// Makes limits.
    public init(perMinute: Int32? = nil, perHour: Int32? = nil, concurrent: Int32? = nil) {
        self.perMinute = perMinute
        self.perHour = perHour
        self.concurrent = concurrent
    }

    /// The API's form.
    public var json: JSONValue {
        [
            "perMinute": Self.json(perMinute), "perHour": Self.json(perHour), "concurrent": Self.json(concurrent),
        ]
    }

    private static func json(_ limit: Int32?) -> JSONValue { limit.map { .integer(Int64($0)) } ?? .null }
}

extension ConnectorLimits {
    /// Reads `{perMinute, perHour, concurrent}`; null and absent members mean no limit.
    init(_ document: JSONValue, at pointer: String) throws(InvalidInput) {
        var reader = try InputReader(document, at: pointer)
        perMinute = Self.read("perMinute", 1_000_000, &reader)
        perHour = Self.read("perHour", 10_000_000, &reader)
        concurrent = Self.read("concurrent", 16, &reader)
        try reader.finish()
    }

    private static func read(_ name: String, _ most: Double, _ reader: inout InputReader) -> Int32? {
        guard let number = reader.number(name, in: 1...most) else { return nil }
        if number != number.rounded() { reader.note(name, "range", "Expected a whole number.") }
        return Int32(exactly: number.rounded())
    }
}
