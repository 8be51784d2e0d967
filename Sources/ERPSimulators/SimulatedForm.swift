/// A form with files as simulated ERPs get it (`multipart/form-data`, RFC 7578), small and whole.
struct SimulatedForm {
    private struct Part {
        var head: String
        var bytes: [UInt8]
    }

    private let parts: [Part]

    /// Reads a form; nil when the request is something else.
    init?(_ request: SimulatedRequest) {
        let type = request.header("content-type") ?? ""
        guard type.hasPrefix("multipart/form-data"), let mark = type.firstRange(of: "boundary=") else { return nil }
        let boundary = Array("\r\n--\(type[mark.upperBound...])".utf8)
        // As if a line ended before the first boundary.
        var rest = Array("\r\n".utf8)[...] + request.body[...]
        guard let first = rest.firstRange(of: boundary), first.lowerBound == rest.startIndex else { return nil }
        rest = rest[first.upperBound...]
        var parts: [Part] = []
        while !rest.starts(with: "--".utf8) {
            guard rest.starts(with: "\r\n".utf8), let blank = rest.firstRange(of: Array("\r\n\r\n".utf8)),
                let end = rest.firstRange(of: boundary), blank.upperBound <= end.lowerBound
            else { return nil }
            let head = String(decoding: rest[rest.startIndex..<blank.lowerBound], as: UTF8.self)
            parts.append(Part(head: head, bytes: Array(rest[blank.upperBound..<end.lowerBound])))
            rest = rest[end.upperBound...]
        }
        self.parts = parts
    }

    /// The text of a field.
    func text(_ name: String) -> String? {
        parts.first { $0.head.contains("form-data; name=\"\(name)\"") }.map {
            String(decoding: $0.bytes, as: UTF8.self)
        }
    }

    /// The file of a field.
    func file(_ name: String) -> (name: String, bytes: [UInt8])? {
        guard let part = parts.first(where: { $0.head.contains("form-data; name=\"\(name)\"; filename=\"") }),
            let start = part.head.firstRange(of: "filename=\"")
        else { return nil }
        return (String(part.head[start.upperBound...].prefix { $0 != "\"" }), part.bytes)
    }
}
