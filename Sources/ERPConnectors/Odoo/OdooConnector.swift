import Primitives

/// Maintenance requests and stock in Odoo.
///
/// What a delivery makes carries its key as external id (`plantwright.pw-…` in `ir.model.data`), which Odoo's database
/// keeps unique; notes carry it as message id.
struct OdooConnector: ERPConnector {
    let options: OdooOptions
    let client: OdooClient
    private let base: String

    init(_ setup: ConnectorSetup) throws(InvalidInput) {
        options = try OdooOptions(setup.options, credentials: setup.caller.credentials)
        client = OdooClient(setup, options)
        base = setup.base
    }

    var manifest: ConnectorManifest { .odoo }

    var settle: Double { options.settle }

    func link(externalID: String) -> String? {
        Int64(externalID).map { "\(base)/web#id=\($0)&model=maintenance.request&view_type=form" }
    }

    func perform(_ order: DeliveryOrder) async -> CallReport<CallOutcome> {
        var trace = CallTrace()
        let outcome: CallOutcome
        do throws(OdooTrouble) {
            let fields = try Self.fields(order)
            switch order.operation {
            case .workOrderCreate: outcome = try await create(order, fields, &trace)
            case .workOrderUpdate: outcome = try await update(order, fields, &trace)
            case .workOrderCancel: outcome = try await cancel(order, fields, &trace)
            case .workOrderComment: outcome = try await comment(order, fields, &trace)
            case .workOrderAttach: outcome = try await attach(order, &trace)
            case .stockSet: outcome = try await setStock(fields, &trace)
            case .stockConsume, .stockReceive: outcome = try await move(order, fields, &trace)
            case .partsCheck: outcome = try await checkParts(fields, &trace)
            case .meterRecord: outcome = CallFailure.unsupported("meters").refused
            }
        } catch {
            // Thrown only before the first change.
            outcome = error.outcome
        }
        return CallReport(outcome, trace)
    }

    func lookUp(_ order: DeliveryOrder) async -> CallReport<LookUpOutcome> {
        var trace = CallTrace()
        let outcome: LookUpOutcome
        do throws(OdooTrouble) {
            let fields = try Self.fields(order)
            switch order.operation {
            case .workOrderCreate: outcome = try await findRequest(order, fields, &trace)
            case .workOrderComment: outcome = try await findComment(order, &trace)
            case .workOrderAttach: outcome = try await findAttachment(order, &trace)
            case .stockConsume, .stockReceive: outcome = try await findMove(order, fields, &trace)
            default: outcome = CallFailure.unsupported("look-ups of this operation").failedLookUp
            }
        } catch {
            outcome = error.failure.failedLookUp
        }
        return CallReport(outcome, trace)
    }

    static func fields(_ order: DeliveryOrder) throws(OdooTrouble) -> OrderFields {
        do throws(CallFailure) {
            return try OrderFields(order, .odoo)
        } catch {
            throw OdooTrouble(failure: error, isFinal: true)
        }
    }

    func quantity(_ fields: OrderFields) throws(OdooTrouble) -> Double? {
        do throws(CallFailure) {
            return try fields.number("quantity")
        } catch {
            throw OdooTrouble(failure: error, isFinal: true)
        }
    }

    /// The number of the request that an operation is about.
    static func target(_ order: DeliveryOrder) throws(OdooTrouble) -> Int64 {
        guard let text = order.target, let number = Int64(text) else {
            throw .final("no-order", "“\(order.target ?? "")” is not the number of a maintenance request.")
        }
        return number
    }

    // MARK: Steps

    /// The record that an external id names; nil when there is none.
    func record(
        _ key: String,
        suffix: String = "",
        of model: String,
        _ trace: inout CallTrace
    ) async throws(OdooTrouble)
        -> Int64?
    {
        let name = key + suffix
        let domain: [JSONValue] = [
            ["module", "=", .string(options.externalIDModule)], ["name", "=", .string(name)],
        ]
        do throws(OdooTrouble) {
            let call = OdooCall.search("ir.model.data", domain, fields: ["model", "res_id"])
            let rows = try Self.rows(try await client.ask(call, &trace))
            guard let row = rows.first else { return nil }
            return try Self.record(row["model"]?.string, row["res_id"]?.integer, of: model)
        } catch {
            // Not every user may read the table; this method may be called by all.
            guard error.failure.reason == "not-allowed" else { throw error }
            return try await checkedRecord(name, of: model, &trace)
        }
    }

    private func checkedRecord(
        _ name: String,
        of model: String,
        _ trace: inout CallTrace
    ) async throws(OdooTrouble) -> Int64? {
        var call = OdooCall("ir.model.data", "check_object_reference")
        call.positional = [
            OdooCall.Argument(name: "module", value: .string(options.externalIDModule)),
            OdooCall.Argument(name: "xml_id", value: .string(name)),
        ]
        do throws(OdooTrouble) {
            let answer = try await client.ask(call, &trace).array ?? []
            return try Self.record(answer.first?.string, answer.last?.integer, of: model)
        } catch {
            if error.failure.reason == "odoo-ValueError", error.failure.detail.contains(name) { return nil }
            throw error
        }
    }

    private static func record(_ found: String?, _ id: Int64?, of model: String) throws(OdooTrouble) -> Int64 {
        guard found == model, let id else {
            throw .final("foreign-record", "In Odoo the external id names “\(found ?? "nothing")”, not a “\(model)”.")
        }
        return id
    }

    /// A list of records.
    static func rows(_ answer: JSONValue) throws(OdooTrouble) -> [JSONValue] {
        guard let rows = answer.array, rows.allSatisfy({ $0.object != nil }) else {
            let failure = CallFailure(reason: "not-a-list", detail: "Odoo's answer is no list of records.")
            throw OdooTrouble(failure: failure, isFinal: false)
        }
        return rows
    }

    /// A step after the first change.
    func step(_ call: OdooCall, _ trace: inout CallTrace) async throws(OdooTrouble) -> JSONValue {
        switch try await client.change(call, &trace) {
        case .result(let value): return value
        case .refused(let failure): throw OdooTrouble(failure: failure, isFinal: true)
        case .transient(let failure), .uncertain(let failure): throw OdooTrouble(failure: failure, isFinal: false)
        }
    }
}
