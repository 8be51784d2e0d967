import HTTPServer
import HTTPTypes
import Primitives

extension Request {
    /// The body as a JSON document.
    ///
    /// - Throws: 415 for another media type, 400 for what is no JSON.
    func json() async throws -> JSONValue {
        if let type = headers[.contentType] {
            let essence = type.split(separator: ";").first?.trimmingPrefix { $0 == " " }.lowercased() ?? ""
            let isJSON = essence.hasPrefix("application/json") || essence.hasSuffix("+json")
            guard isJSON else {
                throw HTTPProblem(
                    .unsupportedMediaType,
                    code: "unsupported-media-type",
                    detail: "The body must be application/json."
                )
            }
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

    /// The revision that `If-Match` asks for; nil when the header is absent or `*`.
    func expectedRevision() throws -> Int32? {
        guard let text = headers[.ifMatch], text != "*" else { return nil }
        guard text.count > 2, text.hasPrefix("\""), text.hasSuffix("\""),
            let revision = Int32(text.dropFirst().dropLast())
        else {
            throw HTTPProblem(
                .preconditionFailed,
                code: "revision-mismatch",
                detail: "If-Match names none of this resource's versions."
            )
        }
        return revision
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
