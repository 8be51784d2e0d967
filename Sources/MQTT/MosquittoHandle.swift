import CMosquitto
import Glibc

/// One libmosquitto client, in the mode in which packets leave only through ``write()``.
///
/// Owned by one thread; destroying it closes the socket without writing anything that was queued.
struct MosquittoHandle: ~Copyable {
    /// What a read did.
    enum ReadOutcome {
        /// Something was taken from the socket; there may be more.
        case progressed
        /// The socket has nothing more now.
        case drained
    }

    /// What the callbacks reported.
    let sink: CallbackSink
    private let client: OpaquePointer
    private let broker: BrokerAddress
    private let retained: RetainHandling

    private init(_ client: OpaquePointer, _ settings: ConnectionSettings) {
        self.client = client
        broker = settings.broker
        retained = settings.retained
        sink = CallbackSink()
        sink.attach(to: client)
    }

    /// Makes a client that is not connected.
    static func make(_ settings: ConnectionSettings) throws(MQTTError) -> MosquittoHandle {
        _ = MosquittoLibrary.isReady
        guard let client = mosquitto_new(settings.clientID, settings.cleanStart, nil) else {
            throw MQTTError(.invalid, broker: settings.broker.description, detail: String(cString: strerror(errno)))
        }
        let handle = MosquittoHandle(client, settings)
        try handle.configure(settings)
        return handle
    }

    deinit {
        mosquitto_destroy(client)
    }

