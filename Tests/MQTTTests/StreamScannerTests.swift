import Testing

@testable import MQTT

@Suite("StreamScanner")
struct StreamScannerTests {
    /// A PUBLISH as a broker sends it.
    private static func publish(
        _ topic: String,
        _ payload: [UInt8],
        identifier: UInt16?,
        isRetained: Bool = false,
        properties: [UInt8] = []
    ) -> [UInt8] {
        var body = [UInt8(topic.utf8.count >> 8), UInt8(topic.utf8.count & 0xFF)] + Array(topic.utf8)
        if let identifier { body += [UInt8(identifier >> 8), UInt8(identifier & 0xFF)] }
        body += [UInt8(properties.count)] + properties + payload
        return [0x30 | (identifier == nil ? 0 : 2) | (isRetained ? 1 : 0)] + length(body.count) + body
    }

    private static func length(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var left = count
        repeat {
            bytes.append(UInt8(left & 0x7F) | (left > 0x7F ? 0x80 : 0))
            left >>= 7
        } while left > 0
        return bytes
    }

    private static func scan(
        _ bytes: [UInt8],
        _ version: ProtocolVersion = .mqtt5
    ) -> (items: [StreamItem], position: Int) {
        bytes.withUnsafeBufferPointer { bytes in
            var items: [StreamItem] = []
            var position = 0
            while true {
                let item = StreamScanner(version).next(bytes, at: &position)
                items.append(item)
                guard case .message = item else { return (items, position) }
            }
        }
    }

    @Test func takesMessagesUpToAnotherPacket() {
        let first = Self.publish("plant/a", Array("1".utf8), identifier: 7, isRetained: true)
        let second = Self.publish("größe/温度", [], identifier: nil, properties: [1, 1])
        let pong: [UInt8] = [0xD0, 0]
        let (items, position) = Self.scan(first + second + pong + first)
        #expect(
            items == [
                .message(InboundMessage(topic: "plant/a", payload: Array("1".utf8), isRetained: true), identifier: 7),
                .message(InboundMessage(topic: "größe/温度", payload: [], qos: 0), identifier: nil),
                .other(isComplete: true),
            ]
        )
        #expect(position == first.count + second.count)
    }

    @Test func messagesOfTheOlderVersionHaveNoProperties() {
        let packet: [UInt8] = [0x32, 6, 0, 1, 0x74, 0, 9, 0x31]
        let (items, position) = Self.scan(packet, .mqtt311)
        #expect(items == [.message(InboundMessage(topic: "t", payload: Array("1".utf8)), identifier: 9), .end])
        #expect(position == packet.count)
    }

    @Test(arguments: [0, 1, 100, 127, 128, 16_383, 16_384, 70_000])
    func aMessageCutAnywhereIsUnfinishedAndNothingElse(size: Int) {
        let packet = Self.publish("t", [UInt8](repeating: 0xFF, count: size), identifier: 65_535)
        let cuts = size < 1_000 ? Array(1..<packet.count) : [1, 2, 3, 4, 5, 6, packet.count / 2, packet.count - 1]
        for cut in cuts {
            let (items, position) = Self.scan(Array(packet[..<cut]))
            #expect(items == [.unfinishedMessage])
            #expect(position == 0)
        }
        let (items, position) = Self.scan(packet)
        #expect(position == packet.count)
        #expect(items.count == 2 && items.last == .end)
    }

    @Test func otherPacketsAreLeftAlone() {
        // SUBACK, whole and cut; PUBLISH of QoS 2; DISCONNECT.
        #expect(Self.scan([0x90, 4, 0, 1, 0, 1]).items == [.other(isComplete: true)])
        #expect(Self.scan([0x90, 4, 0, 1]).items == [.other(isComplete: false)])
        #expect(Self.scan([0x90]).items == [.other(isComplete: false)])
        #expect(Self.scan([0x34, 5, 0, 1, 0x61, 0, 1, 0]).items == [.other(isComplete: true)])
        #expect(Self.scan([0xE0, 0]).items == [.other(isComplete: true)])
    }

    @Test(
        arguments: [
            [0x32, 0xFF, 0xFF, 0xFF, 0xFF, 1], [0x30, 1, 0], [0x30, 3, 0, 0, 0], [0x32, 4, 0, 1, 0x61, 0],
            [0x32, 6, 0, 1, 0x61, 0, 0, 0], [0x32, 5, 0, 1, 0x61, 0, 1], [0x32, 6, 0, 1, 0x61, 0, 1, 9],
            [0x32, 6, 0, 1, 0xFF, 0, 1, 0], [0x32, 6, 0, 1, 0, 0, 1, 0], [0x30, 4, 0, 9, 0x61, 0],
        ] as [[UInt8]]
    )
    func whatBreaksTheProtocolIsTold(bytes: [UInt8]) throws {
        let item = try #require(Self.scan(bytes).items.first)
        guard case .malformed = item else {
            Issue.record("\(bytes) gave \(item)")
            return
        }
    }
}
