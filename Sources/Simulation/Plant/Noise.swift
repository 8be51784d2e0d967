/// Noise that is a pure function of seed and time, so that every run of the plant is the same.
struct Noise: Sendable {
    private let seed: UInt64

    /// Makes a source of its own for a name, such as a device's key.
    init(seed: UInt64, name: String) {
        // FNV-1a; String.hashValue differs from run to run.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ seed
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        self.seed = hash
    }

    /// A constant from 0 to 1 of this source.
    func constant(_ channel: UInt64) -> Double {
        (lattice(channel, 0) + 1) / 2
    }

    /// A smooth curve from −1 to 1 that changes its mind about every `period` seconds.
    func smooth(_ channel: UInt64, at seconds: Double, period: Double) -> Double {
        let place = seconds / period
        let whole = place.rounded(.down)
        let fraction = place - whole
        let index = Int64(whole)
        let left = lattice(channel, index)
        let right = lattice(channel, index + 1)
        return left + (right - left) * (fraction * fraction * (3 - 2 * fraction))
    }

    /// The random number from −1 to 1 of one point of a channel (the finalizer of SplitMix64).
    private func lattice(_ channel: UInt64, _ index: Int64) -> Double {
        var word = seed &+ channel &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(bitPattern: index) &* 0xD1B5_4A32_D192_ED03
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        word ^= word >> 31
        return Double(word >> 11) / Double(1 << 52) - 1
    }
}
