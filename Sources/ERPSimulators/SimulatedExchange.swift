import Primitives

/// A request as a simulated ERP gets it.
public struct SimulatedRequest: Hashable, Sendable {
    /// `GET`, `POST` and so on.
    public var method: String
    /// The path, percent-decoded segment by segment, without the query.
    public var path: String
    /// Query parameters in order, decoded.
    public var query: [Parameter]
    /// Header fields in order; names in lower case.
    public var headers: [Parameter]
    /// The body.
    public var body: [UInt8]

    /// A name and its value.
    public struct Parameter: Hashable, Sendable {
        /// The name.
        public var name: String
        /// The value.
        public var value: String

        /// Makes a parameter.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Makes a request.
    ///
    /// - Parameters:
    ///   - method: such as `GET`.
    ///   - target: path and query as they stand in the request line.
    ///   - headers: in order.
    ///   - body: empty for none.
    public init(method: String, target: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.method = method
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = PercentDecoding.decode(parts.first ?? "")
        query = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { pair in
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return Parameter(
                PercentDecoding.decode(halves[0].replacing("+", with: " ")),
                PercentDecoding.decode((halves.count > 1 ? halves[1] : "").replacing("+", with: " "))
            )
        }
        self.headers = headers.map { Parameter($0.name.lowercased(), $0.value) }
        self.body = body
    }

    /// Makes a request of parts that are decoded already.
    public init(method: String, path: String, query: [Parameter], headers: [Parameter], body: [UInt8]) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers.map { Parameter($0.name.lowercased(), $0.value) }
        self.body = body
    }

    /// The first header field of that name, in lower case.
    public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    /// The first query parameter of that name.
    public func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// The body as JSON; nil when it is something else.
    public var json: JSONValue? { try? JSONValue(parsing: body) }

    /// The path's segments.
    public var segments: [String] { path.split(separator: "/").map(String.init) }
}

/// The answer of a simulated ERP.
public struct SimulatedResponse: Hashable, Sendable {
    /// The status.
    public var status: Int
    /// Header fields.
    public var headers: [SimulatedRequest.Parameter]
    /// The body.
    public var body: [UInt8]

    /// Makes a response.
    public init(_ status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers.map { SimulatedRequest.Parameter($0.name, $0.value) }
        self.body = body
    }

    /// A response in JSON.
    public static func json(
        _ document: JSONValue,
        status: Int = 200,
        headers: [(name: String, value: String)] = []
    ) -> SimulatedResponse {
        SimulatedResponse(status, headers: [("Content-Type", "application/json")] + headers, body: document.bytes)
    }
}

/// Percent-decoding (RFC 3986 section 2.1), lenient: what is no escape stays as it is.
enum PercentDecoding {
    static func decode(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
