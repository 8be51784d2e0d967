import SeededRandom
import Testing

@testable import PostgreSQL

/// Read these as a transcript of the pool's bookkeeping: connections are numbers, waiters are letters.
@Suite struct PoolStateTests {
    private typealias State = PoolState<Int, Character>

    @Test func opensUpToItsSizeAndThenLetsCallersWait() {
        var state = State(size: 2)
        #expect(state.request().text == "open")
        #expect(state.request().text == "open")
        #expect(state.request().text == "wait")
        #expect(state.count == 2)
    }

    @Test func lendsTheConnectionThatCameBackLast() {
        var state = State(size: 3)
        for _ in 0..<3 { _ = state.request() }
        #expect(state.giveBack(1).text == "")
        #expect(state.giveBack(2).text == "")
        #expect(state.request().text == "use 2")
        #expect(state.request().text == "use 1")
        #expect(state.request().text == "wait")
    }

    @Test func aReturnedConnectionGoesToTheLongestWaiting() {
        var state = State(size: 1)
        #expect(state.request().text == "open")
        #expect(state.wait("a", id: state.nextWaiterID()).text == "wait")
        #expect(state.wait("b", id: state.nextWaiterID()).text == "wait")
        #expect(state.giveBack(7).text == "a: use 7")
        #expect(state.giveBack(7).text == "b: use 7")
        #expect(state.giveBack(7).text == "")
        #expect(state.idle == [7])
    }

    @Test func nobodyOvertakesThoseWhoWait() {
        var state = State(size: 1)
        _ = state.request()
        _ = state.wait("a", id: state.nextWaiterID())
        #expect(state.request().text == "wait")
    }

    @Test func aLostConnectionsPlaceGoesToTheLongestWaiting() {
        var state = State(size: 1)
        _ = state.request()
        _ = state.wait("a", id: state.nextWaiterID())
        #expect(state.lose(3).text == "close 3, a: open")
        #expect(state.count == 1)
    }

    @Test func aFailedAttemptToConnectFreesItsPlace() {
        var state = State(size: 1)
        _ = state.request()
        #expect(state.lose(nil).text == "")
        #expect(state.count == 0)
        #expect(state.request().text == "open")
    }

    @Test func everyWaiterTriesForItselfDuringAnOutage() {
        var state = State(size: 1)
        _ = state.request()
        _ = state.wait("a", id: state.nextWaiterID())
        _ = state.wait("b", id: state.nextWaiterID())
        #expect(state.lose(nil).text == "a: open")
        #expect(state.lose(nil).text == "b: open")
        #expect(state.lose(nil).text == "")
        #expect(state.count == 0)
    }

    @Test func aWaiterWhoGaveUpGetsNothing() {
        var state = State(size: 1)
        _ = state.request()
        let a = state.nextWaiterID()
        let b = state.nextWaiterID()
        _ = state.wait("a", id: a)
        _ = state.wait("b", id: b)
        #expect(state.withdraw(a) == "a")
        #expect(state.withdraw(a) == nil)
        #expect(state.giveBack(1).text == "b: use 1")
        #expect(state.withdraw(b) == nil)
    }

    @Test func aWaiterIsServedAtOnceWhenAConnectionCameBackMeanwhile() {
        var state = State(size: 1)
        _ = state.request()
        #expect(state.request().text == "wait")
        _ = state.giveBack(1)
        #expect(state.wait("a", id: state.nextWaiterID()).text == "use 1")
        #expect(state.waiterCount == 0)
    }

    @Test func closingRefusesWaitersAndEmptiesThePool() {
        var state = State(size: 2)
        _ = state.request()
        _ = state.request()
        _ = state.giveBack(1)
        #expect(state.close().idle == [1])
        #expect(state.request().text == "refuse")
        #expect(state.giveBack(2).text == "close 2")
        #expect(state.count == 0)
    }

    @Test func closingReportsThoseWhoWait() {
        var state = State(size: 1)
        _ = state.request()
        _ = state.wait("a", id: state.nextWaiterID())
        #expect(state.close().waiters == ["a"])
        #expect(state.lose(1).text == "close 1")
        #expect(state.count == 0)
    }

    @Test func aSizeBelowOneIsOne() {
        var state = State(size: 0)
        #expect(state.request().text == "open")
    }

    /// Any sequence of events keeps the books: never more connections than the size, none lent twice.
    @Test(arguments: 0..<50) func keepsItsInvariantsUnderAnySequence(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var state = State(size: 3)
        var lent: Set<Int> = []
        var opening = 0
        var next = 0
        func apply(_ grant: PoolGrant<Int>) {
            switch grant {
            case .use(let connection): #expect(lent.insert(connection).inserted)
            case .open: opening += 1
            }
        }
        for _ in 0..<400 {
            switch Int.random(in: 0..<5, using: &generator) {
            case 0, 1:
                if case .grant(let grant) = state.wait("x", id: state.nextWaiterID()) { apply(grant) }
            case 2:
                guard opening > 0 else { break }
                opening -= 1
                next += 1
                lent.insert(next)
            case 3:
                guard let connection = lent.randomElement(using: &generator) else { break }
                lent.remove(connection)
                if let (_, grant) = state.giveBack(connection).grant { apply(grant) }
            default:
                guard let connection = lent.randomElement(using: &generator) else { break }
                lent.remove(connection)
                if let (_, grant) = state.lose(connection).grant { apply(grant) }
            }
            #expect(state.count <= 3)
            #expect(state.count == lent.count + opening + state.idle.count)
            #expect(state.waiterCount == 0 || (state.idle.isEmpty && state.count == 3))
        }
    }
}

extension PoolGrant<Int> {
    fileprivate var text: String {
        switch self {
        case .use(let connection): "use \(connection)"
        case .open: "open"
        }
    }
}

extension PoolState<Int, Character>.Answer {
    fileprivate var text: String {
        switch self {
        case .grant(let grant): grant.text
        case .wait: "wait"
        case .refuse: "refuse"
        }
    }
}

extension PoolState<Int, Character>.Consequence {
    fileprivate var text: String {
        [close.map { "close \($0)" }, grant.map { "\($0.waiter): \($0.grant.text)" }].compactMap { $0 }
            .joined(separator: ", ")
    }
}
