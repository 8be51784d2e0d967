/// What stands at one place of the bytes that a broker sends (MQTT 5.0 and 3.1.1, sections 2.1 and 3.3).
enum StreamItem: Hashable {
    /// A whole PUBLISH of QoS 0 or 1; the identifier is what PUBACK must name, nil for QoS 0.
    case message(InboundMessage, identifier: UInt16?)
    /// The beginning of such a PUBLISH, whose end is not here yet.
    case unfinishedMessage
    /// Any other packet.
    case other(isComplete: Bool)
    /// A PUBLISH that breaks the protocol, and how.
    case malformed(String)
    /// Nothing: the bytes are used up.
    case end
}

/// Finds messages in the bytes that a broker sends; no I/O.
struct StreamScanner {
    private static let publish: UInt8 = 3

    /// Whether messages carry properties: those of MQTT 5 do.
    private let hasProperties: Bool

    /// Reads what is sent in a version of the protocol.
    init(_ version: ProtocolVersion) {
        hasProperties = version == .mqtt5
    }

    /// Looks at what stands at `position`, which is moved behind a whole message and behind nothing else.
    func next(_ bytes: UnsafeBufferPointer<UInt8>, at position: inout Int) -> StreamItem {
        guard position < bytes.count else { return .end }
        let flags = bytes[position]
        let qos = flags >> 1 & 3
        let isMessage = flags >> 4 == Self.publish && qos < 2
        var end = position + 1
        guard let length = Self.variableInteger(bytes, at: &end) else {
            if end - position > 5 { return .malformed("a packet length of more than four bytes") }
            return isMessage ? .unfinishedMessage : .other(isComplete: false)
        }
        let body = end..<end + length
        guard body.upperBound <= bytes.count else {
            return isMessage ? .unfinishedMessage : .other(isComplete: false)
        }
        guard isMessage else { return .other(isComplete: true) }
        position = body.upperBound
        return message(UnsafeBufferPointer(rebasing: bytes[body]), qos: Int(qos), isRetained: flags & 1 != 0)
    }

    /// Reads what follows the fixed header of a PUBLISH.
    private func message(_ body: UnsafeBufferPointer<UInt8>, qos: Int, isRetained: Bool) -> StreamItem {
        guard body.count >= 2 else { return .malformed("a message without a topic") }
        var position = 2 + (Int(body[0]) << 8 | Int(body[1]))
        guard position > 2, position <= body.count else { return .malformed("a message without a topic") }
        let topic = UnsafeBufferPointer(rebasing: body[2..<position])
        var identifier: UInt16?
        if qos > 0 {
            guard position + 2 <= body.count else { return .malformed("a message without an identifier") }
            let number = UInt16(body[position]) << 8 | UInt16(body[position + 1])
            guard number != 0 else { return .malformed("a message with the identifier 0") }
            identifier = number
            position += 2
        }
        if hasProperties {
            guard let properties = Self.variableInteger(body, at: &position), position + properties <= body.count else {
                return .malformed("a message with wrong properties")
            }
            position += properties
        }
        guard !topic.contains(0), let text = String(validating: topic, as: UTF8.self) else {
            return .malformed("a topic that is no UTF-8 text")
        }
        let payload = Array(body[position...])
        return .message(
            InboundMessage(topic: text, payload: payload, qos: qos, isRetained: isRetained),
            identifier: identifier
        )
    }

    /// Reads a variable byte integer (section 1.5.5), and moves behind it.
    ///
    /// - Returns: nil when it is not all here, or too long: then `position` is five bytes further.
    @inline(__always)
    private static func variableInteger(_ bytes: UnsafeBufferPointer<UInt8>, at position: inout Int) -> Int? {
        var value = 0
        for shift in stride(from: 0, to: 28, by: 7) {
            guard position < bytes.count else { return nil }
            let byte = bytes[position]
            position += 1
            value |= Int(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        position += 1
        return nil
    }
}
