import Assets
import ERPConnectors
import Foundation
import PostgreSQL
import Primitives
import Testing

@testable import ERP

@Suite(.timeLimit(.minutes(1))) struct MappingGuardTests {
    /// A world with one mapping on rule `hot`, changed as the test likes.
    private func world(
        changing change: (inout MappingDefinition) -> Void = { _ in },
        _ body: (ERPWorld) async throws -> Void
    ) async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            try await store("m", world, change)
            try await body(world)
        }
    }

    private func store(_ key: String, _ world: ERPWorld, _ change: (inout MappingDefinition) -> Void) async throws {
        let rule = try #require(try await world.pool.first(GuardTestQueries.rule("hot")))
        let connector = try #require(world.registry.connector(key: try world.key("erp"))?.connector.id)
        var definition = MappingDefinition(
            name: "",
            trigger: .rule(RuleTrigger(ruleID: rule)),
            connectorID: connector,
            operation: .workOrderCreate,
            fields: ["title": "Hot: ${device.name}", "description": "At ${alarm.raisedAt}"],
            maxAge: MappingDefinition.defaultMaxAge,
            isEnabled: true
        )
        change(&definition)
        try await world.store(key, definition)
    }

    private func time(_ seconds: Double) -> Timestamp { ERPWorld.start.adding(seconds: seconds) }

    /// Has the ERP make the order of a delivery; `done` ends it.
    private func deliver(_ delivery: StoredDelivery, _ world: ERPWorld, done: Bool = false) async throws {
        try await world.pool.execute(GuardTestQueries.deliver(delivery.id, at: world.clock.clock.now))
        try await world.pool.execute(
            GuardTestQueries.order(UUID(), delivery: delivery.id, done: done, at: world.clock.clock.now)
        )
    }

    private func states(_ world: ERPWorld) async throws -> [String] {
        try await world.deliveries().map { "\($0.operation) \($0.state) \($0.reason ?? "-")" }
    }

    private func end(_ alarm: AlarmTrigger, at time: Timestamp, temperature: Double = 60) -> AlarmReturn {
        AlarmReturn(
            alarmID: alarm.alarmID,
            ruleID: alarm.ruleID,
            clearedAt: time,
            receivedAt: time.adding(seconds: 1),
            values: MetricValues(slots: [temperature, 0])
        )
    }

    @Test func approvalHolds() async throws {
        let change: (inout MappingDefinition) -> Void = { $0.options.needsApproval = true }
        try await world(changing: change) { world in
            let count = try await world.deliver(world.raise())
            #expect(count == 1)
            #expect(try await states(world) == ["work-order.create held -"])
        }
    }

    @Test func conditionsAndLookups() async throws {
        let cause = MappingLookup(
            name: "cause",
            expression: "mode",
            table: [("fault", "F-7"), ("true", "RUN")],
            fallback: "other"
        )
        let change: (inout MappingDefinition) -> Void = { definition in
            definition.options.condition = "temperature > 80 and lookups.cause == 'F-7'"
            definition.options.lookups = [cause]
            definition.fields = ["title": "${lookups.cause}"]
        }
        try await world(changing: change) { world in
            let cold = try await world.deliver(world.raise(values: [79, 2]))
            #expect(cold == 0)
            #expect(try await world.deliver(world.raise(values: [.nan, 2])) == 0, "null is not true")
            #expect(try await world.deliver(world.raise(values: [90, 1])) == 0)
            #expect(try await world.deliver(world.raise(values: [90, 2])) == 1)
            #expect(try await world.deliveries().first?.fields == ["title": "F-7"])
        }
    }

    @Test func limitsAreCountedByAssetAndRecorded() async throws {
        let change: (inout MappingDefinition) -> Void = { definition in
            definition.options.limit = MappingLimit(perAsset: 2, per: ISODuration(milliseconds: 3_600_000))
        }
        try await world(changing: change) { world in
            let alarms = [try await world.raise(at: time(0)), try await world.raise(at: time(10))]
            #expect(try await world.deliver(alarms).count == 2)
            let third = try await world.deliver([try await world.raise(at: time(20))])
            #expect(third.count == 1 && third.suppressed == [.init(connector: "erp", reason: "limit")])
            #expect(try await world.deliver(world.raise(at: time(3_601))) == 1, "the first is an hour ago")
            #expect(
                try await states(world) == [
                    "work-order.create waiting -", "work-order.create waiting -", "work-order.create superseded limit",
                    "work-order.create waiting -",
                ]
            )
        }
    }

    @Test func attachesToTheOpenOrderOfTheAsset() async throws {
        let change: (inout MappingDefinition) -> Void = { $0.options.attaches = true }
        try await world(changing: change) { world in
            #expect(try await world.deliver(world.raise(at: time(0))) == 1)
            #expect(try await world.deliver(world.raise(at: time(10))) == 1)
            var deliveries = try await world.deliveries()
            let first = try #require(deliveries.first)
            #expect(deliveries.map(\.operation) == ["work-order.create", "work-order.comment"])
            #expect(deliveries[1].attachedTo == first.id && deliveries[1].targetID == first.id)
            let text = "Hot: Motor-1\nAt \(time(10).rfc3339)"
            #expect(deliveries[1].fields == ["text": .string(text)])
            try await deliver(first, world)
            #expect(try await world.deliver(world.raise(at: time(20))) == 1)
            deliveries = try await world.deliveries()
            #expect(deliveries[2].attachedTo == first.id, "also when the ERP has it")
            try await world.pool.execute(GuardTestQueries.finish(first.id))
            #expect(try await world.deliver(world.raise(at: time(30))) == 1)
            #expect(try await world.deliveries().last?.operation == "work-order.create", "a closed order is none")
        }
    }

    @Test func attachesToAnOrderMadeByHand() async throws {
        let change: (inout MappingDefinition) -> Void = { $0.options.attaches = true }
        try await world(changing: change) { world in
            let device = try world.device("motor-1")
            let connector = try #require(world.registry.connector(key: try world.key("erp"))?.connector.id)
            try await world.pool.execute(
                GuardTestQueries.foreignOrder(UUID(), connector: connector, "WO-9", asset: device.assetID, at: time(-9))
            )
            #expect(try await world.deliver(world.raise()) == 1)
            let delivery = try #require(try await world.deliveries().first)
            #expect(delivery.operation == "work-order.comment" && delivery.target == "WO-9")
            #expect(delivery.targetID == nil && delivery.attachedTo == nil)
        }
    }

    @Test func twoServersAttachOnlyOne() async throws {
        let change: (inout MappingDefinition) -> Void = { $0.options.attaches = true }
        try await world(changing: change) { world in
            let alarms = [try await world.raise(at: time(0)), try await world.raise(at: time(1))]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for alarm in alarms { group.addTask { _ = try await world.deliver(alarm) } }
                try await group.waitForAll()
            }
            let operations = try await world.deliveries().map(\.operation).sorted()
            #expect(operations == ["work-order.comment", "work-order.create"])
        }
    }

    @Test func returnsCancelTheAlarmsOwnOrder() async throws {
        try await world { world in
            try await store("cancel", world) { definition in
                definition.trigger = .rule(RuleTrigger(ruleID: definition.rule?.ruleID ?? 0, event: .returned))
                definition.operation = .workOrderCancel
                definition.fields = ["reason": "Back to ${temperature} at ${alarm.clearedAt} since ${alarm.raisedAt}"]
            }
            let alarm = try await world.raise(at: time(0))
            #expect(try await world.deliver(alarm) == 1, "only the mapping on raised alarms")
            #expect(try await world.deliver([], returned: [end(alarm, at: time(60))]).count == 1)
            let deliveries = try await world.deliveries()
            #expect(deliveries[1].operation == "work-order.cancel" && deliveries[1].targetID == deliveries[0].id)
            #expect(deliveries[1].alarmID == alarm.alarmID && deliveries[1].readingTimestamp == time(60))
            let reason = "Back to 60 at \(time(60).rfc3339) since \(time(0).rfc3339)"
            #expect(deliveries[1].fields == ["reason": .string(reason)])
            #expect(try await world.deliver([], returned: [end(alarm, at: time(60))]).count == 0, "redelivered")
            // The order is done before the alarm returns: there is nothing to cancel.
            let second = try await world.raise(at: time(100))
            #expect(try await world.deliver(second) == 1)
            let order = try #require(try await world.deliveries().last)
            try await deliver(order, world, done: true)
            #expect(try await world.deliver([], returned: [end(second, at: time(160))]).suppressed.count == 1)
            #expect(try await states(world).last == "work-order.cancel superseded no-order")
        }
    }

    @Test func anOrderThatAnotherAlarmWaitsForIsNotCancelled() async throws {
        let change: (inout MappingDefinition) -> Void = { $0.options.attaches = true }
        try await world(changing: change) { world in
            try await store("cancel", world) { definition in
                definition.trigger = .rule(RuleTrigger(ruleID: definition.rule?.ruleID ?? 0, event: .returned))
                definition.operation = .workOrderCancel
                definition.fields = [:]
            }
            let first = try await world.raise(at: time(0))
            let second = try await world.raise("site", at: time(5))
            #expect(try await world.deliver(first) == 1)
            let order = try #require(try await world.deliveries().first)
            try await world.pool.execute(GuardTestQueries.attach(UUID(), to: order.id, alarm: second.alarmID))
            try await world.pool.execute(GuardTestQueries.reopen(second.alarmID))
            #expect(try await world.deliver([], returned: [end(first, at: time(60))]).suppressed.count == 1)
        }
    }

    @Test func workThatHasBegunIsNotCancelled() async throws {
        try await world { world in
            try await store("cancel", world) { definition in
                definition.trigger = .rule(RuleTrigger(ruleID: definition.rule?.ruleID ?? 0, event: .returned))
                definition.operation = .workOrderCancel
                definition.fields = [:]
            }
            let alarm = try await world.raise(at: time(0))
            #expect(try await world.deliver(alarm) == 1)
            let order = try #require(try await world.deliveries().first)
            try await deliver(order, world)
            try await world.pool.execute(GuardTestQueries.begin(order.id))
            #expect(try await world.deliver([], returned: [end(alarm, at: time(60))]).suppressed.count == 1)
        }
    }

    @Test func raisedAndReturnedInOneBatch() async throws {
        try await world { world in
            try await store("note", world) { definition in
                definition.trigger = .rule(RuleTrigger(ruleID: definition.rule?.ruleID ?? 0, event: .returned))
                definition.operation = .workOrderComment
                definition.fields = ["text": "Normal again"]
            }
            let alarm = try await world.raise(at: time(0))
            let again = try await world.raise(at: time(20))
            #expect(try await world.deliver([alarm, again], returned: [end(alarm, at: time(10))]).count == 3)
            let deliveries = try await world.deliveries()
            #expect(
                deliveries.map(\.operation) == ["work-order.create", "work-order.comment", "work-order.create"]
            )
            #expect(deliveries[1].targetID == deliveries[0].id)
        }
    }

    @Test func recurrencesAreToldFromFirstTimes() async throws {
        try await world { world in
            try await store("again", world) { definition in
                definition.trigger = .rule(RuleTrigger(ruleID: definition.rule?.ruleID ?? 0, event: .recurred))
                definition.operation = .workOrderComment
                definition.fields = ["text": "Again"]
            }
            #expect(try await world.deliver(world.raise(at: time(0))) == 1)
            #expect(try await world.deliver(world.raise("hot", device: "motor-1", at: time(60))) == 2)
            let deliveries = try await world.deliveries()
            let comment = try #require(deliveries.first { $0.operation == "work-order.comment" })
            #expect(comment.targetID == deliveries[0].id && comment.fields == ["text": "Again"])
        }
    }

    @Test func withinCountsFromTheEndOfTheAlarmBefore() async throws {
        let hour = ISODuration(milliseconds: 3_600_000)
        let change: (inout MappingDefinition) -> Void = { definition in
            definition.trigger = .rule(
                RuleTrigger(ruleID: definition.rule?.ruleID ?? 0, event: .recurred, within: hour)
            )
        }
        try await world(changing: change) { world in
            // Alarms of this world end when they are raised.
            #expect(try await world.deliver(world.raise(at: time(0))) == 0)
            #expect(try await world.deliver(world.raise(at: time(3_600))) == 1)
            #expect(try await world.deliver(world.raise(at: time(7_201))) == 1, "an order of the rule is on its way")
            for delivery in try await world.deliveries() { try await deliver(delivery, world, done: true) }
            #expect(try await world.deliver(world.raise(at: time(10_802))) == 0)
        }
    }
}

