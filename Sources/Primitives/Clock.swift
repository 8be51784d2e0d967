import Foundation

/// Where domain code gets the time from: passed in, so that tests decide what time it is.
public struct WallClock: Sendable {
    private let read: @Sendable () -> Timestamp

    /// Makes a clock from a closure that tells the time.
    public init(_ read: @escaping @Sendable () -> Timestamp) {
        self.read = read
    }

    /// The time now.
    public var now: Timestamp { read() }

    /// The machine's clock.
    public static let system = WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}

/// Where domain code gets new identifiers from: passed in, so that tests can foresee them.
public struct IdentifierSource: Sendable {
    private let make: @Sendable () -> UUID

    /// Makes a source from a closure that returns a new identifier at each call.
    public init(_ make: @escaping @Sendable () -> UUID) {
        self.make = make
    }

    /// A new identifier.
    public func next() -> UUID { make() }

    /// Time-ordered random identifiers, UUID version 7 (RFC 9562 section 5.7).
    public static let system = IdentifierSource {
        var generator = SystemRandomNumberGenerator()
        return UUID(version7At: WallClock.system.now, using: &generator)
    }
}

extension UUID {
    /// Makes a UUID version 7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then random bits.
    public init(version7At time: Timestamp, using generator: inout some RandomNumberGenerator) {
        let milliseconds = UInt64(clamping: time.milliseconds)
        let high = (milliseconds << 16) | 0x7000 | (generator.next() & 0x0FFF)
        let low = (generator.next() & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        func byte(_ word: UInt64, _ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: word >> (56 - 8 * index)) }
        self.init(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3), byte(high, 4), byte(high, 5),
                byte(high, 6), byte(high, 7), byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3), byte(low, 4),
                byte(low, 5), byte(low, 6), byte(low, 7)
            )
        )
    }
}
