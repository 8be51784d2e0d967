import HTTPTypes
import HTTPWire
import SeededRandom
import Testing

/// Our parsers against NIO's: what both accept must be read alike, and we may only be the stricter one.
@Suite struct DifferentialTests {
    /// What we refuse and llhttp may accept, on purpose.
    static let deliberatelyStricter: Set<RequestError> = [
        .invalidContentLength,  // equal duplicates
        .invalidTransferEncoding,  // with HTTP/1.0; a list that ends in chunked twice
        .unsupportedTransferCoding,  // only chunked is implemented here
        .invalidHost,  // llhttp does not look at Host
        .invalidTarget,  // quotes, angle brackets, backslash, fragments; forms of targets
        .invalidTrailer,  // framing fields in the trailer section
        .invalidRequestLine,  // more than two empty lines before a request
        .invalidChunkExtension,  // control characters
        .invalidChunkSize,  // blanks behind the size
        .unknownExpectation, .unsupportedMethod, .unsupportedVersion, .invalidFieldValue, .headTooLarge,
        .bareLineEnd, .invalidMethod, .invalidVersion, .invalidFieldName, .conflictingFraming,
    ]

    struct Tally {
        var same = 0
        var stricter: [RequestError: Int] = [:]
        var laxer: [String] = []
        var different: [String] = []

        mutating func compare(_ bytes: [UInt8]) {
            let (ours, error) = DripFeed.plainReading(bytes)
            let theirs = IndependentParser.read(bytes)
            let text = String(decoding: bytes, as: UTF8.self).debugDescription
            if ours == theirs {
                same += 1
            } else if zip(ours.messages, theirs.messages).contains(where: { $0 != $1 }) {
                different.append("\(text)\nours   \(ours)\ntheirs \(theirs)")
            } else if let error {
                stricter[error, default: 0] += 1
            } else if theirs.isRefused {
                if isLaxer(ours, theirs) { laxer.append(text) }
            } else {
                different.append("\(text)\nours   \(ours)\ntheirs \(theirs)")
            }
        }

        /// Whether we let a whole request through that they refuse.
        ///
        /// Two things do not count: llhttp knows a fixed list of methods (here the router answers 501, the framing is
        /// clear), and it refuses some bytes within a line that this parser judges at the end of the line.
        private func isLaxer(_ ours: PlainReading, _ theirs: PlainReading) -> Bool {
            guard ours.messages.count > theirs.messages.count else { return false }
            let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
            return known.contains(ours.messages[theirs.messages.count].method)
        }
    }

    @Test func readsTheCorpusLikeTheIndependentParser() {
        var tally = Tally()
        let refused = RequestRefusalTests.requestLines + RequestRefusalTests.fields + RequestRefusalTests.lengths
        for text in MutationTests.requests + refused.map(\.text) + SmugglingTests.corpus.map(\.text) {
            tally.compare(Array(text.utf8))
        }
        report(tally)
    }

    @Test func readsMutationsLikeTheIndependentParser() async {
        var tally = Tally()
        var generator = SeededGenerator(seed: 5)
        for round in 0..<3_000 {
            await Pace.step(round)
            let text = MutationTests.requests[round % MutationTests.requests.count]
            tally.compare(Mutation.apply(to: Array(text.utf8), using: &generator))
        }
        report(tally)
        #expect(tally.same > 1_000)
    }

    private func report(_ tally: Tally) {
        #expect(tally.different.isEmpty, "\(tally.different.joined(separator: "\n"))")
        #expect(tally.laxer.isEmpty, "\(tally.laxer.joined(separator: "\n"))")
        let unexpected = tally.stricter.filter { !Self.deliberatelyStricter.contains($0.key) }
        #expect(unexpected.isEmpty)
    }
}
