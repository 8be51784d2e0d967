import Logging

/// The life of a worker behind the ingest: a pass, then a rest, until its task is cancelled.
///
/// A pass that fails is told of and tried again after the rest.
struct RepeatedPass: Sendable {
    private let work: String
    private let rest: Duration
    private let logger: Logger
    private let afterFailure: @Sendable () -> Void
    private let pass: @Sendable () async throws -> Void

    /// Describes a worker: the work that must wait when a pass fails, as the log calls it; the rest between two passes;
    /// what must be done after a failure, before the next pass; the pass itself.
    init(
        _ work: String,
        every rest: Duration,
        logger: Logger,
        afterFailure: @escaping @Sendable () -> Void = {},
        pass: @escaping @Sendable () async throws -> Void
    ) {
        self.work = work
        self.rest = rest
        self.logger = logger
        self.afterFailure = afterFailure
        self.pass = pass
    }

    /// Works until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            do {
                try await pass()
            } catch is CancellationError {
                return
            } catch {
                afterFailure()
                logger.warning("\(work) must wait", metadata: ["error": "\(error)"])
            }
            do { try await Task.sleep(for: rest) } catch { return }
        }
    }
}
