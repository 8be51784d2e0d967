import PostgreSQL
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct NotificationListenerTests {
    private static func notify(_ channel: String, _ payload: String) -> Statement<Void> {
        Statement("notify", "SELECT pg_notify(\(channel), \(payload))")
    }

    @Test func committedNotificationsReachEverySubscriber() async throws {
        try await withEmptyPool(size: 1) { pool in
            let listener = NotificationListener(
                configuration: pool.configuration,
                channels: ["a", "b\"c"],
                logger: quiet
            )
            var first = listener.subscribe().makeAsyncIterator()
            let running = Task { await listener.run() }
            #expect(await first.next() == .reconnected)
            var second = listener.subscribe().makeAsyncIterator()
            #expect(await second.next() == .reconnected)
            try await pool.execute(Self.notify("elsewhere", "x"))
            try await pool.execute(Self.notify("b\"c", "1"))
            try await pool.execute(Self.notify("a", "2"))
            for expected in [Notification(channel: "b\"c", payload: "1"), Notification(channel: "a", payload: "2")] {
                #expect(await first.next() == .notification(expected))
                #expect(await second.next() == .notification(expected))
            }
            running.cancel()
            await running.value
            #expect(await first.next() == nil)
            #expect(await listener.subscribe().first { _ in true } == nil)
        }
    }

    @Test func connectsAgainAndSaysSo() async throws {
        try await withEmptyPool(size: 1) { pool in
            let listener = NotificationListener(configuration: pool.configuration, channels: ["a"], logger: quiet)
            var events = listener.subscribe().makeAsyncIterator()
            let running = Task { await listener.run() }
            #expect(await events.next() == .reconnected)
            let kill = Statement(
                "kill",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN \"a\"' AND datname = current_database()"
            )
            try await pool.execute(kill)
            #expect(await events.next() == .reconnected)
            try await pool.execute(Self.notify("a", "again"))
            #expect(await events.next() == .notification(Notification(channel: "a", payload: "again")))
            running.cancel()
            await running.value
        }
    }

    @Test func keepsTryingWhileTheServerIsAway() async throws {
        let server = try await TemporaryPostgreSQL(isDurable: false)
        let listener = NotificationListener(configuration: server.configuration, channels: ["a"], logger: quiet)
        var events = listener.subscribe().makeAsyncIterator()
        let running = Task { await listener.run() }
        #expect(await events.next() == .reconnected)
        try await server.stop(.immediate)
        try await server.start()
        #expect(await events.next() == .reconnected)
        running.cancel()
        await running.value
        await server.remove()
    }
}
