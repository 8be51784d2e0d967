import Foundation
import Glibc
import MQTT
import Synchronization
import TestSupport
import Testing

/// A TCP relay before a broker that counts the MQTT packets a client sends, from the bytes on the wire.
final class WireTap: Sendable {
    /// Packet types of MQTT 5.0 (section 2.1.2).
    enum PacketType: UInt8 {
        case connect = 1
        case publish = 3
        case puback = 4
        case subscribe = 8
        case unsubscribe = 10
        case pingreq = 12
        case disconnect = 14
    }

    /// How CONNECT packets of MQTT 5 are refused instead of relayed.
    enum Refusal {
        /// CONNACK of MQTT 3.1.1 with return code 1, as NATS answers.
        case returnCode
        /// The connection is closed, as RabbitMQ 3.10 does.
        case silence
    }

    private struct State {
        var levels: [UInt8] = []
        var sockets: Set<Int32> = []
        var isClosed = false
    }

    let port: UInt16
    private let broker: UInt16
    private let listener: Int32
    private let refusal: Refusal?
    private let state = Mutex(State())
    private let counts = Watched<[UInt8: Int]>([:])

    init(before broker: UInt16, refusing refusal: Refusal? = nil) throws {
        self.broker = broker
        self.refusal = refusal
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var address = Self.loopback(0)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listener, generic, length) == 0 && listen(listener, 64) == 0
                    ? getsockname(listener, generic, &length) : -1
            }
        }
        try #require(code == 0)
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0, let self else { break }
                self.relay(client)
            }
            Glibc.close(listener)
        }
    }

    var address: BrokerAddress { BrokerAddress(host: "127.0.0.1", port: port) }

    /// How many packets of a type clients have sent so far.
    func count(_ type: PacketType) -> Int {
        counts.value[type.rawValue] ?? 0
    }

    /// The protocol levels of all CONNECT packets: 4 is MQTT 3.1.1, 5 is MQTT 5.
    var levels: [UInt8] { state.withLock(\.levels) }

    /// Waits until clients have sent that many packets of a type.
    func wait(for type: PacketType, count: Int) async {
        await counts.wait { $0[type.rawValue] ?? 0 >= count }
    }

    /// Cuts all connections that there are.
    func cut() {
        state.withLock { state in
            for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    /// Ends the relay.
    func close() {
        state.withLock { $0.isClosed = true }
        shutdown(listener, Int32(SHUT_RDWR))
        cut()
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = port.bigEndian
        return address
    }

    private func relay(_ client: Int32) {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = Self.loopback(broker)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            Glibc.close(client)
            Glibc.close(server)
            return
        }
        state.withLock { $0.sockets.formUnion([client, server]) }
        let ends = OpenEnds()
        Thread.detachNewThread { [self] in
            pump(from: client, to: server, watching: true)
            finish(client, server, ends)
        }
        Thread.detachNewThread { [self] in
            pump(from: server, to: client, watching: false)
            finish(client, server, ends)
        }
    }

    /// Closes both sockets when neither direction uses them any more.
    private func finish(_ client: Int32, _ server: Int32, _ ends: OpenEnds) {
        guard ends.closeOne() else { return }
        state.withLock { state in
            state.sockets.subtract([client, server])
            Glibc.close(client)
            Glibc.close(server)
        }
    }

    private func pump(from source: Int32, to target: Int32, watching: Bool) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var framer = PacketFramer()
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { break }
            if watching {
                let types = framer.types(in: buffer[..<count])
                if types.first == PacketType.connect.rawValue, isRefused(buffer[..<count], source) { break }
                note(types)
            }
            var rest = buffer[..<count]
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes { send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard sent > 0 else { break }
                rest = rest.dropFirst(sent)
            }
        }
        // Only this direction has ended; the other may still have something to say.
        shutdown(target, Int32(SHUT_WR))
    }

    /// Notes the level of a CONNECT packet; answers one of MQTT 5 if it is to be refused.
    private func isRefused(_ packet: ArraySlice<UInt8>, _ client: Int32) -> Bool {
        // The name of the protocol with its length comes first in the packet, the level behind it.
        guard let name = packet.indices.first(where: { packet[$0...].starts(with: [0, 4] + Array("MQTT".utf8)) }),
            name + 6 < packet.endIndex
        else { return false }
        let level = packet[name + 6]
        state.withLock { $0.levels.append(level) }
        guard let refusal, level == 5 else { return false }
        if refusal == .returnCode { _ = send(client, [0x20, 2, 0, 1] as [UInt8], 4, Int32(MSG_NOSIGNAL)) }
        return true
    }

    private func note(_ types: [UInt8]) {
        guard !types.isEmpty else { return }
        counts.change { counts in
            for type in types { counts[type, default: 0] += 1 }
        }
    }
}

/// Counts the directions of a relayed connection that are still in use.
private final class OpenEnds: Sendable {
    private let count = Mutex(2)

    /// Whether that was the last one.
    func closeOne() -> Bool {
        count.withLock { count in
            count -= 1
            return count == 0
        }
    }
}
