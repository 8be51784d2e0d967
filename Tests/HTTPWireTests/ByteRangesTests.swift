import HTTPWire
import SeededRandom
import Testing

@Suite struct ByteRangesTests {
    private func parts(_ text: String, _ length: Int, maximum: Int = 16) -> ByteRanges.Resolution? {
        ByteRanges(parsing: text)?.resolve(length: length, maximum: maximum)
    }

    @Test("The examples of RFC 9110 section 14.1.2, of 10,000 bytes")
    func examples() {
        #expect(parts("bytes=0-499", 10_000) == .parts([0..<500]))
        #expect(parts("bytes=500-999", 10_000) == .parts([500..<1_000]))
        #expect(parts("bytes=-500", 10_000) == .parts([9_500..<10_000]))
        #expect(parts("bytes=9500-", 10_000) == .parts([9_500..<10_000]))
        #expect(parts("bytes=0-0,-1", 10_000) == .parts([0..<1, 9_999..<10_000]))
        #expect(parts("bytes= 0-999, 4500-5499, -1000", 10_000) == .parts([0..<1_000, 4_500..<5_500, 9_000..<10_000]))
        #expect(parts("bytes=500-600,601-999", 10_000) == .parts([500..<1_000]))
        #expect(parts("bytes=500-700,601-999", 10_000) == .parts([500..<1_000]))
    }

    @Test func endsAreCutAndNothingIsToldApart() {
        #expect(parts("bytes=5-99999999999999999999999", 10) == .parts([5..<10]))
        #expect(parts("bytes=-99999999999999999999999", 10) == .parts([0..<10]))
        #expect(parts("bytes=10-", 10) == .unsatisfiable)
        #expect(parts("bytes=99999999999999999999999-", 10) == .unsatisfiable)
        #expect(parts("bytes=-0", 10) == .unsatisfiable)
        #expect(parts("bytes=0-", 0) == .unsatisfiable)
        #expect(parts("bytes=-1", 0) == .whole)
        #expect(parts("bytes=50-60,0-1", 10) == .parts([0..<2]))
        #expect(parts("BYTES=0-0,", 10) == .parts([0..<1]))
    }

    @Test func manyElementsAreIgnored() {
        let many = "bytes=" + (0..<17).map { "\($0 * 2)-\($0 * 2)" }.joined(separator: ",")
        #expect(parts(many, 1_000) == .whole)
        #expect(parts(many, 1_000, maximum: 17) != .whole)
    }

    @Test(arguments: [
        "", "bytes", "bytes=", "bytes=,", "bytes=a-b", "bytes=5-4", "bytes=--1", "bytes=1-2-3", "bytes=+1-2",
        "bytes=1", "lines=1-2", "bytes =0-1", "bytes=0 -1", "bytes=0-1;2-3", "bytes=-", "bytes=0x1-2", "bytes=0-1,x",
    ])
    func whatIsMalformedIsIgnored(text: String) {
        #expect(ByteRanges(parsing: text) == nil)
    }

    @Test("Random lists against an oracle that marks bytes one by one")
    func agreesWithTheOracle() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<3_000 {
            let length = Int.random(in: 0...40, using: &generator)
            var wanted = [Bool](repeating: false, count: length)
            let specs = (0..<Int.random(in: 1...6, using: &generator)).map { _ -> String in
                let first = Int.random(in: 0...45, using: &generator)
                let last = Int.random(in: first...60, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0:
                    for index in first...last where index < length { wanted[index] = true }
                    return "\(first)-\(last)"
                case 1:
                    for index in first..<max(first, length) { wanted[index] = true }
                    return "\(first)-"
                default:
                    for index in max(0, length - first)..<length { wanted[index] = true }
                    return "-\(first)"
                }
            }
            let text = "bytes=" + specs.joined(separator: " , ")
            let resolution = try #require(parts(text, length))
            guard case .parts(let parts) = resolution else {
                #expect(!wanted.contains(true), "\(text) of \(length)")
                continue
            }
            var got = [Bool](repeating: false, count: length)
            for part in parts {
                #expect(!part.isEmpty)
                for index in part {
                    #expect(!got[index], "\(text) of \(length): twice")
                    got[index] = true
                }
            }
            #expect(got == wanted, "\(text) of \(length)")
            #expect(parts.allSatisfy { part in !parts.contains { $0.upperBound == part.lowerBound } })
        }
    }
}
