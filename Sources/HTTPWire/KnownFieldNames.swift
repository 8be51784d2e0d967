import HTTPTypes

/// Field names that clients send all the time, made once: making a name costs two strings and a check of each byte.
///
/// A name is found by its exact bytes, in the spelling of the registry or in lower case, so nothing of it is lost.
struct KnownFieldNames: Sendable {
    private struct Entry: Sendable {
        let spelling: [UInt8]
        let name: HTTPField.Name
    }

    static let shared = KnownFieldNames()

    /// Index is the length.
    private let entries: [[Entry]]

    private init() {
        var entries: [[Entry]] = []
        for name in KnownFieldNames.names.flatMap({ Set([$0, $0.lowercased()]).sorted() }) {
            let spelling = Array(name.utf8)
            guard let name = HTTPField.Name(name) else { continue }
            while entries.count <= spelling.count { entries.append([]) }
            entries[spelling.count].append(Entry(spelling: spelling, name: name))
        }
        self.entries = entries
    }

    /// The name with exactly these bytes, if it is one of the known.
    func name(_ bytes: Span<UInt8>) -> HTTPField.Name? {
        guard bytes.count < entries.count else { return nil }
        for entry in entries[bytes.count] where entry.spelling.span.equals(bytes) { return entry.name }
        return nil
    }

    private static let names = [
        "Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Connection",
        "Content-Encoding", "Content-Length", "Content-Type", "Cookie", "DNT", "Date", "Expect", "Forwarded", "Host",
        "Idempotency-Key", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "Keep-Alive", "Origin",
        "Pragma", "Priority", "Range", "Referer", "Sec-CH-UA", "Sec-CH-UA-Mobile", "Sec-CH-UA-Platform",
        "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User", "Sec-GPC", "Sec-WebSocket-Extensions",
        "Sec-WebSocket-Key", "Sec-WebSocket-Protocol", "Sec-WebSocket-Version", "TE", "Trailer", "Transfer-Encoding",
        "Upgrade", "Upgrade-Insecure-Requests", "User-Agent", "Via", "X-Forwarded-For", "X-Forwarded-Host",
        "X-Forwarded-Proto", "X-Real-IP", "X-Request-Id", "X-Requested-With", "traceparent", "tracestate",
    ]
}

extension Span where Element == UInt8 {
    /// Whether two spans of the same length hold the same bytes.
    @inline(__always) fileprivate func equals(_ other: Span<UInt8>) -> Bool {
        for index in indices where self[index] != other[index] { return false }
        return true
    }
}
