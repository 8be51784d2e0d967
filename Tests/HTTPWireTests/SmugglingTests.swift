import HTTPTypes
import HTTPWire
import Testing

/// Requests that two hops could cut differently, from the public literature on request smuggling; each with the
/// sentence that decides it.
///
/// A server that closes on all of them cannot be the second half of such an attack.
@Suite struct SmugglingTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let text: String
        let error: RequestError
        let rule: String
        var testDescription: String { name }

        init(_ name: String, _ text: String, _ error: RequestError, _ rule: String) {
            self.name = name
            self.text = text
            self.error = error
            self.rule = rule
        }
    }

    private static let smuggled = "GET /admin HTTP/1.1\r\nHost: h\r\n\r\n"

    private static func post(_ fields: String, _ body: String) -> String {
        "POST / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\r\n\(body)"
    }

    private static let framing9112 = "RFC 9112 6.1: both fields together ought to be handled as an error"
    private static let faulty = "RFC 9112 6.3 (4): without chunked as the final coding the length cannot be determined"
    private static let fieldLine = "RFC 9112 5.1: no whitespace is allowed between the field name and colon"
    private static let invalidLength = "RFC 9112 6.3 (5): an invalid Content-Length is an unrecoverable error"
    private static let bareCR = "RFC 9112 2.2: a bare CR makes the element invalid"
    private static let bareLF = "RFC 9112 2.2: a recipient MAY recognize a single LF; this one does not"
    private static let chunkSize = "RFC 9112 7.1: chunk-size = 1*HEXDIG"
    private static let fold = "RFC 9112 5.2: a server that receives an obs-fold MUST reject or replace it"
    private static let control = "RFC 9110 5.5: CR, LF and NUL in a value are invalid and dangerous"

    static let corpus: [Case] = [
        Case(
            "CL.TE",
            post("Content-Length: 6\r\nTransfer-Encoding: chunked", "0\r\n\r\nG"),
            .conflictingFraming,
            framing9112
        ),
        Case(
            "TE.CL",
            post("Transfer-Encoding: chunked\r\nContent-Length: 4", "5c\r\n"),
            .conflictingFraming,
            framing9112
        ),
        Case(
            "CL.0 with TE",
            post("Content-Length: 0\r\nTransfer-Encoding: chunked", smuggled),
            .conflictingFraming,
            framing9112
        ),
        Case(
            "TE.TE xchunked",
            post("Transfer-Encoding: xchunked\r\nContent-Length: 4", "5c\r\n"),
            .invalidTransferEncoding,
            faulty
        ),
        Case(
            "TE identity first",
            post("Transfer-Encoding: identity, chunked", ""),
            .unsupportedTransferCoding,
            "RFC 9112 6.1: 501 for a coding that is not understood"
        ),
        Case("TE chunked first", post("Transfer-Encoding: chunked, identity", ""), .invalidTransferEncoding, faulty),
        Case(
            "TE repeated",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x", ""),
            .invalidTransferEncoding,
            faulty
        ),
        Case(
            "TE repeated, other first",
            post("Transfer-Encoding: x\r\nTransfer-Encoding: chunked", ""),
            .invalidTransferEncoding,
            faulty
        ),
        Case(
            "TE twice chunked",
            post("Transfer-Encoding: chunked, chunked", ""),
            .invalidTransferEncoding,
            "RFC 9112 6.1: chunked must not be applied more than once"
        ),
        Case(
            "TE with space before colon",
            post("Transfer-Encoding : chunked", "0\r\n\r\n"),
            .spaceBeforeColon,
            fieldLine
        ),
        Case(
            "TE with tab before colon",
            post("Transfer-Encoding\t: chunked", "0\r\n\r\n"),
            .spaceBeforeColon,
            fieldLine
        ),
        Case("TE after a fold", post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n"), .invalidTransferEncoding, faulty),
        Case("folded TE", post("X: a\r\n Transfer-Encoding: chunked", "0\r\n\r\n"), .foldedField, fold),
        Case(
            "TE with leading space",
            post(" Transfer-Encoding: chunked", "0\r\n\r\n"),
            .foldedField,
            "RFC 9112 2.2: whitespace before the first field MUST be refused or ignored"
        ),
        Case("TE with a control before it", post("Transfer-Encoding: \u{b}chunked", ""), .invalidFieldValue, control),
        Case("TE with NUL behind it", post("Transfer-Encoding: chunked\u{0}", ""), .invalidFieldValue, control),
        Case("TE quoted", post("Transfer-Encoding: \"chunked\"", ""), .invalidTransferEncoding, faulty),
        Case("TE with a parameter", post("Transfer-Encoding: chunked;q=1", ""), .invalidTransferEncoding, faulty),
        Case(
            "TE empty, then CL",
            post("Transfer-Encoding:\r\nContent-Length: 3", "abc"),
            .invalidTransferEncoding,
            faulty
        ),
        Case("TE hidden behind a bare LF", post("X: y\nTransfer-Encoding: chunked", ""), .bareLineEnd, bareLF),
        Case("TE hidden behind a bare CR", post("X: y\rTransfer-Encoding: chunked", ""), .bareLineEnd, bareCR),
        Case(
            "TE with an underscore is another field, CL counts",
            post("Transfer_Encoding: chunked\r\nContent-Length: x", ""),
            .invalidContentLength,
            invalidLength
        ),
        Case(
            "TE in HTTP/1.0",
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            .invalidTransferEncoding,
            "RFC 9112 6.1: a server MUST treat TE in HTTP/1.0 as faulty framing"
        ),
        Case(
            "two lengths",
            post("Content-Length: 8\r\nContent-Length: 7", "12345\r\na"),
            .invalidContentLength,
            invalidLength
        ),
        Case(
            "two equal lengths",
            post("Content-Length: 7\r\nContent-Length: 7", "1234567"),
            .invalidContentLength,
            "RFC 9112 6.3 (5) allows to merge them; refused here"
        ),
        Case(
            "listed length",
            post("Content-Length: 7, 7", "1234567"),
            .invalidContentLength,
            "RFC 9112 6.3 (5) allows to merge them; refused here"
        ),
        Case(
            "length with plus",
            post("Content-Length: +7", "1234567"),
            .invalidContentLength,
            "RFC 9110 8.6: Content-Length = 1*DIGIT"
        ),
        Case(
            "length with minus",
            post("Content-Length: -1", ""),
            .invalidContentLength,
            "RFC 9110 8.6: Content-Length = 1*DIGIT"
        ),
        Case(
            "hexadecimal length",
            post("Content-Length: 0xF", ""),
            .invalidContentLength,
            "RFC 9110 8.6: Content-Length = 1*DIGIT"
        ),
        Case(
            "length with blanks inside",
            post("Content-Length: 1 0", ""),
            .invalidContentLength,
            "RFC 9110 8.6: Content-Length = 1*DIGIT"
        ),
        Case(
            "length beyond 64 bits",
            post("Content-Length: 18446744073709551621", ""),
            .invalidContentLength,
            "RFC 9110 8.6: a recipient MUST anticipate large numerals"
        ),
        Case("length with space before colon", post("Content-Length : 3", "abc"), .spaceBeforeColon, fieldLine),
        Case("folded length", post("Content-Length: 3\r\n 0", "abc"), .foldedField, fold),
        Case("length behind a bare CR", post("X: y\rContent-Length: 30", ""), .bareLineEnd, bareCR),
        Case("chunk with a bare LF", post("Transfer-Encoding: chunked", "5\nhello\r\n0\r\n\r\n"), .bareLineEnd, bareLF),
        Case(
            "chunk data ended by a bare LF",
            post("Transfer-Encoding: chunked", "5\r\nhello\n0\r\n\r\n"),
            .invalidChunkEnd,
            "RFC 9112 7.1: chunk-data CRLF"
        ),
        Case(
            "chunk longer than it says",
            post("Transfer-Encoding: chunked", "3\r\nhello\r\n0\r\n\r\n"),
            .invalidChunkEnd,
            "RFC 9112 7.1: chunk-data CRLF"
        ),
        Case(
            "chunk size overflows",
            post("Transfer-Encoding: chunked", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
            .invalidChunkSize,
            "RFC 9112 7.1: recipients MUST prevent parsing errors due to integer overflow"
        ),
        Case(
            "negative chunk size",
            post("Transfer-Encoding: chunked", "-5\r\nhello\r\n"),
            .invalidChunkSize,
            chunkSize
        ),
        Case(
            "chunk size with 0x",
            post("Transfer-Encoding: chunked", "0x5\r\nhello\r\n0\r\n\r\n"),
            .invalidChunkSize,
            chunkSize
        ),
        Case(
            "chunk size with an underscore",
            post("Transfer-Encoding: chunked", "1_0\r\n"),
            .invalidChunkSize,
            chunkSize
        ),
        Case(
            "chunk size with blanks before it",
            post("Transfer-Encoding: chunked", " 5\r\nhello\r\n"),
            .invalidChunkSize,
            chunkSize
        ),
        Case(
            "chunk size with blanks behind it",
            post("Transfer-Encoding: chunked", "5 \r\nhello\r\n"),
            .invalidChunkSize,
            chunkSize
        ),
        Case("empty chunk size", post("Transfer-Encoding: chunked", "\r\nhello\r\n"), .invalidChunkSize, chunkSize),
        Case(
            "bare LF in a chunk extension (TERM.EXT)",
            post("Transfer-Encoding: chunked", "5;\nhello\r\n0\r\n\r\n"),
            .bareLineEnd,
            bareLF
        ),
        Case(
            "bare CR in a chunk extension (EXT.TERM)",
            post("Transfer-Encoding: chunked", "5;a\rb\r\nhello\r\n0\r\n\r\n"),
            .bareLineEnd,
            bareCR
        ),
        Case(
            "framing in trailers",
            post("Transfer-Encoding: chunked", "0\r\nContent-Length: 5\r\n\r\n"),
            .invalidTrailer,
            "RFC 9110 6.5.1: not in trailers, what is for framing"
        ),
        Case(
            "second Host",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            .invalidHost,
            "RFC 9112 3.2: 400 to more than one Host"
        ),
        Case(
            "Host and target disagree",
            "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n",
            .invalidHost,
            "RFC 9112 3.2.2: a client MUST send them identical"
        ),
        Case(
            "Host with a path",
            "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
            .invalidHost,
            "RFC 9112 3.2: 400 to an invalid Host"
        ),
        Case(
            "line end in the target",
            "GET /a\rb HTTP/1.1\r\nHost: h\r\n\r\n",
            .invalidTarget,
            "RFC 9112 3.2: no whitespace in the target"
        ),
        Case(
            "version 0.9 after a target",
            "GET /\r\n\r\n",
            .invalidRequestLine,
            "RFC 9112 3: request-line = method SP target SP version"
        ),
        Case(
            "two spaces in the request line",
            "GET  /a HTTP/1.1\r\nHost: h\r\n\r\n",
            .invalidRequestLine,
            "RFC 9112 3: lenient parsing of blanks can be an attack"
        ),
        Case(
            "method with a line end",
            "GE\rT / HTTP/1.1\r\nHost: h\r\n\r\n",
            .invalidMethod,
            "RFC 9110 9.1: method = token"
        ),
        Case(
            "name with a line end",
            post("X\u{0}Content-Length: 4", ""),
            .invalidFieldName,
            "RFC 9110 5.1: field-name = token"
        ),
    ]

    @Test(arguments: corpus) func refuses(_ example: Case) {
        #expect(DripFeed.error(of: example.text) == example.error, "\(example.rule)")
    }

    @Test(arguments: corpus) func whatFollowsIsNeverRead(_ example: Case) {
        // The same attack with a complete request behind it: that request must not come out.
        let outcomes = DripFeed.outcomes(of: example.text + "\r\n" + Self.smuggled, endsInput: false)
        #expect(!heads(outcomes).contains { $0.target == "/admin" })
    }

    @Test func bodiesThatLookLikeRequestsStayBodies() {
        let inner = Self.smuggled
        let fixed = Self.post("Content-Length: \(inner.utf8.count)", inner)
        #expect(heads(DripFeed.outcomes(of: fixed)).map(\.target) == ["/"])
        #expect(bodies(DripFeed.outcomes(of: fixed)) == [inner])
        let chunked = Self.post(
            "Transfer-Encoding: chunked",
            "\(String(inner.utf8.count, radix: 16))\r\n\(inner)\r\n0\r\n\r\n"
        )
        #expect(heads(DripFeed.outcomes(of: chunked)).map(\.target) == ["/"])
        #expect(bodies(DripFeed.outcomes(of: chunked)) == [inner])
    }
}
