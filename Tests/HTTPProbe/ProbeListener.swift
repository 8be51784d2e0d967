import Dispatch
import Foundation
import HTTPServer

#if canImport(Glibc)
import Glibc
#endif

/// What the probe's listener can be told: address, TLS, time-outs, limits.
struct ListenerOptions {
    var address = ListenAddress.tcp(host: "127.0.0.1", port: 0)
    var certificate: String?
    var key: String?
    var clientCertificates = ServerTLS.ClientCertificates.none
    var handshakeTimeout: Double?
    var idleTimeout: Double?
    var headTimeout: Double?
    var maximumConnections = 50_000
    var maximumPerAddress: Int?

    /// Takes one option; false when it is not one of these.
    mutating func take(_ name: String, _ value: String) -> Bool {
        switch name {
        case "--listen": address = Self.address(value)
        case "--tls-certificate": certificate = value
        case "--tls-key": key = value
        case "--client-certificates":
            // `optional:PATH` or `required:PATH`
            let parts = value.split(separator: ":", maxSplits: 1).map(String.init)
            let path = parts.last ?? ""
            clientCertificates =
                parts.first == "required" ? .required(authoritiesPath: path) : .optional(authoritiesPath: path)
        case "--handshake-timeout": handshakeTimeout = Double(value)
        case "--idle-timeout": idleTimeout = Double(value)
        case "--head-timeout": headTimeout = Double(value)
        case "--max-connections": maximumConnections = Int(value) ?? maximumConnections
        case "--max-per-address": maximumPerAddress = Int(value)
        default: return false
        }
        return true
    }

    private static func address(_ text: String) -> ListenAddress {
        if text.hasPrefix("unix:") { return .unix(path: String(text.dropFirst(5))) }
        let parts = text.split(separator: ":").map(String.init)
        return .tcp(host: parts.first ?? "127.0.0.1", port: parts.last.flatMap { Int($0) } ?? 0)
    }

    var configuration: ServerConfiguration {
        var configuration = ServerConfiguration(address: address)
        configuration.maximumConnections = maximumConnections
        if let maximumPerAddress { configuration.maximumConnectionsPerAddress = maximumPerAddress }
        if let idleTimeout { configuration.timeouts.idle = .seconds(idleTimeout) }
        if let headTimeout { configuration.timeouts.head = .seconds(headTimeout) }
        if let certificate, let key {
            var tls = ServerTLS(certificatePath: certificate, keyPath: key)
            tls.clientCertificates = clientCertificates
            tls.checkInterval = .milliseconds(200)
            if let handshakeTimeout { tls.handshakeTimeout = .seconds(handshakeTimeout) }
            configuration.tls = tls
        }
        return configuration
    }

    /// One line on standard error for each event of TLS, for tests to read.
    static func report(_ event: TLSEvent) {
        let line =
            switch event {
            case .certificateInUse(let summary): "tls certificate \(summary.serialNumber)"
            case .certificateRefused(let error): "tls refused \(error.message)"
            case .handshakeFailed(let reason, let remote): "tls failed \(reason.rawValue) \(remote)"
            }
        FileHandle.standardError.write(Data("\(line)\n".utf8))
    }

    /// Makes SIGTERM stop the server in order.
    static func stopOnTermination(_ server: Server) -> any DispatchSourceSignal {
        signal(SIGTERM, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
        source.setEventHandler { server.shutdown() }
        source.resume()
        return source
    }

    /// Lets the process have as many connections as the system allows.
    static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
