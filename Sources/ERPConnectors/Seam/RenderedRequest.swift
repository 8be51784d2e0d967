import Primitives

/// A request as it would be sent, without credentials: what previews and time lines show.
public struct RenderedRequest: Hashable, Sendable {
    /// The HTTP method.
    public var method: String
    /// The absolute address.
    public var url: String
    /// Names and values in order; no secrets.
    public var headers: [(name: String, value: String)] { headerList.map { ($0.name, $0.value) } }
    /// The body; nil for none.
    public var body: JSONValue?
    /// What is really sent where ``body`` would hold a secret or a whole file: kept apart, so that nothing shows it.
    public var secretBody: Redacted<[UInt8]>?
    private var headerList: [Header]

    private struct Header: Hashable, Sendable {
        var name: String
        var value: String
    }

    /// Makes a rendered request.
    public init(method: String, url: String, headers: [(name: String, value: String)], body: JSONValue?) {
        self.method = method
        self.url = url
        self.body = body
        headerList = headers.map { Header(name: $0.name, value: $0.value) }
    }

    /// The API's form: `{method, url, headers, body}`.
    public var json: JSONValue {
        var object = JSONObject()
        for header in headerList { object[header.name] = .string(header.value) }
        return [
            "method": .string(method), "url": .string(url), "headers": .object(object), "body": body ?? .null,
        ]
    }

    /// The bytes that go over the wire.
    public var payload: [UInt8] { secretBody?.reveal() ?? body?.bytes ?? [] }

    /// The form of time lines: request line, headers, an empty line, the body.
    public var text: String {
        let head = (["\(method) \(url)"] + headerList.map { "\($0.name): \($0.value)" }).joined(separator: "\n")
        return body.map { head + "\n\n" + $0.text } ?? head
    }
}
