import MQTT
import TestSupport

/// Keeps what a consumer's handler was given, and lets tests wait for it.
final class Inbox: Sendable {
    private struct State {
        var messages: [InboundMessage] = []
        var batches: [Int] = []
    }

    private let state = Watched(State())

    var messages: [InboundMessage] { state.value.messages }

    var payloads: [String] { messages.map { String(decoding: $0.payload, as: UTF8.self) } }

    /// The sizes of the batches.
    var batches: [Int] { state.value.batches }

    func add(_ batch: [InboundMessage]) {
        state.change { state in
            state.messages += batch
            state.batches.append(batch.count)
        }
    }

    func wait(until isMet: @escaping @Sendable ([InboundMessage]) -> Bool) async {
        await state.wait { isMet($0.messages) }
    }

    func wait(forCount count: Int) async {
        await wait { $0.count >= count }
    }
}

/// A gate that a handler waits at until the test opens it.
final class Gate: Sendable {
    private let state = Watched((isOpen: false, arrivals: 0))

    /// Waits until the gate is open, as a handler does that takes no notice of being cancelled.
    func pass() async {
        state.change { $0.arrivals += 1 }
        await Task { [state] in await state.wait(until: \.isOpen) }.value
    }

    /// Waits until somebody has come to the gate.
    func arrival() async {
        await state.wait { $0.arrivals > 0 }
    }

    func open() {
        state.change { $0.isOpen = true }
    }
}
