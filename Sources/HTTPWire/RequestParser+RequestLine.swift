import HTTPTypes

extension RequestParser {
    /// Reads `method SP target SP HTTP-version` (RFC 9112 section 3): single spaces, nothing else.
    static func parseRequestLine(_ line: Span<UInt8>) throws(RequestError) -> HeadBuilder {
        let tokens = ByteClass.token
        var methodEnd = 0
        while methodEnd < line.count, tokens.contains(line[methodEnd]) { methodEnd += 1 }
        guard methodEnd > 0, methodEnd < line.count else { throw .invalidRequestLine }
        guard line[methodEnd] == .space else { throw .invalidMethod }

        let targets = ByteClass.target
        let targetStart = methodEnd + 1
        var targetEnd = targetStart
        while targetEnd < line.count, targets.contains(line[targetEnd]) { targetEnd += 1 }
        guard targetEnd < line.count else { throw .invalidRequestLine }
        guard line[targetEnd] == .space else { throw .invalidTarget }
        guard targetEnd > targetStart else { throw .invalidRequestLine }

        let version = try parseVersion(line.extracting(targetEnd + 1..<line.count))
        guard let method = method(line.extracting(0..<methodEnd)) else { throw .invalidMethod }
        if method == .connect { throw .unsupportedMethod }
        var head = HeadBuilder()
        head.method = method
        head.version = version
        head.target = line.text(targetStart..<targetEnd)
        head.targetAuthority = try authority(ofTarget: line.extracting(targetStart..<targetEnd), method: method)
        return head
    }

    private static func parseVersion(_ text: Span<UInt8>) throws(RequestError) -> HTTPVersion {
        let prefix: StaticString = "HTTP/"
        guard text.count == 8 else { throw .invalidVersion }
        for index in 0..<5 where text[index] != prefix.utf8Start[index] { throw .invalidVersion }
        guard text[6] == UInt8(ascii: "."), (0x30...0x39).contains(text[5]), (0x30...0x39).contains(text[7]) else {
            throw .invalidVersion
        }
        guard text[5] == UInt8(ascii: "1") else { throw .unsupportedVersion }
        return text[7] == UInt8(ascii: "0") ? .http10 : .http11
    }

    private static func method(_ text: Span<UInt8>) -> HTTPRequest.Method? {
        switch (text.count, text[0]) {
        case (3, UInt8(ascii: "G")) where text[1] == UInt8(ascii: "E") && text[2] == UInt8(ascii: "T"): .get
        default: HTTPRequest.Method(text.text(0..<text.count))
        }
    }

    /// The authority of an absolute-form target; nil for origin-form and `*` (RFC 9112 section 3.2).
    private static func authority(
        ofTarget target: Span<UInt8>,
        method: HTTPRequest.Method
    ) throws(RequestError) -> String? {
        if target[0] == UInt8(ascii: "/") {
            // RFC 9112 section 3.2.1 allows `//`, which some read as the start of an authority: it stays a path here.
            return nil
        }
        if target[0] == UInt8(ascii: "*") {
            guard target.count == 1, method == .options else { throw .invalidTarget }
            return nil
        }
        let schemeLength: Int
        if target.count > 7, target.extracting(0..<7).equalsIgnoringCase("http://") {
            schemeLength = 7
        } else if target.count > 8, target.extracting(0..<8).equalsIgnoringCase("https://") {
            schemeLength = 8
        } else {
            throw .invalidTarget
        }
        var end = schemeLength
        while end < target.count, target[end] != UInt8(ascii: "/"), target[end] != UInt8(ascii: "?") { end += 1 }
        let authority = target.extracting(schemeLength..<end)
        guard !authority.isEmpty, ByteClass.authority.containsAll(of: authority) else { throw .invalidTarget }
        return authority.text(0..<authority.count)
    }
}
