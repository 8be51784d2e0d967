/// Where random bytes come from: passed in, so that tests can foresee them.
public struct RandomSource: Sendable {
    private let make: @Sendable (Int) -> [UInt8]

    /// Makes a source from a closure that returns the wanted number of bytes.
    public init(_ make: @escaping @Sendable (Int) -> [UInt8]) {
        self.make = make
    }

    /// New bytes.
    public func bytes(_ count: Int) -> [UInt8] { make(count) }

    /// The operating system's generator, fit for keys and tokens.
    public static let system = RandomSource { count in
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) }
        }
        return Array(bytes.prefix(count))
    }
}
