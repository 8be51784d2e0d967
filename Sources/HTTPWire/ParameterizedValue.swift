/// A field value with parameters, such as a media type or `form-data; name="x"` (RFC 9110 section 5.6.6).
public struct ParameterizedValue: Hashable, Sendable {
    /// What stands before the first semicolon, in lower case.
    public let value: String
    /// Names in lower case with their values, unquoted, in order.
    public let parameters: [Parameter]

    /// One parameter.
    public struct Parameter: Hashable, Sendable {
        /// The name in lower case.
        public let name: String
        /// The value without quotes.
        public let value: String
    }

    /// Reads a field; nil when it is malformed or a parameter is there twice.
    ///
    /// In quotes a backslash stands for itself unless a quote or backslash follows: file names of old clients hold
    /// whole paths.
    public init?(parsing text: String) {
        var rest = Array(text.utf8)[...]
        let end = rest.firstIndex(of: UInt8(ascii: ";")) ?? rest.endIndex
        value = String(decoding: rest[..<end], as: UTF8.self).lowercased()
            .trimmingPrefix(while: \.isBlank).droppingLast(while: \.isBlank)
        rest = rest[end...]
        var parameters: [Parameter] = []
        while rest.popFirst() != nil {
            rest = rest.drop(while: \.isBlank)
            // Empty elements are allowed between semicolons and at the end.
            if rest.isEmpty || rest.first == UInt8(ascii: ";") { continue }
            guard let parameter = ParameterizedValue.parameter(&rest),
                !parameters.contains(where: { $0.name == parameter.name })
            else { return nil }
            parameters.append(parameter)
            rest = rest.drop(while: \.isBlank)
            guard rest.isEmpty || rest.first == UInt8(ascii: ";") else { return nil }
        }
        guard !value.isEmpty else { return nil }
        self.parameters = parameters
    }

    /// The value of a parameter.
    public subscript(name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    private static func parameter(_ rest: inout ArraySlice<UInt8>) -> Parameter? {
        let name = rest.prefix { ByteClass.token.contains($0) }
        rest = rest[name.endIndex...]
        guard !name.isEmpty, rest.popFirst() == UInt8(ascii: "=") else { return nil }
        let value: [UInt8]
        if rest.first == UInt8(ascii: "\"") {
            guard let text = quoted(&rest) else { return nil }
            value = text
        } else {
            let token = rest.prefix { ByteClass.token.contains($0) }
            rest = rest[token.endIndex...]
            if token.isEmpty { return nil }
            value = Array(token)
        }
        guard let text = String(validating: value, as: UTF8.self) else { return nil }
        return Parameter(name: String(decoding: name, as: UTF8.self).lowercased(), value: text)
    }

    private static func quoted(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        rest.removeFirst()
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return text }
            let isEscape = byte == UInt8(ascii: "\\")
            if isEscape, let next = rest.first, next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") {
                text.append(next)
                rest.removeFirst()
            } else {
                text.append(byte)
            }
        }
        return nil
    }
}

extension Character {
    fileprivate var isBlank: Bool { self == " " || self == "\t" }
}

extension StringProtocol {
    fileprivate func droppingLast(while predicate: (Character) -> Bool) -> String {
        var text = String(self)
        while let last = text.last, predicate(last) { text.removeLast() }
        return text
    }
}