/// Statements of these tests alone.
private enum GuardTestQueries {
    static func rule(_ key: String) -> Statement<Int32> {
        Statement("test.guard.rule", "SELECT id FROM rule WHERE key = \(key)") { row throws(PostgresError) in
            try row.int32(0)
        }
    }

    static func deliver(_ id: UUID, at time: Timestamp) -> Statement<Void> {
        Statement(
            "test.guard.deliver",
            "UPDATE delivery SET state = 'delivered', finished_at = \(time), external_id = 'WO' WHERE id = \(id)"
        )
    }

    static func order(_ id: UUID, delivery: UUID, done: Bool, at time: Timestamp) -> Statement<Void> {
        Statement(
            "test.guard.order",
            """
            INSERT INTO work_order (id, delivery_id, connector_id, alarm_id, device_id, asset_id, external_id, created_at,
                done_at, phase)
            SELECT \(id), d.id, d.connector_id, d.alarm_id, d.device_id, d.asset_id, d.id::text, \(time),
                CASE WHEN \(done) THEN \(time)::timestamptz END, CASE WHEN \(done) THEN 'done' ELSE 'open' END
            FROM delivery d WHERE d.id = \(delivery)
            """
        )
    }

    static func finish(_ delivery: UUID) -> Statement<Void> {
        Statement(
            "test.guard.finish",
            "UPDATE work_order SET done_at = now(), phase = 'done' WHERE delivery_id = \(delivery)"
        )
    }

