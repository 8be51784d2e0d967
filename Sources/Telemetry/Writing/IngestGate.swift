import Primitives
import Synchronization

/// Gathers submissions while a transaction runs, so that the next one takes all of them: group commit.
///
/// Whoever gets the lock first leads: it takes everything that waits, runs it as one group and hands each submitter its
/// part of the result. Followers find their work done.
final class IngestGate: Sendable {
    /// One caller's messages and, later, their fates.
    final class Ticket: Sendable {
        let messages: [TelemetryMessage]
        private let result = Mutex<Result<[MessageFate], any Error>?>(nil)

        init(_ messages: [TelemetryMessage]) {
            self.messages = messages
        }

        var outcome: Result<[MessageFate], any Error>? { result.withLock { $0 } }

        func finish(_ outcome: Result<[MessageFate], any Error>) {
            result.withLock { $0 = outcome }
        }
    }

    /// Most messages in one group.
    static let maximumGroup = 20_000

    private let lock = AsyncLock()
    private let waiting = Mutex<[Ticket]>([])

    /// Runs something that must not overlap with a group.
    func exclusively<Result>(_ body: () async throws -> Result) async throws -> Result {
        try await lock.withLock(body)
    }

    func submit(
        _ messages: [TelemetryMessage],
        run: ([TelemetryMessage]) async throws -> [MessageFate]
    ) async throws -> [MessageFate] {
        let ticket = Ticket(messages)
        waiting.withLock { $0.append(ticket) }
        await lock.withLock {
            if ticket.outcome != nil { return }
            let group = takeGroup()
            do {
                let fates = try await run(group.flatMap(\.messages))
                var start = 0
                for member in group {
                    member.finish(.success(Array(fates[start..<start + member.messages.count])))
                    start += member.messages.count
                }
            } catch {
                for member in group { member.finish(.failure(error)) }
            }
        }
        guard let outcome = ticket.outcome else { throw CancellationError() }
        return try outcome.get()
    }

    /// Takes waiting tickets in order of arrival up to the limit, at least one.
    private func takeGroup() -> [Ticket] {
        waiting.withLock { waiting in
            var count = 0
            var total = 0
            for ticket in waiting {
                if count > 0, total + ticket.messages.count > Self.maximumGroup { break }
                count += 1
                total += ticket.messages.count
            }
            defer { waiting.removeFirst(count) }
            return Array(waiting.prefix(count))
        }
    }
}
