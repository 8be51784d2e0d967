/// A colour, without gamma: what is written into the file.
struct Colour: Hashable, Sendable {
    var red: UInt8
    var green: UInt8
    var blue: UInt8

    init(_ hex: UInt32) {
        red = UInt8(hex >> 16 & 255)
        green = UInt8(hex >> 8 & 255)
        blue = UInt8(hex & 255)
    }

    static let paper = Colour(0xFFFFFF)
    static let ink = Colour(0x1A1A1A)
    static let quiet = Colour(0x595959)
    static let grid = Colour(0xD9D9D9)
    static let frame = Colour(0x8C8C8C)
    // Blue and vermilion of M. Okabe and K. Ito: told apart with every kind of colour vision, and in grey by lightness.
    static let line = Colour(0x0072B2)
    static let band = Colour(0xBFDCEC)
    static let alarm = Colour(0xB84700)
}

/// A point in pixels, from the upper left corner.
struct Place: Hashable, Sendable {
    var x: Double
    var y: Double
}

/// Pixels that can be drawn on.
struct Canvas: Sendable {
    let width: Int
    let height: Int
    /// Red, green, blue for each pixel, rows from the top.
    private(set) var pixels: [UInt8]

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        pixels = [UInt8](repeating: 255, count: width * height * 3)
    }

    /// Covers a pixel by a share of 0 to 255.
    mutating func cover(_ x: Int, _ y: Int, _ colour: Colour, _ share: Int) {
        guard share > 0, x >= 0, y >= 0, x < width, y < height else { return }
        let index = (y * width + x) * 3
        func mixed(_ old: UInt8, _ new: UInt8) -> UInt8 {
            UInt8((Int(old) * (255 - share) + Int(new) * share + 127) / 255)
        }
        pixels[index] = mixed(pixels[index], colour.red)
        pixels[index + 1] = mixed(pixels[index + 1], colour.green)
        pixels[index + 2] = mixed(pixels[index + 2], colour.blue)
    }

    /// Fills whole pixels.
    mutating func fill(x: Int, y: Int, width: Int, height: Int, _ colour: Colour) {
        for row in y..<y + max(0, height) {
            for column in x..<x + max(0, width) { cover(column, row, colour, 255) }
        }
    }

    /// A row of pixels; `dash` pixels drawn, then as many not; 0 for a whole line.
    mutating func horizontal(y: Int, from: Int, to: Int, _ colour: Colour, thickness: Int = 1, dash: Int = 0) {
        guard from <= to else { return }
        for x in from...to where dash == 0 || (x - from) % (2 * dash) < dash {
            for offset in 0..<thickness { cover(x, y + offset, colour, 255) }
        }
    }

    /// A column of pixels.
    mutating func vertical(x: Int, from: Int, to: Int, _ colour: Colour, thickness: Int = 1, dash: Int = 0) {
        guard from <= to else { return }
        for y in from...to where dash == 0 || (y - from) % (2 * dash) < dash {
            for offset in 0..<thickness { cover(x + offset, y, colour, 255) }
        }
    }

    /// Draws a coverage mask.
    mutating func paint(_ mask: CoverageMask, _ colour: Colour) {
        for row in 0..<mask.height {
            for column in 0..<mask.width {
                let share = mask.shares[row * mask.width + column]
                if share > 0 { cover(mask.x + column, mask.y + row, colour, Int(share)) }
            }
        }
    }
}

/// How much of each pixel of a window is covered by lines: joints of a course are not painted twice.
struct CoverageMask: Sendable {
    let x: Int
    let y: Int
    let width: Int
    let height: Int
    private(set) var shares: [UInt8]

    init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = max(0, width)
        self.height = max(0, height)
        shares = [UInt8](repeating: 0, count: self.width * self.height)
    }

    /// Adds a straight line with round ends.
    mutating func add(from start: Place, to end: Place, thickness: Double) {
        let (dx, dy) = (end.x - start.x, end.y - start.y)
        let reach = thickness / 2 + 1
        // Along the longer extent; across it only as far as the line reaches.
        let isFlat = abs(dx) >= abs(dy)
        let (low, high) =
            isFlat ? (min(start.x, end.x), max(start.x, end.x)) : (min(start.y, end.y), max(start.y, end.y))
        let (origin, bound) = isFlat ? (x, width) : (y, height)
        let first = max(Int((low - reach).rounded(.down)), origin)
        let last = min(Int((high + reach).rounded(.up)), origin + bound - 1)
        guard first <= last else { return }
        let extent = isFlat ? dx : dy
        let slope = extent == 0 ? 0 : (isFlat ? dy / dx : dx / dy)
        let across = reach * 1.5
        for main in first...last {
            let along = min(max(Double(main) + 0.5, low), high)
            let centre = isFlat ? start.y + (along - start.x) * slope : start.x + (along - start.y) * slope
            let (nearest, farthest) = (Int((centre - across).rounded(.down)), Int((centre + across).rounded(.up)))
            for other in nearest...farthest {
                let place = isFlat ? (column: main, row: other) : (column: other, row: main)
                let centre = Place(x: Double(place.column) + 0.5, y: Double(place.row) + 0.5)
                let distance = Self.distance(of: centre, from: start, dx, dy)
                raise(place.column, place.row, thickness / 2 + 0.5 - distance)
            }
        }
    }

    /// Adds a dot.
    mutating func add(dot centre: Place, radius: Double) {
        let reach = radius + 1
        for row in Int((centre.y - reach).rounded(.down))...Int((centre.y + reach).rounded(.up)) {
            for column in Int((centre.x - reach).rounded(.down))...Int((centre.x + reach).rounded(.up)) {
                let (dx, dy) = (Double(column) + 0.5 - centre.x, Double(row) + 0.5 - centre.y)
                raise(column, row, radius + 0.5 - (dx * dx + dy * dy).squareRoot())
            }
        }
    }

    private mutating func raise(_ column: Int, _ row: Int, _ share: Double) {
        guard share > 0, column >= x, row >= y, column < x + width, row < y + height else { return }
        let index = (row - y) * width + column - x
        shares[index] = max(shares[index], UInt8((min(1, share) * 255).rounded()))
    }

    private static func distance(of place: Place, from start: Place, _ dx: Double, _ dy: Double) -> Double {
        let length = dx * dx + dy * dy
        let (px, py) = (place.x - start.x, place.y - start.y)
        let share = length == 0 ? 0 : min(1, max(0, (px * dx + py * dy) / length))
        let (ox, oy) = (px - share * dx, py - share * dy)
        return (ox * ox + oy * oy).squareRoot()
    }
}
