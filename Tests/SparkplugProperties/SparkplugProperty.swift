import Primitives
import SparkplugB
import WireProperties

/// Whatever edge nodes send: nothing crashes, a session survives being stored, messages read out of their place change
/// nothing, and values are ones that can be stored.
public enum SparkplugProperty: Property {
    private static let node = EdgeNodeName(group: "g", node: "n")
    private static let now = Timestamp(milliseconds: 1_795_362_847_000)

    /// Says what is wrong, or nil when the property holds.
    ///
    /// The input is a row of messages: a byte for verb and device, two for the length, the payload.
    public static func violation(_ input: [UInt8]) -> String? {
        var session = NodeSession(name: node)
        var rest = input[...]
        var seconds = 0.0
        while rest.count >= 3 {
            let head = Array(rest.prefix(3))
            let length = Int(head[1]) << 8 | Int(head[2])
            let bytes = Array(rest.dropFirst(3).prefix(length))
            rest = rest.dropFirst(3 + bytes.count)
            seconds += 1
            guard let payload = try? SparkplugPayload(decoding: bytes) else { continue }
            let verb = SparkplugVerb.allCases[Int(head[0] & 0x0F) % SparkplugVerb.allCases.count]
            let device = verb.concernsDevice ? "d\(head[0] >> 6)" : nil
            if let violation = receive(verb, device, payload, at: now.adding(seconds: seconds), &session) {
                return violation
            }
        }
        return nil
    }

    private static func receive(
        _ verb: SparkplugVerb,
        _ device: String?,
        _ payload: SparkplugPayload,
        at time: Timestamp,
        _ session: inout NodeSession
    ) -> String? {
        let before = session
        _ = session.receive(verb, device: device, payload, at: time, isKept: true)
        if session != before { return "a message out of its place changes the session" }
        let outcome = session.receive(verb, device: device, payload, at: time)
        for field in outcome.readings.flatMap(\.fields) {
            if let number = field.value.double, !number.isFinite { return "\(field.name) is \(number)" }
            if field.value == .opaque { return "\(field.name) is no value" }
        }
        if session.missing.count > 255 { return "\(session.missing.count) messages are missing" }
        let restored = NodeSession(name: node, order: session.orderDocument, births: session.birthsDocument)
        guard restored.orderDocument == session.orderDocument, restored.birthsDocument == session.birthsDocument else {
            return "a stored session is another one"
        }
        guard let order = try? JSONValue(parsing: session.orderDocument.bytes),
            let births = try? JSONValue(parsing: session.birthsDocument.bytes),
            order == session.orderDocument, births == session.birthsDocument
        else { return "a session's documents are no JSON" }
        return nil
    }
}