    static func begin(_ delivery: UUID) -> Statement<Void> {
        Statement("test.guard.begin", "UPDATE work_order SET phase = 'in-progress' WHERE delivery_id = \(delivery)")
    }

    static func reopen(_ alarm: UUID) -> Statement<Void> {
        Statement("test.guard.reopen", "UPDATE alarm SET cleared_at = NULL, clear_reason = NULL WHERE id = \(alarm)")
    }

    static func attach(_ id: UUID, to delivery: UUID, alarm: UUID) -> Statement<Void> {
        Statement(
            "test.guard.attach",
            """
            INSERT INTO delivery (id, idempotency_key, mapping_id, mapping_revision, connector_id, operation, alarm_id,
                device_id, asset_id, reading_ts, reading_received_at, fields, state, created_at, next_attempt_at, target_id,
                attached_to)
            SELECT \(id), 'other', d.mapping_id, 1, d.connector_id, 'work-order.comment', \(alarm), d.device_id,
                d.asset_id, d.reading_ts, d.reading_received_at, '{}', 'waiting', d.created_at, d.next_attempt_at, d.id, d.id
            FROM delivery d WHERE d.id = \(delivery)
            """
        )
    }

    static func foreignOrder(
        _ id: UUID,
        connector: Int32,
        _ external: String,
        asset: Int32?,
        at time: Timestamp
    ) -> Statement<Void> {
        Statement(
            "test.guard.foreign-order",
            """
            INSERT INTO work_order (id, connector_id, asset_id, external_id, created_at, made_by)
            VALUES (\(id), \(connector), \(asset), \(external), \(time), 'erp')
            """
        )
    }
}
