/// Writes the payloads of a load without an intermediate document.
struct LoadPayload: Sendable {
    /// `,"m1":` and so on.
    private let labels: [[UInt8]]

    init(metrics: Int) {
        labels = (1...max(1, metrics)).map { Array(",\"m\($0)\":".utf8) }
    }

    /// The payload of a device's message: triangle waves between 0 and 100, with a phase per device and metric.
    func bytes(device: Int, milliseconds: Int64, number: Int) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(24 + labels.count * 13)
        output.append(contentsOf: #"{"ts":"#.utf8)
        Self.append(UInt64(max(0, milliseconds)), to: &output)
        for (index, label) in labels.enumerated() {
            output.append(contentsOf: label)
            let phase = (number &+ device &* 37 &+ index &* 211) % 2_000
            let tenths = UInt64(phase < 1_000 ? phase : 2_000 - phase)
            Self.append(tenths / 10, to: &output)
            output.append(UInt8(ascii: "."))
            output.append(UInt8(ascii: "0") + UInt8(tenths % 10))
        }
        output.append(UInt8(ascii: "}"))
        return output
    }

    private static func append(_ value: UInt64, to output: inout [UInt8]) {
        let start = output.count
        var rest = value
        repeat {
            output.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        output[start...].reverse()
    }
}
