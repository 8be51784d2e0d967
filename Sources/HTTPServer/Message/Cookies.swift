import HTTPTypes

/// The cookies that a client sent (RFC 6265bis section 4.2).
public struct Cookies: Sendable {
    private let pairs: [(name: Substring, value: Substring)]

    /// Reads `Cookie` fields; what is no `name=value` is passed over.
    public init(fields: [String]) {
        pairs = fields.flatMap { field in
            field.split(separator: ";").compactMap { part in
                let pair = part.trimmingBlanks
                guard let equals = pair.firstIndex(of: "=") else { return nil }
                let name = pair[..<equals].trimmingBlanks
                return name.isEmpty ? nil : (name, pair[pair.index(after: equals)...].trimmingBlanks)
            }
        }
    }

    /// The value of a cookie; of several the first, which browsers send for the longest path.
    public subscript(name: String) -> String? {
        pairs.first { $0.name == name }.map { String($0.value) }
    }

    /// The values of all cookies with a name, in order.
    public func all(_ name: String) -> [String] {
        pairs.filter { $0.name == name }.map { String($0.value) }
    }

    /// Whether there is none.
    public var isEmpty: Bool { pairs.isEmpty }
}

extension Request {
    /// The cookies of this request.
    public var cookies: Cookies { Cookies(fields: headers[values: .cookie]) }
}

extension Substring {
    /// Without spaces and tabs at both ends.
    var trimmingBlanks: Substring {
        var text = drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
