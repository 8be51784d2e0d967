import HTTPTypes
import NIOCore
import Primitives

/// Makes the answer to a `Range` field out of a complete response (RFC 9110 section 14).
struct RangeAnswer {
    private let request: Request
    private let validators: Validators
    private let maximum: Int
    private let now: Int64

    init(_ request: Request, _ validators: Validators, maximum: Int, now: Int64) {
        self.request = request
        self.validators = validators
        self.maximum = maximum
        self.now = now
    }

    /// The response, its parts, or 416.
    func apply(to response: Response) throws(HTTPProblem) -> Response {
        guard let length = rangeableLength(of: response) else { return response }
        var response = response
        response.headers[.acceptRanges] = "bytes"
        // RFC 9110 section 14.2: ranges are defined for GET only.
        guard request.method == .get, let field = request.headers[.range], let ranges = ByteRanges(parsing: field),
            isStillTheSame
        else { return response }
        switch ranges.resolve(length: length, maximum: maximum) {
        case .whole: return response
        case .unsatisfiable: throw .rangeNotSatisfiable(length: length)
        case .parts(let parts):
            if parts.count == 1 { return single(parts[0], of: response, length: length) ?? response }
            return multiple(parts, of: response, length: length) ?? response
        }
    }

    /// The length of a body that can be read from anywhere, and that carries what tells its versions apart.
    private func rangeableLength(of response: Response) -> Int? {
        if let declared = response.headers[.acceptRanges] {
            guard declared == "bytes" else { return nil }
        } else if validators.entityTag?.isWeak != false {
            return nil
        }
        guard let length = response.body.length, response.body.slice(0..<0) != nil else { return nil }
        return length
    }

    /// `If-Range` (RFC 9110 section 13.1.5): strong comparison of a tag, or exactly the date of the last change.
    private var isStillTheSame: Bool {
        guard let field = request.headers[.ifRange] else { return true }
        if let tag = EntityTag(parsing: field) { return validators.entityTag?.matchesStrongly(tag) ?? false }
        guard let date = HTTPDate.seconds(parsing: field, now: now), let modified = validators.lastModified else {
            return false
        }
        // A date is strong only when it is older than the answer by at least a second (section 8.8.2.2).
        return date == modified && modified < now
    }

    private func single(_ part: Range<Int>, of response: Response, length: Int) -> Response? {
        guard let body = response.body.slice(part) else { return nil }
        var answer = response
        answer.status = .partialContent
        answer.headers[.contentRange] = Self.contentRange(part, length)
        answer.body = body
        return answer
    }

    private static func contentRange(_ part: Range<Int>, _ length: Int) -> String {
        "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(length)"
    }

    /// A body of type `multipart/byteranges` (RFC 9110 section 14.6).
    private func multiple(_ ranges: [Range<Int>], of response: Response, length: Int) -> Response? {
        // Nobody can have put this into the content beforehand.
        let boundary = "part-" + String(UInt64.random(in: .min ... .max), radix: 36)
        let type = response.headers[.contentType].map { "Content-Type: \($0)\r\n" } ?? ""
        var parts: [(head: String, body: ResponseBody)] = []
        var total = 0
        for range in ranges {
            guard let body = response.body.slice(range) else { return nil }
            let range = "Content-Range: \(Self.contentRange(range, length))\r\n"
            let head = "\(parts.isEmpty ? "" : "\r\n")--\(boundary)\r\n\(type)\(range)\r\n"
            parts.append((head, body))
            total += head.utf8.count + (body.length ?? 0)
        }
        let end = "\r\n--\(boundary)--\r\n"
        total += end.utf8.count
        var answer = response
        answer.status = .partialContent
        answer.headers[.contentType] = "multipart/byteranges; boundary=\(boundary)"
        answer.body = .stream(length: total) { [parts] writer in
            for part in parts {
                try await writer.write(part.head)
                try await part.body.produce(into: writer)
            }
            try await writer.write(end)
        }
        return answer
    }
}

extension ResponseBody {
    /// Writes the body as a part of another one.
    fileprivate func produce(into writer: ResponseWriter) async throws {
        switch content {
        case .bytes(let bytes): try await writer.sink.write(bytes)
        case .file(let file): try await file.read { try await writer.sink.write($0) }
        case .stream(_, let producer): try await producer(writer)
        case .webSocket: break
        }
    }
}

extension HTTPProblem {
    fileprivate static func rangeNotSatisfiable(length: Int) -> HTTPProblem {
        HTTPProblem(
            .rangeNotSatisfiable,
            code: "range-not-satisfiable",
            detail: "No part of the range exists: the content has \(length) bytes.",
            headers: [.contentRange: "bytes */\(length)"],
            members: ["length": .integer(Int64(length))]
        )
    }
}
