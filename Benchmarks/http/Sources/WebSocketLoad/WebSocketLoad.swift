import Foundation
import HTTPWire
import NIOCore
import NIOPosix

/// Loads a WebSocket server and prints one JSON object with what came back.
///
/// `WebSocketLoad echo PORT PATH CLIENTS SECONDS SIZE` has every client send a text, await its echo and go on;
/// `WebSocketLoad listen PORT PATH CLIENTS SECONDS STALLED` counts what the server sends by itself, whose texts begin with
/// the monotonic time in nanoseconds and a space, while STALLED more clients never read.
@main
struct WebSocketLoad {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 7, let port = Int(arguments[2]), let clients = Int(arguments[4]),
            let seconds = Int64(arguments[5]), let last = Int(arguments[6])
        else {
            print("usage: WebSocketLoad echo|listen PORT PATH CLIENTS SECONDS SIZE|STALLED")
            return
        }
        let isEcho = arguments[1] == "echo"
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let tally = try await group.next().submit { NIOLoopBound(Tally(), eventLoop: group.next()) }.get()
        let payload = isEcho ? ByteBuffer(repeating: UInt8(ascii: "x"), count: last) : nil
        var channels: [any Channel] = []
        for number in 0..<(clients + (isEcho ? 0 : last)) {
            let isStalled = number >= clients
            let client = LoadClient.Options(path: arguments[3], echo: payload, isStalled: isStalled, tally: tally)
            channels.append(try await connect(group, port: port, number: number, client))
        }
        let loop = group.next()
        try await loop.submit { tally.value.begin() }.get()
        if isEcho { for channel in channels { channel.triggerUserOutboundEvent(LoadClient.Start(), promise: nil) } }
        try await loop.scheduleTask(in: .seconds(seconds)) { print(tally.value.report()) }.futureResult.get()
        exit(0)
    }

    private static func connect(
        _ group: MultiThreadedEventLoopGroup,
        port: Int,
        number: Int,
        _ options: LoadClient.Options
    ) async throws -> any Channel {
        // One source address has too few ports for very many clients.
        let source = try SocketAddress(ipAddress: "127.0.0.\(2 + number / 20_000)", port: 0)
        return try await ClientBootstrap(group: group)
            .bind(to: source)
            .channelOption(.autoRead, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LoadClient(options))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }
}
