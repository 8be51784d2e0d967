import Compression
import Foundation

/// One letter as shades.
struct Glyph: Hashable, Sendable {
    var advance: Int
    var width: Int
    var height: Int
    /// From the pen to its first column.
    var left: Int
    /// From the baseline up to its first row.
    var top: Int
    /// Coverages of 0 to 255, rows from the top.
    var shares: [UInt8]
}

/// The letters of pictures: Latin, Greek and Cyrillic; whatever else is asked for is drawn as an empty box.
struct Lettering: Sendable {
    static let standard = Lettering(GlyphTable.text)

    /// The height of a capital letter in pixels.
    static let capitalHeight = 14
    /// What a line of text takes.
    static let lineHeight = 26

    private let glyphs: [UInt32: Glyph]

    init(_ table: String) {
        let packed = Data(base64Encoded: table, options: .ignoreUnknownCharacters).map { [UInt8]($0) } ?? []
        glyphs = Self.read((try? Inflater.decompress(packed, .zlib, limit: 1 << 20)) ?? [])
    }

    /// The glyph of a character in its composed form; nil when there is none.
    func glyph(_ scalar: Unicode.Scalar) -> Glyph? { glyphs[scalar.value] }

    /// Whether every letter of a text can be drawn.
    func hasAll(of text: String) -> Bool { scalars(text).allSatisfy { glyphs[$0.value] != nil } }

    /// The width of a text in pixels.
    func width(_ text: String) -> Int { scalars(text).reduce(0) { $0 + (shown($1)?.advance ?? 0) } }

    /// A text cut to a width, with an ellipsis where something is left out.
    func fit(_ text: String, _ limit: Int) -> String {
        if width(text) <= limit { return text }
        var kept = text
        while !kept.isEmpty, width(kept + "…") > limit { kept.removeLast() }
        return kept.trimmingCharacters(in: .whitespaces) + "…"
    }

    /// The glyphs of a text in order.
    func glyphs(of text: String) -> [Glyph] { scalars(text).compactMap { shown($0) } }

    private func shown(_ scalar: Unicode.Scalar) -> Glyph? { glyphs[scalar.value] ?? glyphs[0x25A1] }

    private func scalars(_ text: String) -> [Unicode.Scalar] {
        text.precomposedStringWithCanonicalMapping.unicodeScalars.filter { !$0.properties.isDefaultIgnorableCodePoint }
            .map { $0.properties.generalCategory == .control || $0.value == 0x2009 ? " " : $0 }
    }

    private static func read(_ bytes: [UInt8]) -> [UInt32: Glyph] {
        var glyphs: [UInt32: Glyph] = [:]
        var position = 0
        while position + 9 <= bytes.count {
            let head = bytes[position..<position + 9].map { $0 }
            let code = head[0..<4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let (width, height) = (Int(head[5]), Int(head[6]))
            position += 9
            let count = (width * height + 1) / 2
            guard position + count <= bytes.count else { break }
            var shares: [UInt8] = []
            for byte in bytes[position..<position + count] { shares += [(byte >> 4) * 17, (byte & 15) * 17] }
            position += count
            glyphs[code] = Glyph(
                advance: Int(head[4]),
                width: width,
                height: height,
                left: Int(Int8(bitPattern: head[7])),
                top: Int(Int8(bitPattern: head[8])),
                shares: shares
            )
        }
        return glyphs
    }
}

extension Canvas {
    /// Where a text stands from its place.
    enum Alignment {
        case left
        case centre
        case right
    }

    /// Writes a line of text; `baseline` is where capital letters stand.
    mutating func write(
        _ text: String,
        x: Int,
        baseline: Int,
        _ colour: Colour,
        _ alignment: Alignment = .left,
        isBold: Bool = false
    ) {
        let lettering = Lettering.standard
        let width = lettering.width(text)
        var pen =
            switch alignment {
            case .left: x
            case .centre: x - width / 2
            case .right: x - width
            }
        for glyph in lettering.glyphs(of: text) {
            for row in 0..<glyph.height {
                for column in 0..<glyph.width {
                    let share = Int(glyph.shares[row * glyph.width + column])
                    cover(pen + glyph.left + column, baseline - glyph.top + row, colour, share)
                    // Drawn twice, one pixel apart.
                    if isBold { cover(pen + glyph.left + column + 1, baseline - glyph.top + row, colour, share) }
                }
            }
            pen += glyph.advance
        }
    }
}
