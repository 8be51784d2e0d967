/// The place of a map tile in an archive: tiles of all zoom levels along one Hilbert curve (PMTiles v3).
enum TileID {
    /// The deepest zoom level whose numbers fit 64 bits.
    static let maximumZoom = 31

    /// The number of a tile; nil when there is no such tile.
    static func number(z: Int, x: Int, y: Int) -> UInt64? {
        guard (0...maximumZoom).contains(z) else { return nil }
        let side = UInt64(1) << UInt64(z)
        guard x >= 0, y >= 0, UInt64(x) < side, UInt64(y) < side else { return nil }
        // All tiles of the levels above: (4^z - 1) / 3.
        let before = ((UInt64(1) << UInt64(2 * z)) - 1) / 3
        var (column, row) = (UInt64(x), UInt64(y))
        var position: UInt64 = 0
        var half = side / 2
        while half > 0 {
            let right: UInt64 = column & half > 0 ? 1 : 0
            let lower: UInt64 = row & half > 0 ? 1 : 0
            position += half * half * ((3 * right) ^ lower)
            if lower == 0 {
                if right == 1 {
                    column = side - 1 - column
                    row = side - 1 - row
                }
                swap(&column, &row)
            }
            half /= 2
        }
        return before + position
    }
}
