import ERPConnectors
import Expressions
import Primitives
import Synchronization
import Testing

@testable import ERPSimulators

/// The connector's ways with SAP's rules, against the simulator.
@Suite(.timeLimit(.minutes(1))) struct SAPConnectorTests {
    private let create = DeliveryOrder(
        idempotencyKey: "pw-0123456789abc",
        operation: .workOrderCreate,
        fields: ["title": "Check the bearing", "equipment": "PUMP-7"]
    )

    @Test func oneTokenServesManyChangesAndIsFetchedAgainWhenRefused() async throws {
        let world = ConformanceWorld(.sapNotifications)
        let connector = try world.connector()
        for key in ["pw-1", "pw-2", "pw-3"] {
            var order = create
            order.idempotencyKey = key
            #expect(await connector.perform(order).outcome.isDone)
        }
        #expect(fetches(world) == 1)
        world.erp.endSessions()
        var order = create
        order.idempotencyKey = "pw-4"
        let report = await connector.perform(order)
        #expect(report.outcome.isDone && world.erp.orders.count == 4)
        #expect(report.trace.records.compactMap(\.status) == [403, 200, 201])
        #expect(fetches(world) == 2)
    }

    private func fetches(_ world: ConformanceWorld) -> Int {
        world.injector.requests.filter { $0.header("x-csrf-token") == "Fetch" }.count
    }

    @Test func noTokenOrCookieIsNoted() async throws {
        let world = ConformanceWorld(.sap)
        let report = try await world.connector().perform(create)
        let sent = world.injector.requests.compactMap { $0.header("cookie") }
        #expect(sent.contains { $0.contains("SAP_SESSIONID") })
        let text = report.trace.records.map { "\($0.request) \($0.response ?? "")" }.joined()
        #expect(!text.contains("token-1") && !text.contains("SAP_SESSIONID"))
    }

    @Test func aRefusedOrderLeavesAStuckNotificationThatIsTakenUpAgain() async throws {
        let world = ConformanceWorld(.sap)
        var order = create
        order.fields["item"] = "NO-SUCH-PART"
        guard case .stuck(_, let detail) = try await world.perform(order) else {
            Issue.record("not stuck")
            return
        }
        #expect(detail.contains("Notification 10000001 has no order") && detail.contains("NO-SUCH-PART"))
        order.fields["item"] = "BRG-6204"
        #expect(try await world.lookUp(order) == .found(externalID: "10000001", note: "Order 4000001"))
        #expect(world.erp.orders.map(\.status) == ["In process, REL MANC NTUP"])
    }

    @Test func aFieldThatNoStepCouldTakeMakesNothing() async throws {
        let world = ConformanceWorld(.sap)
        var order = create
        order.fields["item"] = "BRG-6204"
        order.fields["quantity"] = 0
        guard case .refused(let reason, _) = try await world.perform(order) else {
            Issue.record("not refused")
            return
        }
        #expect(reason == "field-invalid" && world.erp.orders.isEmpty)
    }

    @Test func anOrderThatAPlannerMadeIsTaken() async throws {
        let world = ConformanceWorld(.sap)
        // The connector's own order fails after the planner was faster.
        world.injector.inject([.pass, .dropAfterWork, .dropAfterWork])
        let (end, _) = try await world.drive(create)
        #expect(end == .done(externalID: "10000001", note: "Order 4000001"))
        guard case .state(let state) = try await world.connector().state(ofOrder: "10000001") else {
            Issue.record("no state")
            return
        }
        #expect(state.number == "4000001" && state.phase == .open)
    }

    @Test func aStaleETagIsReadAgain() async throws {
        let world = ConformanceWorld(.sap)
        let id = try await world.createdOrder()
        let update = DeliveryOrder(
            idempotencyKey: "pw-u",
            operation: .workOrderUpdate,
            fields: ["title": "Now"],
            target: id
        )
        world.injector.inject([.statusBeforeWork(412, retryAfter: nil)])
        #expect(try await world.perform(update).isDone)
        #expect(world.erp.orders.map(\.title) == ["Now"])
        world.injector.inject(Array(repeating: .statusBeforeWork(412, retryAfter: nil), count: 9))
        guard case .transient = try await world.perform(update) else {
            Issue.record("somebody else is always faster: later")
            return
        }
    }

    @Test func aCommentIsWrittenOnce() async throws {
        let world = ConformanceWorld(.sapNotifications)
        let id = try await world.createdOrder()
        let comment = DeliveryOrder(
            idempotencyKey: "pw-c",
            operation: .workOrderComment,
            fields: ["text": "Still hot."],
            target: id
        )
        for _ in 0..<3 { #expect(try await world.perform(comment).isDone) }
        let patches = world.injector.requests.filter { $0.method == "PATCH" }
        #expect(patches.count == 1)
        let text = patches.first?.json?["MaintNotifLongTextForEdit"]?.string ?? ""
        #expect(text.hasSuffix("\nStill hot. [pw-c]") && text.hasPrefix("Bearing at 81.2 °C."))
    }

    @Test func workThatHasBegunIsNotCancelled() async throws {
        let world = ConformanceWorld(.sap)
        let id = try await world.createdOrder()
        let simulator = try #require(world.erp as? SAPSimulator)
        simulator.state.withLock { $0.rows["MaintenanceOrder"]?[0].values["SystemStatusText"] = "REL PCNF" }
        let cancel = DeliveryOrder(idempotencyKey: "pw-x", operation: .workOrderCancel, fields: [:], target: id)
        guard case .refused(let reason, let detail) = try await world.perform(cancel) else {
            Issue.record("not refused")
            return
        }
        #expect(reason == "work-begun" && detail.contains("REL PCNF"))
    }

    @Test func stockIsSetByItsDifferenceWhereAnAdminAllowsIt() async throws {
        let world = ConformanceWorld(.sap)
        let set = DeliveryOrder(
            idempotencyKey: "pw-s",
            operation: .stockSet,
            fields: ["item": "BRG-6204", "quantity": 20]
        )
        #expect(try await world.perform(set).isDone && world.erp.stock["BRG-6204"] == 20)
        var again = set
        again.idempotencyKey = "pw-t"
        #expect(try await world.perform(again) == .done(externalID: nil, note: "SAP has 20 already."))
        let plain = try ConformanceWorld(.sapNotifications).connector()
        #expect(plain.traits(of: .stockSet) == nil)
    }

    @Test func aPartsCheckTellsWhatIsMissing() async throws {
        let world = ConformanceWorld(.sap)
        let check = DeliveryOrder(
            idempotencyKey: "pw-p",
            operation: .partsCheck,
            fields: ["item": "BRG-6204", "quantity": 26]
        )
        let note = "BRG-6204: 25 PCS unrestricted, 26 needed: too little."
        #expect(try await world.perform(check) == .done(externalID: nil, note: note))
    }

    @Test func aReservationNeedsAnOrderType() throws {
        let fields = [MappingFieldType(name: "title", type: .text), MappingFieldType(name: "item", type: .text)]
        let plain = try ConformanceWorld(.sapNotifications).connector()
        #expect(plain.issues(operation: .workOrderCreate, fields: fields).map(\.pointer) == ["/fields/item"])
        let full = try ConformanceWorld(.sap).connector()
        #expect(full.issues(operation: .workOrderCreate, fields: fields).isEmpty)
    }
}
