/// Why a request target is refused with 400 although its framing is clear.
public enum TargetError: String, Error, Hashable, Sendable {
    /// `%` not followed by two hexadecimal digits.
    case badPercentEncoding = "bad-percent-encoding"
    /// A percent-encoded slash, which a router and a proxy would read differently.
    case encodedSlash = "encoded-slash"
    /// A percent-encoded NUL or other control character.
    case controlCharacter = "control-character"
    /// Dot segments that leave the root (RFC 3986 section 5.2.4).
    case leavesRoot = "leaves-root"
    /// Bytes that are no UTF-8 once decoded.
    case invalidUTF8 = "invalid-utf8"

    /// One sentence for people, without any part of the request.
    public var message: String {
        switch self {
        case .badPercentEncoding: "The target has an invalid percent-encoding."
        case .encodedSlash: "Encoded slashes are not accepted in paths."
        case .controlCharacter: "Control characters are not accepted in targets."
        case .leavesRoot: "The path leaves the root."
        case .invalidUTF8: "The target is not UTF-8."
        }
    }
}

/// A request target taken apart: decoded path segments without dot segments, and the query.
public struct RequestTarget: Hashable, Sendable {
    /// Decoded segments: `/a/b%20c` is `["a", "b c"]`, `/` is `[]`, `/a/` is `["a", ""]`.
    public let segments: [String]
    /// The parameters of the query.
    public let query: Query
    /// Whether the target is `*`, the server as a whole.
    public let isAsterisk: Bool

    /// The decoded path, beginning with a slash.
    public var path: String { isAsterisk ? "*" : "/" + segments.joined(separator: "/") }

    /// Takes a target apart that the parser let through: origin-form, absolute-form or `*`.
    public init(parsing target: String) throws(TargetError) {
        var bytes = Array(target.utf8)[...]
        isAsterisk = target == "*"
        if isAsterisk {
            segments = []
            query = Query()
            return
        }
        if bytes.first != UInt8(ascii: "/") {
            // Absolute-form: scheme and authority were checked by the parser.
            let afterScheme = bytes.firstIndex(of: UInt8(ascii: ":")).map { $0 + 3 } ?? bytes.startIndex
            let start = bytes[min(afterScheme, bytes.endIndex)...].firstIndex { byte in
                byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?")
            }
            bytes = bytes[(start ?? bytes.endIndex)...]
        }
        let mark = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        segments = try RequestTarget.segments(of: bytes[..<mark])
        query = mark < bytes.endIndex ? try Query(parsing: bytes[(mark + 1)...]) : Query()
    }

    private static func segments(of path: ArraySlice<UInt8>) throws(TargetError) -> [String] {
        var segments: [String] = []
        var rest = path.dropFirst()
        if rest.isEmpty { return [] }
        while true {
            let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            let isLast = end == rest.endIndex
            let segment = try PercentEncoding.decode(rest[rest.startIndex..<end], in: .path)
            switch segment {
            case ".":
                if isLast { segments.append("") }
            case "..":
                guard segments.popLast() != nil else { throw .leavesRoot }
                if isLast { segments.append("") }
            default: segments.append(segment)
            }
            if isLast { break }
            rest = rest[(end + 1)...]
        }
        return segments == [""] ? [] : segments
    }
}

/// The parameters of a query, `application/x-www-form-urlencoded`, in order.
public struct Query: Hashable, Sendable {
    /// One name and its value.
    public struct Parameter: Hashable, Sendable {
        /// The decoded name.
        public var name: String
        /// The decoded value; empty when there was no `=`.
        public var value: String
    }

    /// All parameters in order.
    public let parameters: [Parameter]

    /// Makes an empty query.
    public init() {
        parameters = []
    }

    /// Reads `name=value&…`; `+` is a space.
    public init(parsing text: some Collection<UInt8>) throws(TargetError) {
        var parameters: [Parameter] = []
        for part in text.split(separator: UInt8(ascii: "&")) {
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let name = try PercentEncoding.decode(part[part.startIndex..<equals], in: .query)
            var value = ""
            if equals < part.endIndex {
                value = try PercentEncoding.decode(part[part.index(after: equals)...], in: .query)
            }
            parameters.append(Parameter(name: name, value: value))
        }
        self.parameters = parameters
    }

    /// The value of the first parameter with a name.
    public func first(_ name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    /// The values of all parameters with a name.
    public func all(_ name: String) -> [String] {
        parameters.filter { $0.name == name }.map(\.value)
    }

    /// The names that were given, in order, with repetitions.
    public var names: [String] { parameters.map(\.name) }

    /// Whether there is no parameter.
    public var isEmpty: Bool { parameters.isEmpty }
}

extension RequestTarget {
    /// Stands for a target that could not be read.
    public static let unreadable = RequestTarget(segments: [], query: Query(), isAsterisk: false)

    private init(segments: [String], query: Query, isAsterisk: Bool) {
        self.segments = segments
        self.query = query
        self.isAsterisk = isAsterisk
    }
}
