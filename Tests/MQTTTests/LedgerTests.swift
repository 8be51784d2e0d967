import Testing

@testable import MQTT

@Suite("SubscriptionLedger")
struct SubscriptionLedgerTests {
    @Test func saysEverythingAfterEachConnection() {
        var ledger = SubscriptionLedger(filters: ["a", "b", "a"])
        #expect(!ledger.isSettled)
        ledger.connected()
        #expect(ledger.nextExchange() == .init(subscribe: ["a", "b"]))
        ledger.sent(subscribe: 1, unsubscribe: nil)
        #expect(ledger.nextExchange() == nil)
        #expect(!ledger.isSettled)
        ledger.subscribeAcknowledged(2, [])
        #expect(!ledger.isSettled)
        ledger.subscribeAcknowledged(1, [.init(rawValue: 1), .notAuthorized])
        #expect(ledger.isSettled)
        #expect(ledger.refused == ["b"])
        #expect(ledger.nextExchange() == nil)
        ledger.connected()
        #expect(!ledger.isSettled)
        #expect(ledger.nextExchange() == .init(subscribe: ["a", "b"]))
    }

    @Test func keepsRetiredFiltersUntilTheBrokerConfirms() {
        var ledger = SubscriptionLedger(filters: ["a", "b"])
        ledger.connected()
        ledger.replace(["b", "c"])
        #expect(ledger.nextExchange() == .init(subscribe: ["b", "c"], unsubscribe: ["a"]))
        ledger.sent(subscribe: 1, unsubscribe: 2)
        ledger.subscribeAcknowledged(1, [.success, .success])
        #expect(!ledger.isSettled)
        // The connection is lost before UNSUBACK: it has to be said again.
        ledger.connected()
        #expect(ledger.nextExchange() == .init(subscribe: ["b", "c"], unsubscribe: ["a"]))
        ledger.sent(subscribe: 3, unsubscribe: 4)
        ledger.unsubscribeAcknowledged(4)
        ledger.subscribeAcknowledged(3, [.success, .success])
        #expect(ledger.isSettled)
        ledger.connected()
        #expect(ledger.nextExchange() == .init(subscribe: ["b", "c"]))
    }

    @Test func aChangeDuringAnExchangeMakesAnother() {
        var ledger = SubscriptionLedger(filters: ["a"])
        ledger.connected()
        #expect(ledger.nextExchange() != nil)
        ledger.sent(subscribe: 1, unsubscribe: nil)
        ledger.replace([])
        ledger.subscribeAcknowledged(1, [.success])
        #expect(!ledger.isSettled)
        #expect(ledger.settledGeneration == 0)
        #expect(ledger.nextExchange() == .init(unsubscribe: ["a"]))
        ledger.sent(subscribe: nil, unsubscribe: 2)
        ledger.replace(["a"])
        ledger.unsubscribeAcknowledged(2)
        #expect(ledger.nextExchange() == .init(subscribe: ["a"]))
    }

    @Test func nothingToSayIsSettledAtOnce() {
        var ledger = SubscriptionLedger(filters: ["#/a"])
        ledger.connected()
        #expect(ledger.nextExchange() == .init())
        ledger.sent(subscribe: nil, unsubscribe: nil)
        #expect(ledger.isSettled)
        #expect(ledger.refused == ["#/a"])
    }
}

@Suite("PublishLedger")
struct PublishLedgerTests {
    private func message(_ qos: QualityOfService = .atLeastOnce) -> OutboundMessage {
        OutboundMessage(topic: "t", payload: [], qos: qos)
    }

    @Test func followsAMessage() {
        var ledger = PublishLedger(window: 2)
        #expect(ledger.add(message()) == 1)
        #expect(ledger.hasRoom)
        #expect(ledger.add(message()) == 2)
        #expect(!ledger.hasRoom)
        let entries = ledger.takeWaiting()
        #expect(entries.map(\.ticket) == [1, 2])
        #expect(ledger.takeWaiting().isEmpty)
        #expect(ledger.unsettled == 2, "taken, and not sent yet")
        ledger.sent(entries[0], as: 11)
        ledger.sent(entries[1], as: 12)
        #expect(ledger.unsettled == 2)
        #expect(ledger.answered(12, .success) == 2)
        #expect(ledger.answered(12, .success) == nil)
        #expect(ledger.answered(11, .notAuthorized) == 1)
        #expect(ledger.unsettled == 0)
        #expect(ledger.acknowledged == 1)
        #expect(ledger.failed == 1)
    }

    @Test func aLostConnectionCostsOnlyWhatIsSentAtMostOnce() {
        var ledger = PublishLedger(window: 10)
        _ = ledger.add(message(.atMostOnce))
        _ = ledger.add(message())
        for entry in ledger.takeWaiting() { ledger.sent(entry, as: Int32(entry.ticket)) }
        _ = ledger.add(message(.atMostOnce))
        #expect(ledger.disconnected() == [1])
        #expect(ledger.unsettled == 2)
        #expect(Set(ledger.close()) == [2, 3])
        #expect(ledger.unsettled == 0)
        #expect(ledger.failed == 3)
    }

    @Test func neverReusesAnIdentifierInFlight() {
        var ledger = PublishLedger(window: 70_000)
        #expect(ledger.window == 60_000)
        for _ in 0..<60_005 { _ = ledger.add(message()) }
        let first = ledger.takeWaiting()
        #expect(first.count == 60_000)
        for entry in first { ledger.sent(entry, as: Int32(entry.ticket)) }
        #expect(ledger.takeWaiting().isEmpty)
        _ = ledger.answered(1, .success)
        #expect(ledger.takeWaiting().map(\.ticket) == [60_001])
    }
}
