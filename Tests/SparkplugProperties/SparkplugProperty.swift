import Primitives
import SparkplugB

/// Whatever edge nodes send: nothing crashes, a session survives being stored, messages read out of their place change
/// nothing, births and deaths are known to be new, and values are ones that can be stored.
///
/// The session is stored after the last message only: what comes before the last is an input of its own, and stored in
/// its turn. To store it after each took nine tenths of the time.
public enum SparkplugProperty {
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
            let start = rest.startIndex
            let head = rest[start]
            let length = Int(rest[start + 1]) << 8 | Int(rest[start + 2])
            let bytes = Array(rest[(start + 3)...].prefix(length))
            rest = rest.dropFirst(3 + bytes.count)
            seconds += 1
            guard let payload = try? SparkplugPayload(decoding: bytes) else { continue }
            let verb = SparkplugVerb.allCases[Int(head & 0x0F) % SparkplugVerb.allCases.count]
            let device = verb.concernsDevice ? "d\(head >> 6)" : nil
            if let violation = receive(verb, device, payload, at: now.adding(seconds: seconds), &session) {
                return violation
            }
        }
        return seconds > 0 ? store(session) : nil
    }

    private static func receive(
        _ verb: SparkplugVerb,
        _ device: String?,
        _ payload: SparkplugPayload,
        at time: Timestamp,
        _ session: inout NodeSession
    ) -> String? {
        session.hasNewBirths = false
        let before = session
        _ = session.receive(verb, device: device, payload, at: time, isKept: true)
        if session != before { return "a message out of its place changes the session" }
        let outcome = session.receive(verb, device: device, payload, at: time)
        for field in outcome.readings.flatMap(\.fields) {
            if let number = field.value.double, !number.isFinite { return "\(field.name) is \(number)" }
            if field.value == .opaque { return "\(field.name) is no value" }
        }
        if session.missing.count > 255 { return "\(session.missing.count) messages are missing" }
        return session.hasNewBirths || haveSameBirths(before, session) ? nil : "a birth or death would not be stored"
    }

    /// Says what is wrong with how a session is stored.
    private static func store(_ session: NodeSession) -> String? {
        let (order, births) = (session.orderDocument, session.birthsDocument)
        let restored = NodeSession(name: node, order: order, births: births)
        guard restored.orderDocument == order, restored.birthsDocument == births, haveSameBirths(restored, session)
        else {
            return "a stored session is another one"
        }
        guard (try? JSONValue(parsing: order.bytes)) == order, (try? JSONValue(parsing: births.bytes)) == births else {
            return "a session's documents are no JSON"
        }
        return nil
    }

    /// Whether two sessions have the same births and deaths; values are not stored.
    private static func haveSameBirths(_ one: NodeSession, _ other: NodeSession) -> Bool {
        haveSameBirths(one.node, other.node) && one.devices.count == other.devices.count
            && one.devices.allSatisfy { name, subject in
                other.devices[name].map { haveSameBirths(subject, $0) } ?? false
            }
    }

    private static func haveSameBirths(_ one: NodeSubject, _ other: NodeSubject) -> Bool {
        one.isOnline == other.isOnline && one.staleSince == other.staleSince && one.table == other.table
            && one.previous == other.previous
    }
}
