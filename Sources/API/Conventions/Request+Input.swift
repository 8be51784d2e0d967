import HTTPServer
import HTTPTypes
import Primitives

extension Request {
    /// The body as a JSON document.
    ///
    /// - Throws: 415 for another media type, 411 when no body was announced, 400 for what is no JSON.
    func json() async throws -> JSONValue {
        try requireContent(of: "application/json", isRequired: false) { type in
            type == "application/json" || (type.hasPrefix("application/") && type.hasSuffix("+json"))
        }
        let bytes = try await body.collect()
        do throws(JSONSyntaxError) {
            return try JSONValue(parsing: bytes)
        } catch {
            throw HTTPProblem(.badRequest, code: "bad-json", detail: "The body is not valid JSON: \(error.message).")
        }
    }

    /// The key in the path.
    func resourceKey(_ name: String) throws -> ResourceKey {
        let text = parameters["key"]
        guard let key = ResourceKey(text) else {
            throw InvalidInput(
                pointer: "",
                code: "key",
                detail: "The key of a \(name) has 1 to 63 characters: a-z, 0-9 and hyphens, not starting with a hyphen."
            )
        }
        return key
    }

    /// What must be stored for a write to happen: `If-Match` or `If-None-Match` (RFC 9110 section 13.1).
    ///
    /// `If-Match` wins when both are there. Weak tags match none in it, and neither does what is malformed. Resources have no date, so conditions on dates do not count.
    func writeCondition() -> WriteCondition {
        if let field = headers[.ifMatch] {
            switch EntityTagCondition(parsing: field) {
            case .any: return .exists
            case .tags(let tags): return .version(tags.compactMap { $0.isWeak ? nil : ResourceVersion($0.opaque) })
            case nil: return .version([])
            }
        }
        guard let field = headers[.ifNoneMatch] else { return .always }
        switch EntityTagCondition(parsing: field) {
        case .any: return .absent
        case .tags(let tags): return .otherThan(tags.compactMap { ResourceVersion($0.opaque) })
        case nil: return .always
        }
    }

    /// A time in the query, RFC 3339 or Unix milliseconds.
    func time(_ name: String) throws -> Timestamp? {
        guard let text = query.first(name) else { return nil }
        if let time = Timestamp(rfc3339: text) { return time }
        if let milliseconds = Int64(text), abs(milliseconds) < 1 << 50 { return Timestamp(milliseconds: milliseconds) }
        throw badParameter(name, "an RFC 3339 time such as 2026-11-22T08:00:00Z is expected")
    }

    /// A whole number in the query.
    func number(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = query.first(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw badParameter(name, "a whole number from \(range.lowerBound) to \(range.upperBound) is expected")
        }
        return number
    }

    /// A switch in the query: `true`, or nothing at all as in `?dryRun`.
    func flag(_ name: String) throws -> Bool {
        switch query.first(name) {
        case nil, "false": return false
        case "true", "": return true
        default: throw badParameter(name, "true or false is expected")
        }
    }

    /// How many items a list answers: `?limit=` 1–1,000, default 100.
    func limit() throws -> Int { try number("limit", in: 1...1_000) ?? 100 }

    /// 400 for a parameter of the query.
    func badParameter(_ name: String, _ detail: String) -> HTTPProblem {
        HTTPProblem(.badRequest, code: "bad-parameter", detail: "“\(name)”: \(detail).")
    }
}

/// One page of a list that is held in memory, in the order of a text key.
struct Page<Item> {
    var items: ArraySlice<Item>
    var nextCursor: String?

    init(of sorted: [Item], for request: Request, key: KeyPath<Item, String>) throws {
        let limit = try request.limit()
        let start = request.query.first("cursor").map { cursor in
            sorted.firstIndex { $0[keyPath: key] > cursor } ?? sorted.endIndex
        }
        items = sorted[(start ?? sorted.startIndex)...].prefix(limit)
        nextCursor = items.endIndex < sorted.endIndex ? items.last?[keyPath: key] : nil
    }

    func response(_ render: (Item) -> JSONValue) -> Response {
        .page(items.map(render), nextCursor: nextCursor)
    }
}

extension Response {
    /// A list's answer: `{items, nextCursor}`.
    static func page(_ items: [JSONValue], nextCursor: String?) -> Response {
        .json(["items": .array(items), "nextCursor": .optional(nextCursor)])
    }
}
