/// What a field of a request says about framing, routing or the connection.
enum FieldMeaning: Hashable, Sendable {
    case nothing
    case host(String)
    case expectContinue
    case connection(close: Bool, keepAlive: Bool)
    case contentLength(Int)
    case chunked

    /// Judges one field by itself; what depends on other fields is judged by `HeadBuilder`.
    init(name: Span<UInt8>, value: Span<UInt8>) throws(RequestError) {
        switch name.count {
        case 4 where name.equalsIgnoringCase("host"):
            guard ByteClass.authority.containsAll(of: value) else { throw .invalidHost }
            self = .host(value.text(0..<value.count))
        case 6 where name.equalsIgnoringCase("expect"):
            guard value.equalsIgnoringCase("100-continue") else { throw .unknownExpectation }
            self = .expectContinue
        case 10 where name.equalsIgnoringCase("connection"):
            self = FieldMeaning.connection(value)
        case 14 where name.equalsIgnoringCase("content-length"):
            self = .contentLength(try FieldMeaning.length(value))
        case 17 where name.equalsIgnoringCase("transfer-encoding"):
            guard value.equalsIgnoringCase("chunked") else { throw FieldMeaning.errorOfCodings(value) }
            self = .chunked
        default:
            self = .nothing
        }
    }

    private static func connection(_ value: Span<UInt8>) -> FieldMeaning {
        var closes = false
        var keeps = false
        for element in value.listElements {
            let option = value.extracting(element)
            if option.equalsIgnoringCase("close") { closes = true }
            if option.equalsIgnoringCase("keep-alive") { keeps = true }
        }
        return .connection(close: closes, keepAlive: keeps)
    }

    /// Digits only, at most 18, so that no sum with it can overflow.
    private static func length(_ value: Span<UInt8>) throws(RequestError) -> Int {
        guard (1...18).contains(value.count) else { throw .invalidContentLength }
        var length = 0
        for index in value.indices {
            guard (0x30...0x39).contains(value[index]) else { throw .invalidContentLength }
            length = length * 10 + Int(value[index] - 0x30)
        }
        return length
    }

    /// A list that ends in its only `chunked` names codings that are not implemented; any other leaves the length open.
    private static func errorOfCodings(_ value: Span<UInt8>) -> RequestError {
        let codings = value.listElements
        let chunked = codings.filter { value.extracting($0).equalsIgnoringCase("chunked") }
        let areTokens = codings.allSatisfy { coding in
            !coding.isEmpty && ByteClass.token.containsAll(of: value.extracting(coding))
        }
        guard areTokens, chunked.count == 1, chunked.last == codings.last else { return .invalidTransferEncoding }
        return .unsupportedTransferCoding
    }
}
