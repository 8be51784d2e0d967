import HTTPTypes

/// A request head under construction: collects what the framing fields say and judges them at the end.
struct HeadBuilder: Sendable {
    var method = HTTPRequest.Method.get
    var target = ""
    var targetAuthority: String?
    var version = HTTPVersion.http11
    var fieldCount: Int { fields.count }
    // Given to `HTTPFields` all at once, which costs a fifth of one by one.
    private var fields: [HTTPField] = []
    private var host: String?
    private var contentLength: Int?
    private var isChunked = false
    private var asksToClose = false
    private var asksToKeep = false
    private var expectsContinue = false

    /// Takes over one checked field.
    mutating func add(_ field: HTTPField, meaning: FieldMeaning) throws(RequestError) {
        switch meaning {
        case .nothing: break
        case .host(let value):
            guard host == nil else { throw .invalidHost }
            host = value
        case .expectContinue: expectsContinue = true
        case .connection(let close, let keepAlive):
            asksToClose = asksToClose || close
            asksToKeep = asksToKeep || keepAlive
        case .contentLength(let length):
            guard contentLength == nil else { throw .invalidContentLength }
            contentLength = length
        case .chunked:
            guard !isChunked else { throw .invalidTransferEncoding }
            isChunked = true
        }
        if fields.isEmpty { fields.reserveCapacity(16) }
        fields.append(field)
    }

    /// The finished head, once its last line was read.
    mutating func finish() throws(RequestError) -> RequestHead {
        if isChunked {
            guard version == .http11 else { throw .invalidTransferEncoding }
            guard contentLength == nil else { throw .conflictingFraming }
        }
        if host == nil, version == .http11 { throw .invalidHost }
        if let targetAuthority, let host, targetAuthority.lowercased() != host.lowercased() {
            // RFC 9112 section 3.2.2 tells to ignore Host then, but another hop may not: a client must send them equal.
            throw .invalidHost
        }
        var all = HTTPFields()
        all.reserveCapacity(fields.count)
        // Appends them in order, whatever their names; the collection's own ways to append are generic and not inlined.
        all[fields: .accept] = fields
        let length = contentLength ?? 0
        let framing = isChunked ? BodyFraming.chunked : length > 0 ? .fixed(length) : .none
        return RequestHead(
            method: method,
            target: target,
            version: version,
            fields: all,
            authority: targetAuthority ?? host,
            framing: framing,
            keepsAlive: !asksToClose && (version == .http11 || asksToKeep),
            expectsContinue: expectsContinue && version == .http11 && framing != .none
        )
    }
}
