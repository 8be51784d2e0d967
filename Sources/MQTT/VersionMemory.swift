import Synchronization

/// Which brokers have refused MQTT 5, for as long as the process lives: every client asks once in all, not each one at
/// every connection.
final class VersionMemory: Sendable {
    /// What all clients of the process have learnt.
    static let shared = VersionMemory()

    /// After how many silent refusals, without an acceptance between them, a broker counts as one of 3.1.1.
    static let silentRefusals = 3

    private struct Knowledge {
        var spoken: Set<String> = []
        var silent: [String: Int] = [:]
    }

    private let knowledge = Mutex(Knowledge())

    /// The version to try first.
    func version(for broker: BrokerAddress) -> ProtocolVersion {
        switch broker.version {
        case .only(let version): version
        case .automatic:
            knowledge.withLock { knowledge in
                let name = broker.description
                let isOld = knowledge.spoken.contains(name) || knowledge.silent[name, default: 0] >= Self.silentRefusals
                return isOld ? .mqtt311 : .mqtt5
            }
        }
    }

    /// The broker refused MQTT 5 and accepted 3.1.1.
    ///
    /// - Parameters:
    ///   - broker: the broker.
    ///   - isSpoken: whether it said that the version was why, instead of only closing the connection.
    func noteRefusal(by broker: BrokerAddress, isSpoken: Bool) {
        knowledge.withLock { knowledge in
            if isSpoken {
                knowledge.spoken.insert(broker.description)
            } else {
                knowledge.silent[broker.description, default: 0] += 1
            }
        }
    }

    /// What was learnt is no longer true: the broker accepted MQTT 5, or refused 3.1.1.
    func forget(_ broker: BrokerAddress) {
        knowledge.withLock { knowledge in
            knowledge.spoken.remove(broker.description)
            knowledge.silent[broker.description] = nil
        }
    }
}
