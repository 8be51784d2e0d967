import ERPConnectors
import ERPSimulators
import Primitives
import Testing

/// What people are told, and what the ERP knows.
@Suite(.timeLimit(.minutes(2))) struct ConnectorAnswersConformance {
    @Test(arguments: ConformanceSubject.all)
    func wrongCredentialsAreToldAndChangeNothing(_ subject: ConformanceSubject) async throws {
        let world = ConformanceWorld(subject)
        let connector = try world.connector(credentials: subject.wrongCredentials)
        let order = try await world.sample(.workOrderCreate)
        let outcome = await connector.perform(order).outcome
        guard case .refused(_, let detail) = outcome else {
            Issue.record("not refused: \(outcome)")
            return
        }
        #expect(!detail.isEmpty && world.erp.orders.isEmpty)
        let checks = await connector.preflight(key: "pw-never-used-yet")
        let failed = checks.filter { $0.result == .failed }
        #expect(failed.contains { $0.name == "credentials" }, "\(checks)")
    }

    @Test(arguments: ConformanceSubject.all)
    func aPreflightPassesAndChangesNothing(_ subject: ConformanceSubject) async throws {
        let world = ConformanceWorld(subject)
        let stock = world.erp.stock
        let checks = try await world.connector().preflight(key: "pw-never-used-yet")
        #expect(!checks.isEmpty && !checks.contains { $0.result == .failed }, "\(checks)")
        #expect(world.erp.orders.isEmpty && world.erp.stock == stock)
    }

    @Test(arguments: ConformanceSubject.all)
    func unknownEquipmentIsRefusedInWords(_ subject: ConformanceSubject) async throws {
        guard let field = subject.equipmentField else { return }
        let world = ConformanceWorld(subject)
        var order = try await world.sample(.workOrderCreate)
        order.fields[field] = "NO-SUCH-9"
        let end = try await world.drive(order).end
        guard case .refused(_, let detail) = end else {
            Issue.record("not refused: \(end)")
            return
        }
        #expect(detail.contains("NO-SUCH-9"), "\(detail)")
        #expect(world.erp.orders.isEmpty)
    }

    @Test(arguments: ConformanceSubject.all)
    func longTextsAreShortenedByTheManifest(_ subject: ConformanceSubject) async throws {
        let world = ConformanceWorld(subject)
        guard try world.connector().manifest.operation(.workOrderCreate) != nil else { return }
        var order = try await world.sample(.workOrderCreate)
        order.fields["title"] = .string(String(repeating: "Bearing of the circulation pump ", count: 200))
        let end = try await world.drive(order).end
        #expect(end.isDone, "\(end)")
        #expect(world.erp.orders.first?.title.hasPrefix("Bearing of") == true)
    }

    @Test(arguments: ConformanceSubject.all)
    func aMissingRequiredFieldIsTold(_ subject: ConformanceSubject) async throws {
        let world = ConformanceWorld(subject)
        let connector = try world.connector()
        guard let manifest = connector.manifest.operation(.workOrderCreate) else { return }
        let required = manifest.fields.filter(\.isRequired)
        #expect(!required.isEmpty)
        for field in required {
            var order = try await world.sample(.workOrderCreate)
            order.fields = JSONObject()
            for member in try #require(subject.samples[.workOrderCreate]).members where member.name != field.name {
                order.fields[member.name] = member.value
            }
            guard case .refused(let reason, _) = await connector.perform(order).outcome else {
                Issue.record("“\(field.name)” is not missed")
                continue
            }
            #expect(reason == "field-missing")
        }
        #expect(world.erp.orders.isEmpty)
    }

    @Test(arguments: ConformanceSubject.all)
    func noSecretIsNoted(_ subject: ConformanceSubject) async throws {
        let world = ConformanceWorld(subject)
        let order = try await world.sample(.workOrderCreate)
        var texts: [String] = []
        for fault in [InjectedFault.pass, .statusAfterWork(500), .dropAfterWork] {
            world.injector.inject([fault])
            let report = try await world.connector().perform(order)
            texts += report.trace.records.flatMap { [$0.request, $0.response ?? ""] } + ["\(report.outcome)"]
        }
        let wasSent = world.injector.requests.contains { request in
            let text = request.headers.map(\.value).joined() + String(decoding: request.body, as: UTF8.self)
            return subject.secrets.contains { text.contains($0) }
        }
        #expect(wasSent || !subject.secretsAreSentPlainly)
        for secret in subject.secrets {
            #expect(!texts.contains { $0.contains(secret) }, "\(texts.first { $0.contains(secret) } ?? "")")
        }
    }

    @Test(arguments: ConformanceSubject.all)
    func theStateOfAnOrderIsToldToItsEnd(_ subject: ConformanceSubject) async throws {
        let world = ConformanceWorld(subject)
        let connector = try world.connector()
        guard connector.manifest.capabilities.contains(.orderState) else { return }
        let id = try await world.createdOrder()
        guard case .state(let open) = await connector.state(ofOrder: id) else {
            Issue.record("no state")
            return
        }
        #expect(open.phase == .open && !open.text.isEmpty)
        #expect(world.erp.complete(id, outcome: "Bearing replaced"))
        guard case .state(let done) = await connector.state(ofOrder: id) else {
            Issue.record("no state after completion")
            return
        }
        #expect(done.phase == .done, "\(done)")
        #expect(await connector.state(ofOrder: subject.unknownOrder) == .gone)
        world.injector.inject(Array(repeating: .page, count: 20), changesOnly: false)
        guard case .failed = await connector.state(ofOrder: id) else {
            Issue.record("relied on a page of a gateway")
            return
        }
    }

    @Test(arguments: ConformanceSubject.all)
    func aCancelledOrderIsCancelled(_ subject: ConformanceSubject) async throws {
        let world = ConformanceWorld(subject)
        let connector = try world.connector()
        guard connector.traits(of: .workOrderCancel) != nil, connector.manifest.capabilities.contains(.orderState)
        else {
            return
        }
        let cancel = try await world.sample(.workOrderCancel)
        let end = try await world.drive(cancel).end
        #expect(end.isDone, "\(end)")
        let target = try #require(cancel.target)
        guard case .state(let state) = await connector.state(ofOrder: target) else {
            Issue.record("no state")
            return
        }
        #expect(state.phase == .cancelled, "\(state)")
    }

    @Test(arguments: ConformanceSubject.all)
    func aPictureIsAtItsOrderByteForByte(_ subject: ConformanceSubject) async throws {
        let world = ConformanceWorld(subject)
        let connector = try world.connector()
        guard connector.traits(of: .workOrderAttach) != nil else { return }
        let order = try await world.sample(.workOrderAttach)
        let report = await connector.perform(order)
        #expect(report.outcome == .done(externalID: order.target), "\(report.outcome)")
        let file = try #require(world.erp.files.first)
        #expect(world.erp.files.count == 1 && file.name == order.fileName && file.order == order.target)
        #expect(file.bytes == ConformanceWorld.picture.bytes)
        // The time line keeps words in place of the file.
        #expect(report.trace.records.contains { $0.request.contains("‹contents of \(order.fileName)›") })
        #expect(!report.trace.records.contains { $0.request.contains("iVBORwABAgME") })
    }

    @Test(arguments: ConformanceSubject.all)
    func aPictureOfAnOrderThatIsGoneIsRefused(_ subject: ConformanceSubject) async throws {
        let world = ConformanceWorld(subject)
        guard try world.connector().traits(of: .workOrderAttach) != nil else { return }
        var order = try await world.sample(.workOrderAttach)
        order.target = subject.unknownOrder
        let end = try await world.drive(order).end
        guard case .refused(_, let detail) = end else {
            Issue.record("not refused: \(end)")
            return
        }
        #expect(!detail.isEmpty && world.erp.files.isEmpty)
    }

    @Test(arguments: ConformanceSubject.all)
    func twoPicturesOfAnOrderAreTwo(_ subject: ConformanceSubject) async throws {
        let world = ConformanceWorld(subject)
        guard try world.connector().traits(of: .workOrderAttach) != nil else { return }
        let first = try await world.sample(.workOrderAttach)
        var second = first
        second.idempotencyKey = "pw-zzzzzzzzzzzzz"
        for order in [first, second] { #expect(try await world.drive(order).end.isDone) }
        #expect(world.erp.files.map(\.name) == [first.fileName, second.fileName])
        #expect(world.erp.files.allSatisfy { $0.order == first.target })
    }

    @Test(arguments: ConformanceSubject.all)
    func withoutAPictureNothingIsSent(_ subject: ConformanceSubject) async throws {
        let world = ConformanceWorld(subject)
        guard try world.connector().traits(of: .workOrderAttach) != nil else { return }
        var order = try await world.sample(.workOrderAttach)
        order.attachment = nil
        guard case .refused("no-picture", _) = try await world.perform(order) else {
            Issue.record("not refused")
            return
        }
        #expect(world.erp.files.isEmpty)
    }

    @Test(arguments: ConformanceSubject.all)
    func masterDataIsRead(_ subject: ConformanceSubject) async throws {
        let world = ConformanceWorld(subject)
        let connector = try world.connector()
        let capabilities = connector.manifest.capabilities
        if capabilities.contains(.equipment) {
            let equipment = try await all { cursor in try await connector.equipment(after: cursor) }
            let pump = try #require(equipment.first { $0.serial == "SN-70007" || $0.tag == "PUMP-7" })
            #expect(pump.name.contains("pump 7") && !pump.isRetired && !pump.reference.isEmpty)
            #expect(equipment.count == 2)
        }
        if capabilities.contains(.items) {
            let items = try await all { cursor in try await connector.items(after: cursor) }
            #expect(items.contains { $0.reference == "BRG-6204" && $0.name == "Bearing 6204" }, "\(items)")
        }
        if capabilities.contains(.stock) {
            #expect(try await connector.stock(of: "BRG-6204", at: nil).onHand == 25)
        }
    }

    private func all<Item>(_ read: (String?) async throws -> ERPPage<Item>) async throws -> [Item] {
        var items: [Item] = []
        var cursor: String?
        repeat {
            let page = try await read(cursor)
            items += page.items
            cursor = page.next
        } while cursor != nil && items.count < 10_000
        return items
    }

    @Test(arguments: ConformanceSubject.all)
    func changedOrdersAreListedWithOurKey(_ subject: ConformanceSubject) async throws {
        let world = ConformanceWorld(subject)
        let connector = try world.connector()
        guard connector.manifest.capabilities.contains(.changes) else { return }
        let id = try await world.createdOrder(key: "pw-bbbbbbbbbbbbb")
        _ = world.erp.complete(id, outcome: "Bearing replaced")
        let since = Timestamp(microseconds: 946_684_800_000_000)
        let changes = try await all { cursor in try await connector.changes(since: since, after: cursor) }
        let change = try #require(changes.first { $0.externalID == id }, "\(changes)")
        #expect(change.idempotencyKey == "pw-bbbbbbbbbbbbb" && change.state.phase == .done, "\(change)")
        let later = Timestamp(microseconds: 4_102_444_800_000_000)
        #expect(try await connector.changes(since: later, after: nil).items.isEmpty)
    }
}
