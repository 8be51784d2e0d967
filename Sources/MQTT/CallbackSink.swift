import CMosquitto

/// What libmosquitto reported through its callbacks since the loop last looked.
///
/// Touched only by the thread that owns the client, from within the library's calls and between them.
final class CallbackSink {
    /// The broker's answer to CONNECT.
    struct Connack {
        let reason: ReasonCode
        let isSessionPresent: Bool
    }

    /// The version that is spoken.
    var version = ProtocolVersion.mqtt5
    /// Whether retained messages are passed over: what ``RetainHandling/never`` asks an MQTT 5 broker for.
    ///
    /// A message on a subscription that was there before it was published does not have the flag (MQTT 3.1.1 section
    /// 3.3.1.3), so that nothing new is passed over.
    var ignoresRetained = false
    /// The answer to the last CONNECT; nil before it came.
    var connack: Connack?
    /// The broker's reason in DISCONNECT; nil while connected, and when the connection ended without one.
    var disconnectReason: ReasonCode?
    /// Messages received and not yet taken.
    private(set) var messages: [InboundMessage] = []
    /// The bytes of topics and payloads of ``messages``.
    private(set) var messageBytes = 0
    /// Acknowledged SUBSCRIBE packets: their identifier and a reason code per filter.
    var subscribed: [(identifier: Int32, reasons: [ReasonCode])] = []
    /// Acknowledged UNSUBSCRIBE packets.
    var unsubscribed: [Int32] = []
    /// Acknowledged (QoS 1) or written (QoS 0) PUBLISH packets.
    var published: [(identifier: Int32, reason: ReasonCode)] = []
    /// Counts every callback: the mark of progress of a read.
    private(set) var callbackCount = 0
    /// The library's newest error line, such as OpenSSL's reason for refusing a certificate.
    var lastErrorLine: String?

    /// Adds a message, unless it is one to pass over.
    func take(_ message: InboundMessage) {
        if ignoresRetained && message.isRetained { return }
        messageBytes += message.topic.utf8.count + message.payload.count
        messages.append(message)
    }

    /// Hands the messages over and forgets them.
    func takeMessages() -> [InboundMessage] {
        defer {
            messages = []
            messageBytes = 0
        }
        return messages
    }

    /// Forgets what belongs to a former connection.
    func reset() {
        connack = nil
        disconnectReason = nil
        subscribed = []
        unsubscribed = []
        lastErrorLine = nil
        _ = takeMessages()
    }

    /// Registers the callbacks.
    ///
    /// The client must not outlive this object.
    func attach(to client: OpaquePointer) {
        mosquitto_user_data_set(client, Unmanaged.passUnretained(self).toOpaque())
        mosquitto_connect_v5_callback_set(client) { _, context, reason, flags, _ in
            CallbackSink.from(context)?.connected(reason: reason, flags: flags)
        }
        mosquitto_disconnect_v5_callback_set(client) { _, context, reason, _ in
            CallbackSink.from(context)?.disconnected(reason: reason)
        }
        mosquitto_message_v5_callback_set(client) { _, context, message, _ in
            guard let message else { return }
            CallbackSink.from(context)?.received(message.pointee)
        }
        mosquitto_subscribe_v5_callback_set(client) { _, context, identifier, count, granted, _ in
            CallbackSink.from(context)?.subscribed(
                identifier,
                UnsafeBufferPointer(start: granted, count: Int(count))
            )
        }
        mosquitto_unsubscribe_v5_callback_set(client) { _, context, identifier, _ in
            CallbackSink.from(context)?.unsubscribed(identifier)
        }
        mosquitto_publish_v5_callback_set(client) { _, context, identifier, reason, _ in
            CallbackSink.from(context)?.published(identifier, reason: reason)
        }
        mosquitto_log_callback_set(client) { _, context, level, line in
            guard level == MOSQ_LOG_ERR, let line else { return }
            CallbackSink.from(context)?.lastErrorLine = String(cString: line)
        }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> CallbackSink? {
        context.map { Unmanaged<CallbackSink>.fromOpaque($0).takeUnretainedValue() }
    }

    private func connected(reason: Int32, flags: Int32) {
        callbackCount += 1
        let code = UInt8(truncatingIfNeeded: reason)
        connack = Connack(
            // The library translates the refusal of MQTT 5 by a broker that does not know it.
            reason: version == .mqtt5 ? ReasonCode(rawValue: code) : ReasonCode(returnCode: code),
            isSessionPresent: flags & 1 != 0
        )
    }

    private func disconnected(reason: Int32) {
        // Below 0x80 it is the library's own result code, which its caller sees anyway.
        guard (0x80...0xFF).contains(reason) else { return }
        disconnectReason = ReasonCode(rawValue: UInt8(reason))
    }

    private func received(_ message: mosquitto_message) {
        callbackCount += 1
        guard let topic = message.topic else { return }
        let payload = UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen))
        take(
            InboundMessage(
                topic: String(cString: topic),
                payload: Array(payload),
                qos: Int(message.qos),
                isRetained: message.retain
            )
        )
    }

    private func subscribed(_ identifier: Int32, _ granted: UnsafeBufferPointer<Int32>) {
        callbackCount += 1
        subscribed.append((identifier, granted.map { ReasonCode(rawValue: UInt8(truncatingIfNeeded: $0)) }))
    }

    private func unsubscribed(_ identifier: Int32) {
        callbackCount += 1
        unsubscribed.append(identifier)
    }

    private func published(_ identifier: Int32, reason: Int32) {
        callbackCount += 1
        published.append((identifier, ReasonCode(rawValue: UInt8(truncatingIfNeeded: reason))))
    }
}
