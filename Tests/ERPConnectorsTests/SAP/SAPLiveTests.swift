import ERPConnectors
import Foundation
import HTTPClient
import Primitives
import Testing

/// Where the server is.
private enum LiveSAP {
    static let address = ProcessInfo.processInfo.environment["PLANTWRIGHT_TEST_SAP_URL"]
}

/// The connector against mock-sap, as `Tests/RealERP/sap_server.py` starts it: SAP's wire rules by another hand.
///
/// Every test makes notifications of its own.
@Suite(.enabled(if: LiveSAP.address != nil), .serialized, .timeLimit(.minutes(1))) struct SAPLiveTests {
    private static let basic: JSONValue = ["username": "COMM_USER", "password": "tell-nobody-9"]
    private static let full: JSONValue = [
        "client": "100", "plant": "1010", "planningPlant": "1010", "workCenter": "MECH", "storageLocation": "101A",
        "orderType": "PM01", "releaseOrder": true, "costCenter": "MAINT",
        "movementTypes": ["increase": "561", "decrease": "562"],
    ]
    private static let plain: JSONValue = ["client": "100", "plant": "1010", "storageLocation": "101A"]

    private let client: HTTPClient

    init() throws {
        client = HTTPClient(.init(policy: try OutboundPolicy(allow: ["127.0.0.1"])))
    }

    private func connector(
        _ options: JSONValue = full,
        _ credentials: JSONValue = basic,
        timeouts: CallTimeouts = CallTimeouts()
    ) throws -> any ERPConnector {
        let caller = ERPCaller(
            credentials: try ConnectorCredentials(credentials),
            timeouts: timeouts,
            send: { [client] (request) throws(OutboundError) in try await client.send(request) }
        )
        let definition = try #require(ConnectorDefinition.of(.sapS4HANA))
        return try definition.make(
            ConnectorSetup(url: try #require(LiveSAP.address), options: options, caller: caller)
        )
    }

    private var oauth: JSONValue {
        get throws {
            [
                "tokenUrl": .string(try #require(LiveSAP.address) + "/sap/bc/sec/oauth2/token"),
                "clientId": "plantwright", "clientSecret": "secret-of-the-client",
            ]
        }
    }

    /// mock-sap's own control: `POST /_mock/faults` and so on.
    private func control(_ method: String, _ path: String, _ body: JSONValue = [:]) async throws -> JSONValue {
        let response = try await client.send(
            OutboundRequest(
                method: method,
                url: try #require(LiveSAP.address) + "/_mock/" + path,
                headers: [OutboundHeader("Content-Type", "application/json")],
                body: body.bytes
            )
        )
        #expect((200..<300).contains(response.status))
        return try JSONValue(parsing: response.body)
    }

    /// The next request of that method meets a scenario.
    private func fault(_ scenario: String, _ method: String, match: String = "", count: Int64 = 1) async throws {
        _ = try await control("DELETE", "faults")
        _ = try await control(
            "POST",
            "faults",
            [
                "scenario": .string(scenario), "method": .string(method), "match": .string(match),
                "count": .integer(count),
            ]
        )
    }

    private func order(_ operation: ERPOperation, _ fields: JSONObject, target: String? = nil) -> DeliveryOrder {
        let letters = "abcdefghijklmnopqrstuvwxyz234567"
        let key = "pw-" + String((0..<13).map { _ in letters.randomElement() ?? "a" })
        return DeliveryOrder(
            idempotencyKey: key,
            operation: operation,
            fields: fields,
            target: target,
            causedAt: Timestamp(milliseconds: 1_790_000_000_000)
        )
    }

    private var create: DeliveryOrder {
        order(.workOrderCreate, ["title": "Check the bearing", "equipment": "PUMP-7", "priority": "high"])
    }

    private func made(_ connector: any ERPConnector, _ order: DeliveryOrder) async throws -> String {
        let report = await connector.perform(order)
        guard case .done(let id?, _) = report.outcome else {
            throw Unexpected(what: "\(report.outcome) \(report.trace.records.map(\.response))")
        }
        return id
    }

    private struct Unexpected: Error { var what: String }

    /// How many notifications carry the key.
    private func count(_ order: DeliveryOrder) async throws -> Int {
        let changes = try await connector(Self.plain).changes(since: Timestamp(microseconds: 0), after: nil)
        return changes.items.filter { $0.idempotencyKey == order.idempotencyKey }.count
    }

    @Test func aPreflightPassesAndWrongCredentialsAreTold() async throws {
        let checks = try await connector().preflight(key: "pw-never-used-yet")
        #expect(!checks.contains { $0.result == .failed || $0.result == .warning }, "\(checks)")
        let wrong = try connector(Self.full, ["username": "COMM_USER", "password": "wrong"])
        let failed = await wrong.preflight(key: "pw-x").filter { $0.result == .failed }
        #expect(failed.map(\.name) == ["credentials"])
        let outcome = await wrong.perform(create).outcome
        let detail = "SAP does not accept the user or its password (401)."
        #expect(outcome == .refused(reason: "http-401", detail: detail))
    }

    @Test func anOrderIsMadeFoundFollowedAndListed() async throws {
        let connector = try connector()
        var create = create
        create.fields["description"] = "Bearing at 81.2 °C, “hot” — see O'Neill."
        create.fields["item"] = "BRG-6204"
        create.fields["quantity"] = 2
        create.fields["link"] = "https://plant.example/alarms/1"
        #expect(await connector.lookUp(create).outcome == .notFound)
        let id = try await made(connector, create)
        guard case .found(let found, _) = await connector.lookUp(create).outcome else {
            Issue.record("not found")
            return
        }
        #expect(found == id)
        guard case .state(let open) = await connector.state(ofOrder: id) else {
            Issue.record("no state")
            return
        }
        #expect(open.phase == .open && open.text.hasPrefix("REL") && open.number != nil)
        let changes = try await connector.changes(since: Timestamp(microseconds: 0), after: nil)
        let change = try #require(changes.items.first { $0.externalID == id })
        #expect(change.idempotencyKey == create.idempotencyKey && change.equipment == "PUMP-7")
        #expect(await connector.state(ofOrder: "999999999999") == .gone)
    }

    @Test func anOrderIsChangedCommentedAndCancelled() async throws {
        for options in [Self.full, Self.plain] {
            let connector = try connector(options)
            let id = try await made(connector, create)
            let update = order(.workOrderUpdate, ["title": "Now", "priority": "critical"], target: id)
            #expect(try await made(connector, update) == id)
            let comment = order(.workOrderComment, ["text": "Still hot."], target: id)
            #expect(await connector.lookUp(comment).outcome == .notFound)
            for _ in 0..<2 { #expect(try await made(connector, comment) == id) }
            #expect(await connector.lookUp(comment).outcome == .found(externalID: id))
            let cancel = order(.workOrderCancel, ["reason": "cooled down"], target: id)
            for _ in 0..<2 { #expect(try await made(connector, cancel) == id) }
            guard case .state(let state) = await connector.state(ofOrder: id) else {
                Issue.record("no state")
                return
            }
            #expect(state.phase == .cancelled, "\(state)")
        }
    }

    @Test func aPictureIsAttachedOnce() async throws {
        for options in [Self.full, ["client": "100", "attachmentObject": "PMQMEL"]] {
            let connector = try connector(options)
            var attach = order(.workOrderAttach, [:], target: try await made(connector, create))
            attach.attachment = ConformanceWorld.picture
            #expect(await connector.lookUp(attach).outcome == .notFound)
            try await fault("error", "POST", match: "API_CV_ATTACHMENT_SRV")
            guard case .uncertain = await connector.perform(attach).outcome else {
                Issue.record("not uncertain")
                return
            }
            #expect(await connector.lookUp(attach).outcome == .notFound)
            for _ in 0..<2 { #expect(await connector.perform(attach).outcome == .done(externalID: attach.target)) }
            #expect(await connector.lookUp(attach).outcome == .found(externalID: attach.target))
            var other = attach
            other.idempotencyKey = "pw-zzzzzzzzzzzzz"
            #expect(await connector.lookUp(other).outcome == .notFound)
            other.target = "999999999999"
            guard case .refused = await connector.perform(other).outcome else {
                Issue.record("not refused")
                return
            }
        }
    }

    @Test func stockIsBookedOnceAndReadBack() async throws {
        let connector = try connector()
        let before = try await connector.stock(of: "PELLET-PP", at: nil).onHand
        let receive = order(.stockReceive, ["item": "PELLET-PP", "quantity": 12.25])
        let consume = order(.stockConsume, ["item": "PELLET-PP", "quantity": 2, "location": "1010/101A"])
        let id = try await made(connector, receive)
        #expect(await connector.lookUp(receive).outcome == .found(externalID: id))
        #expect(await connector.lookUp(consume).outcome == .notFound)
        _ = try await made(connector, consume)
        #expect(try await connector.stock(of: "PELLET-PP", at: nil).onHand == before + 10.25)
        _ = try await made(connector, order(.stockSet, ["item": "PELLET-PP", "quantity": 3_500.5]))
        #expect(try await connector.stock(of: "PELLET-PP", at: "101A").available == 3_500.5)
        let tooMuch = order(.stockConsume, ["item": "PELLET-PP", "quantity": 9_000_000])
        guard case .refused(_, let detail) = await connector.perform(tooMuch).outcome else {
            Issue.record("not refused")
            return
        }
        #expect(detail.contains("Deficit") && detail.contains("M7/021"))
    }

    @Test func masterDataIsRead() async throws {
        let connector = try connector()
        let equipment = try await connector.equipment(after: nil)
        let pump = try #require(equipment.items.first { $0.reference == "PUMP-7" })
        #expect(pump.name == "Circulation pump 7" && pump.serial == "SN-70007" && !pump.isRetired)
        #expect(try await connector.equipment(after: "PUMP-7").items.isEmpty)
        var items: [ItemRecord] = []
        var cursor: String?
        repeat {
            let page = try await connector.items(after: cursor)
            items += page.items
            cursor = page.next
        } while cursor != nil
        #expect(items.contains(ItemRecord(reference: "BRG-6204", name: "Bearing 6204", unit: "PC")))
        #expect(try await connector.stock(of: "BRG-6204", at: nil).onHand == 25)
        let unknown = await #expect(throws: CallFailure.self) { try await connector.stock(of: "NO-SUCH-9", at: nil) }
        #expect(unknown?.reason == "unknown-item")
    }

    @Test func refusalsAreTold() async throws {
        var unknown = create
        unknown.fields["equipment"] = "NO-SUCH-9"
        let outcome = try await connector().perform(unknown).outcome
        let detail = "SAP answered 400: Equipment NO-SUCH-9 does not exist (IE/002)"
        #expect(outcome == .refused(reason: "http-400", detail: detail))
        var long = create
        long.fields["title"] = .string(String(repeating: "Bearing of the pump ", count: 100))
        long.fields["description"] = long.fields["title"]
        _ = try await made(connector(Self.plain), long)
        guard case .refused(_, let client) = try await connector(["client": "200"]).perform(create).outcome else {
            Issue.record("took another client")
            return
        }
        #expect(client.contains("200"))
    }

    @Test func aTokenThatIsNoLongerTakenIsFetchedAgain() async throws {
        let connector = try connector(Self.plain)
        _ = try await made(connector, create)
        let order = create
        try await fault("csrf", "POST", match: "API_MAINTNOTIFICATION")
        let report = await connector.perform(order)
        #expect(report.trace.records.compactMap(\.status) == [403, 200, 201], "\(report)")
        #expect(try await count(order) == 1)
        try await fault("csrf", "POST", match: "API_MAINTNOTIFICATION", count: 2)
        let refused = create
        guard case .transient("csrf", _, _) = await connector.perform(refused).outcome else {
            Issue.record("not for ever")
            return
        }
        #expect(try await count(refused) == 0)
    }

    @Test func locksAndOverloadAreLaterAndErrorsAreLookedUp() async throws {
        let connector = try connector(Self.plain)
        let order = create
        try await fault("lock", "POST", match: "API_MAINTNOTIFICATION")
        guard case .transient(_, let lock, _) = await connector.perform(order).outcome else {
            Issue.record("not transient")
            return
        }
        #expect(lock == "SAP answered 423: Document is locked by user MOCKUSER")
        try await fault("busy", "POST", match: "API_MAINTNOTIFICATION")
        guard case .transient(_, let busy, 30) = await connector.perform(order).outcome else {
            Issue.record("not transient")
            return
        }
        #expect(busy == "SAP answered 503: No dialog work process available")
        try await fault("error", "POST", match: "API_MAINTNOTIFICATION")
        guard case .uncertain = await connector.perform(order).outcome else {
            Issue.record("not uncertain")
            return
        }
        #expect(await connector.lookUp(order).outcome == .notFound)
        try await fault("forbidden", "POST", match: "API_MAINTNOTIFICATION")
        guard case .refused(_, let forbidden) = await connector.perform(order).outcome else {
            Issue.record("not refused")
            return
        }
        #expect(forbidden.hasPrefix("SAP does not allow this to the user (403): No authorization"))
    }

    @Test func anOrderThatComesLateIsFound() async throws {
        let patient = try connector(Self.plain)
        _ = try await made(patient, create)
        let hasty = try connector(Self.plain, timeouts: CallTimeouts(change: .milliseconds(300)))
        let order = create
        try await fault("slow", "POST", match: "API_MAINTNOTIFICATION")
        guard case .uncertain(let reason, _) = await hasty.perform(order).outcome else {
            Issue.record("not uncertain")
            return
        }
        #expect(reason == "timeout")
        // SAP is still at it.
        while case .notFound = await patient.lookUp(order).outcome { await Task.yield() }
        #expect(try await count(order) == 1)
    }

    @Test func aStaleETagIsReadAgain() async throws {
        let connector = try connector(Self.plain)
        let id = try await made(connector, create)
        let update = order(.workOrderUpdate, ["title": "Now"], target: id)
        try await fault("precondition", "PATCH")
        let report = await connector.perform(update)
        #expect(report.outcome == .done(externalID: id))
        #expect(report.trace.records.compactMap(\.status) == [200, 412, 200, 204])
    }

    @Test func anExpiredAccessTokenIsFetchedAgain() async throws {
        let connector = try connector(Self.plain, oauth)
        _ = try await made(connector, create)
        let order = create
        try await fault("expired-token", "POST", match: "API_MAINTNOTIFICATION")
        _ = try await made(connector, order)
        _ = try await control("DELETE", "faults")
        _ = try await control("DELETE", "tokens")
        #expect(try await count(order) == 1)
        _ = try await made(connector, create)
        var wrong = try #require(try oauth.object)
        wrong["clientSecret"] = "wrong"
        let checks = try await self.connector(Self.plain, .object(wrong)).preflight(key: "pw-x")
        #expect(checks.first?.name == "credentials" && checks.first?.result == .failed, "\(checks)")
        #expect(checks.first?.detail.contains("token server") == true, "\(checks)")
    }
}