    private func configure(_ settings: ConnectionSettings) throws(MQTTError) {
        // Without this the library writes a PUBACK before it even shows the message.
        try check(mosquitto_threaded_set(client, true))
        try check(mosquitto_int_option(client, MOSQ_OPT_RECEIVE_MAXIMUM, 65_535))
        try check(mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, 65_535))
        try check(mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1))
        if let credentials = settings.broker.credentials {
            try check(mosquitto_username_pw_set(client, credentials.username, credentials.password))
        }
        if settings.broker.isEncrypted { try configureTLS(settings) }
    }

    private func configureTLS(_ settings: ConnectionSettings) throws(MQTTError) {
        let tls = settings.broker.tls
        // Certificate and host name are verified unless one asks the library not to, which nobody does here.
        let caFile = settings.caFile ?? tls.caFile
        let directory = caFile == nil ? "/etc/ssl/certs" : nil
        try check(mosquitto_tls_set(client, caFile, directory, tls.certificateFile, tls.keyFile, nil))
        if let name = tls.applicationProtocol { try check(mosquitto_string_option(client, MOSQ_OPT_TLS_ALPN, name)) }
    }

    private func storeConnectProperties(_ settings: ConnectionSettings) throws(MQTTError) {
        var properties: OpaquePointer?
        defer { mosquitto_property_free_all(&properties) }
        try check(
            mosquitto_property_add_int32(
                &properties,
                Int32(MQTT_PROP_SESSION_EXPIRY_INTERVAL.rawValue),
                settings.sessionExpiry
            )
        )
        try check(plantwright_mosquitto_keep_properties(client, settings.broker.host, properties))
    }

    /// The socket, or -1 when there is none.
    var socket: Int32 { mosquitto_socket(client) }

    /// Whether packets wait to be written.
    var wantsWrite: Bool { mosquitto_want_write(client) }

    /// Chooses the version for the next connection.
    func speak(_ version: ProtocolVersion, _ settings: ConnectionSettings) throws(MQTTError) {
        let number = version == .mqtt5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311
        try check(mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, number))
        // With properties the library refuses to connect in 3.1.1.
        switch version {
        case .mqtt5: try storeConnectProperties(settings)
        case .mqtt311: try check(plantwright_mosquitto_keep_properties(client, broker.host, nil))
        }
        sink.version = version
        sink.ignoresRetained = version == .mqtt311 && retained == .never
    }

    /// Begins to connect; ends when the name is resolved and the TCP connection is under way.
    func beginConnect(keepAlive: Int32) throws(MQTTError) {
        sink.reset()
        errno = 0
        let code = mosquitto_connect_bind_async(client, broker.host, Int32(broker.port), keepAlive, nil)
        guard code != MOSQ_ERR_CONN_PENDING.rawValue else { return }
        try check(code, whileConnecting: true)
    }

    /// The error of the TCP connection that was begun, if it failed.
    func checkConnected() throws(MQTTError) {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &length) == 0, code != 0 else { return }
        throw failure(.unreachable, String(cString: strerror(code)))
    }

    /// Reads one packet, or a part of one, or goes on with the TLS handshake.
    func read() throws(MQTTError) -> ReadOutcome {
        let before = sink.callbackCount
        var wouldBlock = false
        let code = plantwright_mosquitto_read(client, &wouldBlock)
        try check(code)
        // A callback marks progress even if errno says otherwise: the library's wake-up pipe, which nobody reads here,
        // also leaves EAGAIN behind.
        return wouldBlock && sink.callbackCount == before ? .drained : .progressed
    }

    /// Writes what is queued, as far as the socket takes it.
    func write() throws(MQTTError) {
        try check(mosquitto_loop_write(client, 1))
    }

    /// Holds small packets back until the socket is uncorked, so that thousands of acknowledgements of four bytes share
    /// segments.
    func setCorked(_ isCorked: Bool) {
        var value: Int32 = isCorked ? 1 : 0
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_CORK, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Queues a PINGREQ when it is due, and notices a missing answer.
    func keepAlive() throws(MQTTError) {
        try check(mosquitto_loop_misc(client))
    }

    /// Queues a SUBSCRIBE.
    ///
    /// - Returns: the packet's identifier.
    func subscribe(_ filters: [String]) throws(MQTTError) -> Int32 {
        var identifier: Int32 = 0
        // MQTT 3.1.1 has no options: the bits are reserved.
        let options = sink.version == .mqtt5 ? retained.rawValue : 0
        let code = withCStrings(filters) { texts in
            mosquitto_subscribe_multiple(client, &identifier, Int32(filters.count), texts, 1, options, nil)
        }
        try check(code)
        return identifier
    }

    /// Queues an UNSUBSCRIBE.
    ///
    /// - Returns: the packet's identifier.
    func unsubscribe(_ filters: [String]) throws(MQTTError) -> Int32 {
        var identifier: Int32 = 0
        let code = withCStrings(filters) { texts in
            mosquitto_unsubscribe_multiple(client, &identifier, Int32(filters.count), texts, nil)
        }
        try check(code)
        return identifier
    }

    /// Queues a PUBLISH.
    ///
    /// - Returns: the packet's identifier.
    func publish(_ message: OutboundMessage) throws(MQTTError) -> Int32 {
        var identifier: Int32 = 0
        let code = message.payload.withUnsafeBytes { payload in
            mosquitto_publish_v5(
                client,
                &identifier,
                message.topic,
                Int32(payload.count),
                payload.baseAddress,
                message.qos.rawValue,
                message.retain,
                nil
            )
        }
        try check(code)
        return identifier
    }

    /// Sets what the broker publishes when the next connection ends without a DISCONNECT.
    func setWill(_ message: OutboundMessage) throws(MQTTError) {
        let code = message.payload.withUnsafeBytes { payload in
            mosquitto_will_set_v5(
                client,
                message.topic,
                Int32(payload.count),
                payload.baseAddress,
                message.qos.rawValue,
                message.retain,
                nil
            )
        }
        try check(code)
    }

    /// Queues a DISCONNECT; the session stays with the broker for its expiry interval.
    func disconnect() throws(MQTTError) {
        try check(mosquitto_disconnect_v5(client, 0, nil))
    }

    private func withCStrings<Result>(
        _ texts: [String],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> Result
    ) -> Result {
        let copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return copies.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}

extension MosquittoHandle {
    /// Turns a result of the library into an error that says what callers need to tell apart.
    private func check(_ code: Int32, whileConnecting: Bool = false) throws(MQTTError) {
        guard code != MOSQ_ERR_SUCCESS.rawValue else { return }
        let systemError = errno
        let result = MosquittoCode(rawValue: code)
        if let connack = sink.connack, connack.reason != .success {
            let kind: MQTTError.Kind =
                connack.reason.concernsCredentials ? .badCredentials(connack.reason) : .refused(connack.reason)
            throw failure(kind, connack.reason.description)
        }
        let systemText = systemError == 0 ? nil : String(cString: strerror(systemError))
        switch result {
        case .invalid, .malformedUTF8, .oversizePacket, .payloadSize: throw failure(.invalid, result.description)
        case .tls: throw failure(.tls, sink.lastErrorLine ?? result.description)
        case .addressLookup: throw failure(.unreachable, "the host name has no address")
        case .system where whileConnecting: throw failure(.unreachable, systemText ?? result.description)
        case .system: throw failure(.connectionLost(sink.disconnectReason), systemText ?? result.description)
        default:
            let kind: MQTTError.Kind = whileConnecting ? .unreachable : .connectionLost(sink.disconnectReason)
            throw failure(kind, sink.disconnectReason?.description ?? result.description)
        }
    }

    /// Makes an error about this client's broker.
    func failure(_ kind: MQTTError.Kind, _ detail: String) -> MQTTError {
        MQTTError(kind, broker: broker.description, detail: detail)
    }
}

/// What the broker does with retained messages at a SUBSCRIBE (MQTT 5.0 section 3.8.3.1).
enum RetainHandling: Int32 {
    /// Sends them at every SUBSCRIBE.
    case always = 0x00
    /// Never sends them: a resumed session would get old values again at each connection.
    case never = 0x20
}

/// The library's global state.
enum MosquittoLibrary {
    /// Initialises the library at the first look.
    ///
    /// It is never cleaned up: clients may live until the process ends.
    static let isReady = mosquitto_lib_init() == MOSQ_ERR_SUCCESS.rawValue
}
