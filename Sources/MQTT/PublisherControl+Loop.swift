import Synchronization

extension PublisherControl {
    /// Whether the loop was asked to end.
    var isStopping: Bool { shared.withLock(\.isStopping) }

    /// The broker accepted the connection.
    func connected() {
        let waiters = shared.withLock { shared in
            shared.link = .connected
            shared.lastError = nil
            return shared.takeWaiters { if case .connection = $0 { true } else { false } }
        }
        for waiter in waiters { waiter.continuation.resume(returning: .success(())) }
    }

    /// The connection ended or could not be made, and will be tried again.
    func disconnected(_ error: MQTTError) {
        settle { shared in
            shared.link = .connecting
            shared.lastError = error
            return shared.ledger.disconnected().map { ($0, .failure(error)) }
        }
    }

    /// The loop has ended: everybody who waits gets the reason.
    func closed(_ error: MQTTError) {
        var waiters: [Waiter] = []
        settle { shared in
            shared.link = .closed
            if error.kind != .cancelled { shared.lastError = error }
            waiters = shared.takeWaiters { _ in true }
            return shared.ledger.close().map { ($0, .failure(error)) }
        }
        for waiter in waiters {
            if case .closure = waiter.event {
                waiter.continuation.resume(returning: .success(()))
            } else {
                waiter.continuation.resume(returning: .failure(error))
            }
        }
    }

    /// The messages that the library is to send now.
    func takeWaiting() -> [PublishLedger.Entry] {
        shared.withLock { $0.ledger.takeWaiting() }
    }

    /// The library took a message, or refused it.
    func sent(_ entry: PublishLedger.Entry, _ result: Result<Int32, MQTTError>) {
        switch result {
        case .success(let identifier): shared.withLock { $0.ledger.sent(entry, as: identifier) }
        case .failure(let error):
            settle { shared in
                shared.ledger.refused(entry)
                shared.noteRefusal(entry.ticket, error)
                return [(entry.ticket, .failure(error))]
            }
        }
    }

    /// The broker answered for messages.
    func answered(_ answers: [(identifier: Int32, reason: ReasonCode)]) {
        settle { shared in
            var settled: [(ticket: UInt64, answer: Answer)] = []
            for answer in answers {
                guard let ticket = shared.ledger.answered(answer.identifier, answer.reason) else { continue }
                if answer.reason.isFailure {
                    let error = failure(.publishRefused(answer.reason), answer.reason.description)
                    shared.noteRefusal(ticket, error)
                    settled.append((ticket, .failure(error)))
                } else {
                    settled.append((ticket, .success(())))
                }
            }
            return settled
        }
    }

    /// Applies a change that settles messages, then resumes whom that concerns, outside the lock.
    private func settle(_ change: (inout State) -> [(ticket: UInt64, answer: Answer)]) {
        let (answers, room) = shared.withLock { shared in
            var answers: [(CheckedContinuation<Answer, Never>, Answer)] = []
            for settled in change(&shared) {
                guard let waiter = shared.answerWaiters.removeValue(forKey: settled.ticket) else { continue }
                answers.append((waiter, settled.answer))
            }
            let unsettled = shared.ledger.unsettled
            let room = shared.takeWaiters { event in
                if case .room(let limit) = event { unsettled < limit } else { false }
            }
            return (answers, room)
        }
        for (waiter, answer) in answers { waiter.resume(returning: answer) }
        for waiter in room { waiter.continuation.resume(returning: .success(())) }
    }
}

extension PublisherControl.State {
    /// Keeps the first refusal of a message for which nobody waits.
    fileprivate mutating func noteRefusal(_ ticket: UInt64, _ error: MQTTError) {
        guard answerWaiters[ticket] == nil, firstRefusal == nil else { return }
        firstRefusal = error
    }
}
