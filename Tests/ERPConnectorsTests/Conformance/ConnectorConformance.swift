import ERPConnectors
import ERPSimulators
import Primitives
import Testing

/// What every kind of connector keeps, whatever its ERP does.
@Suite(.timeLimit(.minutes(2))) struct ConnectorConformance {
    private static let operations = ERPOperation.allCases

    /// The operations that a subject's connector can do.
    private func operations(_ subject: ConformanceSubject) throws -> [ERPOperation] {
        let connector = try ConformanceWorld(subject).connector()
        return Self.operations.filter { connector.traits(of: $0) != nil }
    }

    @Test(arguments: ConformanceSubject.all)
    func everyOperationWorks(_ subject: ConformanceSubject) async throws {
        for operation in try operations(subject) {
            let world = ConformanceWorld(subject)
            let order = try await world.sample(operation)
            let report = try await world.connector().perform(order)
            #expect(report.outcome.isDone, "\(operation.rawValue): \(report.outcome)")
            #expect(!report.trace.records.isEmpty)
        }
    }

    @Test(arguments: ConformanceSubject.all)
    func whatIsPreviewedIsSent(_ subject: ConformanceSubject) async throws {
        for operation in try operations(subject) {
            let world = ConformanceWorld(subject)
            let order = try await world.sample(operation)
            let connector = try world.connector()
            let preview = try connector.preview(order)
            #expect(!preview.isEmpty)
            let sent = Set(await connector.perform(order).trace.records.map(\.request))
            for request in preview where !request.text.contains("‹") {
                let shown = String(request.text.prefix(CallRecord.maximumLength))
                #expect(sent.contains(shown), "\(operation.rawValue): previewed, not sent: \(shown)")
            }
            for secret in subject.secrets { #expect(!preview.contains { $0.text.contains(secret) }) }
        }
    }

    /// The heart of it: whichever change of an operation meets whichever fault, its effect is there once.
    @Test(arguments: ConformanceSubject.all)
    func everyFaultLeavesTheEffectOnce(_ subject: ConformanceSubject) async throws {
        let faults: [InjectedFault] = [
            .dropBeforeWork, .dropAfterWork, .statusAfterWork(500), .statusAfterWork(502), .statusAfterWork(504),
            .statusBeforeWork(503, retryAfter: 1), .statusBeforeWork(429, retryAfter: 1), .loseSession,
        ]
        for operation in try operations(subject) {
            let (effect, changes) = try await plainRun(subject, operation)
            for fault in faults {
                for place in 0..<max(changes, 1) {
                    let world = ConformanceWorld(subject)
                    let order = try await world.sample(operation)
                    let traits = try #require(try world.connector().traits(of: operation))
                    world.injector.inject(Array(repeating: .pass, count: place) + [fault])
                    let (end, calls) = try await world.drive(order)
                    let place = "\(operation.rawValue), \(fault) at change \(place + 1) of \(changes)"
                    if case .uncertain = end, !traits.canLookUp, !traits.isRepeatable { continue }
                    #expect(end.isDone, "\(place): \(end) after \(calls) calls")
                    #expect(Effect(world.erp) == effect, "\(place)")
                }
            }
        }
    }

    /// Runs an operation without faults.
    private func plainRun(
        _ subject: ConformanceSubject,
        _ operation: ERPOperation
    ) async throws -> (effect: Effect, changes: Int) {
        let world = ConformanceWorld(subject)
        let order = try await world.sample(operation)
        let before = world.injector.requests.count
        let outcome = try await world.perform(order)
        #expect(outcome.isDone, "\(operation.rawValue): \(outcome)")
        let changes = world.injector.requests.dropFirst(before).filter(subject.simulator.isChange).count
        return (Effect(world.erp), changes)
    }

    /// What the ERP holds afterwards, as far as it must not depend on faults.
    private struct Effect: Hashable {
        var orders: [String]
        var stock: [String: Double]
        var files: [SimulatedFile]

        init(_ erp: any SimulatedERP) {
            files = erp.files
            orders = erp.orders.map { "\($0.reference) \($0.title) \($0.equipment ?? "-") \($0.status)" }
            stock = erp.stock
        }
    }

    @Test(arguments: ConformanceSubject.all)
    func whatIsThereIsFoundByItsKeyAndNothingElseIs(_ subject: ConformanceSubject) async throws {
        for operation in try operations(subject) {
            let world = ConformanceWorld(subject)
            guard try world.connector().traits(of: operation)?.canLookUp == true else { continue }
            let order = try await world.sample(operation)
            #expect(try await world.lookUp(order) == .notFound, "\(operation.rawValue)")
            let outcome = try await world.perform(order)
            guard case .done(let id, _) = outcome, case .found(let found, _) = try await world.lookUp(order) else {
                Issue.record("\(operation.rawValue): not found after \(outcome)")
                continue
            }
            #expect(found == id, "\(operation.rawValue)")
            var other = order
            other.idempotencyKey = "pw-zzzzzzzzzzzzz"
            #expect(try await world.lookUp(other) == .notFound, "\(operation.rawValue)")
        }
    }

    @Test(arguments: ConformanceSubject.all)
    func aLookUpWithoutAnAnswerSaysNothing(_ subject: ConformanceSubject) async throws {
        let faults: [InjectedFault] = [
            .dropBeforeWork, .statusBeforeWork(500, retryAfter: nil), .statusBeforeWork(503, retryAfter: 5), .page,
        ]
        for operation in try operations(subject) {
            for fault in faults {
                let world = ConformanceWorld(subject)
                guard try world.connector().traits(of: operation)?.canLookUp == true else { continue }
                let order = try await world.sample(operation)
                world.injector.inject(Array(repeating: fault, count: 20), changesOnly: false)
                let outcome = try await world.lookUp(order)
                guard case .failed = outcome else {
                    Issue.record("\(operation.rawValue), \(fault): \(outcome)")
                    continue
                }
            }
        }
    }

    @Test(arguments: ConformanceSubject.all)
    func whatIsUniqueIsMadeOnceByFourAtOnce(_ subject: ConformanceSubject) async throws {
        for operation in try operations(subject) {
            let world = ConformanceWorld(subject)
            guard try world.connector().traits(of: operation)?.isUnique == true else { continue }
            let (effect, _) = try await plainRun(subject, operation)
            let order = try await world.sample(operation)
            let ends = try await withThrowingTaskGroup(of: CallOutcome.self) { group in
                for _ in 0..<4 { group.addTask { try await world.drive(order).end } }
                return try await group.reduce(into: [CallOutcome]()) { $0.append($1) }
            }
            #expect(!ends.contains { !$0.isDone }, "\(operation.rawValue): \(ends)")
            #expect(Effect(world.erp) == effect, "\(operation.rawValue)")
        }
    }

    @Test(arguments: ConformanceSubject.all)
    func repeatableMeansHarmless(_ subject: ConformanceSubject) async throws {
        for operation in try operations(subject) {
            let world = ConformanceWorld(subject)
            guard try world.connector().traits(of: operation)?.isRepeatable == true else { continue }
            let order = try await world.sample(operation)
            let first = try await world.perform(order)
            let effect = Effect(world.erp)
            let second = try await world.perform(order)
            #expect(first.isDone && second.isDone, "\(operation.rawValue): \(first), \(second)")
            #expect(Effect(world.erp) == effect, "\(operation.rawValue)")
        }
    }
}
