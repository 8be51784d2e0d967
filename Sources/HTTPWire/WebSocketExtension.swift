/// One element of Sec-WebSocket-Extensions (RFC 6455 section 9.1).
public struct WebSocketExtension: Hashable, Sendable {
    /// A parameter; the value is nil when there is only a name.
    public struct Parameter: Hashable, Sendable {
        /// The name.
        public let name: String
        /// The value, without quotes.
        public let value: String?
    }

    /// The name of the extension.
    public let name: String
    /// The parameters in order; names may repeat, which extensions judge.
    public let parameters: [Parameter]

    /// Reads the elements of a field value, several field lines joined by commas.
    ///
    /// - Returns: the elements in order of preference.
    /// - Throws: `malformed` when the value does not follow the grammar: section 9.1 wants the connection failed then.
    public static func list(_ value: String) throws(WebSocketHandshake.Refusal) -> [WebSocketExtension] {
        var scanner = ExtensionScanner(bytes: Array(value.utf8))
        return try scanner.list()
    }
}

/// Reads the grammar of Sec-WebSocket-Extensions.
private struct ExtensionScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func list() throws(WebSocketHandshake.Refusal) -> [WebSocketExtension] {
        var elements: [WebSocketExtension] = []
        while true {
            skipBlanks()
            // Empty elements of a list mean nothing (RFC 9110 section 5.6.1.2).
            if let next = peek, next != UInt8(ascii: ",") { elements.append(try element()) }
            if peek == nil { return elements }
            guard skip(",") else { throw .malformed }
        }
    }

    private mutating func element() throws(WebSocketHandshake.Refusal) -> WebSocketExtension {
        let name = try token()
        var parameters: [WebSocketExtension.Parameter] = []
        skipBlanks()
        while skip(";") {
            skipBlanks()
            let name = try token()
            let value = skip("=") ? try (peek == UInt8(ascii: "\"") ? quoted() : token()) : nil
            parameters.append(WebSocketExtension.Parameter(name: name, value: value))
            skipBlanks()
        }
        return WebSocketExtension(name: name, parameters: parameters)
    }

    private mutating func token() throws(WebSocketHandshake.Refusal) -> String {
        let start = position
        while let byte = peek, ByteClass.token.contains(byte) { position += 1 }
        guard position > start else { throw .malformed }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// A quoted string, which must hold a token once its quotes are gone.
    private mutating func quoted() throws(WebSocketHandshake.Refusal) -> String {
        var value: [UInt8] = []
        position += 1
        while let byte = peek, byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\") { position += 1 }
            guard let byte = peek, ByteClass.token.contains(byte) else { throw .malformed }
            value.append(byte)
            position += 1
        }
        guard skip("\""), !value.isEmpty else { throw .malformed }
        return String(decoding: value, as: UTF8.self)
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let byte = peek, UInt32(byte) == character.value else { return false }
        position += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = peek, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { position += 1 }
    }
}
