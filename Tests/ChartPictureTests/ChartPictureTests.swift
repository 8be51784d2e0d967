import Compression
import Foundation
import Primitives
import Testing

@testable import ChartPicture

@Suite struct ChartPictureTests {
    @Test(arguments: PictureExamples.all.map(\.name))
    func everyCourseIsDrawnTheSameTwice(_ name: String) throws {
        let picture = try #require(PictureExamples.all.first { $0.name == name }?.picture)
        let bytes = try picture.png()
        #expect(try picture.png() == bytes)
        let image = try DecodedPNG(bytes)
        #expect(image.width == ChartPicture.width && image.height > 500 && bytes.count < 400_000)
        #expect(image.colour(2, 2) == [255, 255, 255])
        // For people who want to look at them.
        if let folder = ProcessInfo.processInfo.environment["CHART_PICTURES"] {
            try Data(bytes).write(to: URL(filePath: "\(folder)/\(name).png"))
        }
    }

    @Test func theCourseIsWhereItsValuesAre() throws {
        // Half of the time at the bottom, then at the top.
        var picture = PictureExamples.picture(
            "Step",
            [ChartPanel(name: "Value", points: PictureExamples.points(200) { $0 < 100 ? 0 : 10 })]
        )
        picture.mark = nil
        let image = try DecodedPNG(try picture.png())
        let line: [UInt8] = [0x00, 0x72, 0xB2]
        func rows(_ x: Int) -> [Int] { (0..<image.height).filter { image.colour(x, $0) == line } }
        let early = rows(image.width / 4)
        let late = rows(image.width * 3 / 4)
        #expect((early.min() ?? 0) > (late.max() ?? .max) + 300, "\(early) \(late)")
    }

    @Test func aGapStaysOpen() throws {
        var picture = PictureExamples.picture(
            "Gap",
            [ChartPanel(name: "Value", points: PictureExamples.points(200) { (60..<140).contains($0) ? nil : 5 })]
        )
        picture.mark = nil
        let image = try DecodedPNG(try picture.png())
        let line: [UInt8] = [0x00, 0x72, 0xB2]
        let middle = image.width / 2 + 20
        #expect(!(0..<image.height).contains { image.colour(middle, $0) == line })
        #expect((0..<image.height).contains { image.colour(image.width / 5, $0) == line })
    }

    @Test func nothingToDrawIsAnError() {
        #expect(throws: ChartPictureError.self) { try PictureExamples.picture("Empty", []).png() }
    }
}

@Suite struct AxisTests {
    @Test func marksAreRoundAndEnough() {
        let spans: [ClosedRange<Double>] = [
            0...1, 61.3...83.4, -5...5, 1e-9...3e-9, 3e12...4e12, 42...42, 0...0, -1e-12 ... -1e-12,
            1_204_300...1_205_700,
            -1e300...1e300, 0...Double.leastNonzeroMagnitude,
        ]
        for span in spans {
            let ticks = ValueTicks(span, count: 7)
            #expect((2...16).contains(ticks.values.count), "\(span): \(ticks.values)")
            #expect(ticks.low <= span.lowerBound && ticks.high >= span.upperBound, "\(span)")
            #expect(ticks.values.allSatisfy { $0 >= ticks.low - 1e-9 * abs(ticks.low) && $0.isFinite }, "\(span)")
            #expect(Set(ticks.labels).count == ticks.labels.count, "\(span): \(ticks.labels)")
        }
    }

    @Test func numbersAreReadable() {
        #expect(NumberText.plain(83.44) == "83.44")
        #expect(NumberText.plain(1_204_300) == "1\u{A0}204\u{A0}300")
        #expect(NumberText.plain(3.2e12) == "3.2·10¹²")
        #expect(NumberText.plain(-2.5e-9) == "−2.5·10⁻⁹")
        #expect(NumberText.plain(0.5) == "0.5")
    }

    @Test func timesAreMarkedInUTC() {
        let ticks = TimeTicks(from: PictureExamples.from, to: PictureExamples.to, count: 10)
        #expect(ticks.labels.first == "09:20" && ticks.labels.last == "10:30")
        let midnight = Timestamp(rfc3339: "2026-12-02T00:10:00Z") ?? PictureExamples.from
        let over = TimeTicks(from: midnight.adding(seconds: -3_600), to: midnight, count: 10)
        #expect(over.labels.contains("12-02"))
    }
}

@Suite struct LetteringTests {
    @Test func plantsNamesCanBeWritten() {
        let lettering = Lettering.standard
        for text in ["Motor 04 (°C)", "Größe ≥ 5 µm", "Žďár nad Sázavou", "Насос 7", "Αντλία", "mm/s²", "Şişli"] {
            #expect(lettering.hasAll(of: text), "\(text)")
        }
        #expect(!lettering.hasAll(of: "汉字") && lettering.width("汉字") > 0)
    }

    @Test func longTextsAreShortened() {
        let text = String(repeating: "Pump ", count: 100)
        let short = Lettering.standard.fit(text, 300)
        #expect(short.hasSuffix("…") && Lettering.standard.width(short) <= 300)
    }
}

/// Reads what the encoder writes, by the specification.
struct DecodedPNG {
    var width: Int
    var height: Int
    private var pixels: [UInt8]

    struct Fault: Error {}

    init(_ bytes: [UInt8]) throws {
        guard Array(bytes.prefix(8)) == [137, 80, 78, 71, 13, 10, 26, 10] else { throw Fault() }
        var (place, data, size): (Int, [UInt8], (Int, Int)) = (8, [], (0, 0))
        func number(_ at: Int) -> Int { bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
        while place + 12 <= bytes.count {
            let length = number(place)
            let name = String(decoding: bytes[place + 4..<place + 8], as: UTF8.self)
            var sum = Checksum.crc32
            sum.add(Array(bytes[place + 4..<place + 8 + length]).span.bytes)
            guard Int(sum.value) == number(place + 8 + length) else { throw Fault() }
            if name == "IHDR" { size = (number(place + 8), number(place + 12)) }
            if name == "IDAT" { data += bytes[place + 8..<place + 8 + length] }
            place += 12 + length
        }
        (width, height) = size
        let rows = try Inflater.decompress(data, .zlib, limit: 1 << 26)
        let stride = width * 3
        guard rows.count == height * (stride + 1) else { throw Fault() }
        pixels = []
        for row in 0..<height {
            let line = rows[row * (stride + 1)..<(row + 1) * (stride + 1)]
            let filter = line.first ?? 0
            for (index, byte) in line.dropFirst().enumerated() {
                let above = filter == 2 ? pixels[(row - 1) * stride + index] : 0
                pixels.append(byte &+ above)
            }
        }
    }

    func colour(_ x: Int, _ y: Int) -> [UInt8] { Array(pixels[(y * width + x) * 3..<(y * width + x) * 3 + 3]) }
}
