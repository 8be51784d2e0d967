import HTTPClient
import Primitives
import Synchronization

/// A connector for Tryton 6.0 to 7.x.
///
/// Tryton has no unique reference for orders: the key stands in a field of the record that the first change makes, and
/// is searched for. A transition that a state does not allow is passed over without a word, so that states are read
/// again afterwards. What it remembers, the session and the numbers of places, can be asked for again.
final class TrytonConnector: ERPConnector {
    let options: TrytonOptions
    let requests: TrytonRequests
    let client: TrytonClient
    let knownPlace = Mutex<TrytonPlace?>(nil)

    init(_ setup: ConnectorSetup) throws(InvalidInput) {
        options = try TrytonOptions(setup.options)
        requests = TrytonRequests(base: setup.base, options: options)
        switch setup.caller.credentials {
        case .basic(let username, let password):
            client = TrytonClient(requests, setup.caller, user: username, password: password)
        // Options alone are checked without credentials.
        case .none: client = TrytonClient(requests, setup.caller, user: "", password: Redacted(""))
        default:
            let detail = "Tryton takes a user name and a password."
            throw InvalidInput(pointer: "/credentials", code: "credentials", detail: detail)
        }
    }

    var manifest: ConnectorManifest { .tryton }

    var settle: Double { options.settle }

    func traits(of operation: ERPOperation) -> OperationTraits? {
        if operation == .workOrderCancel, options.orderModel == .task, options.cancelledStatus == nil { return nil }
        return manifest.operation(operation)?.traits
    }

    func perform(_ order: DeliveryOrder) async -> CallReport<CallOutcome> {
        var trace = CallTrace()
        let outcome: CallOutcome
        do throws(TrytonFailure) {
            let fields = try Self.fields(order)
            switch order.operation {
            case .workOrderCreate: outcome = try await create(order, fields, &trace)
            case .workOrderUpdate: outcome = try await update(order, fields, &trace)
            case .workOrderCancel: outcome = try await cancel(order, fields, &trace)
            case .workOrderComment: outcome = try await comment(order, fields, &trace)
            case .workOrderAttach: outcome = try await attach(order, &trace)
            case .stockSet: outcome = try await setStock(order, fields, &trace)
            case .stockConsume, .stockReceive: outcome = try await moveStock(order, fields, &trace)
            case .partsCheck: outcome = try await checkParts(fields, &trace)
            case .meterRecord: throw .permanent("not-configured", "Tryton has no meters.")
            }
        } catch {
            outcome = error.beforeAnyChange
        }
        if case .refused = outcome { knownPlace.withLock { $0 = nil } }
        return CallReport(outcome, trace)
    }

    func lookUp(_ order: DeliveryOrder) async -> CallReport<LookUpOutcome> {
        var trace = CallTrace()
        let outcome: LookUpOutcome
        do throws(TrytonFailure) {
            let fields = try Self.fields(order)
            switch order.operation {
            case .workOrderCreate: outcome = try await lookUpOrder(order, fields, &trace)
            case .workOrderUpdate, .workOrderCancel, .workOrderComment:
                outcome = try await lookUpNote(order, fields, &trace)
            case .workOrderAttach: outcome = try await lookUpAttachment(order, &trace)
            case .stockConsume, .stockReceive: outcome = try await lookUpShipment(order, &trace)
            case .stockSet, .partsCheck, .meterRecord: throw .permanent("unsupported", "This leaves no key in Tryton.")
            }
        } catch {
            outcome = error.failure.failedLookUp
        }
        return CallReport(outcome, trace)
    }

    func link(externalID: String) -> String? {
        guard let record = TrytonRecord(externalID, options.orderModel) else { return nil }
        // The address of a record in Tryton's web client.
        return "\(requests.base)/#\(PercentEncoding.encode(options.database))/model/\(record.model)/\(record.id)"
    }

    static func fields(_ order: DeliveryOrder) throws(TrytonFailure) -> OrderFields {
        do throws(CallFailure) {
            return try OrderFields(order, .tryton)
        } catch {
            throw TrytonFailure(failure: error, isPermanent: true)
        }
    }
}

/// A record of Tryton, named as Tryton names it: `production,12`.
struct TrytonRecord: Hashable, Sendable {
    /// The model.
    var model: String
    /// Its number.
    var id: Int64

    /// Makes a name.
    init(model: String, id: Int64) {
        self.model = model
        self.id = id
    }

    /// Reads a name; a number alone is one of the usual model.
    init?(_ text: String, _ usual: TrytonOptions.OrderModel) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard let last = parts.last, let id = Int64(last), id > 0, parts.count <= 2 else { return nil }
        model = parts.count == 2 ? String(parts[0]) : usual.rawValue
        self.id = id
        guard TrytonOptions.OrderModel(rawValue: model) != nil else { return nil }
    }

    // As in `production,12`.
    var name: String { "\(model),\(id)" }

    /// What it is when it is an order.
    var orderModel: TrytonOptions.OrderModel { TrytonOptions.OrderModel(rawValue: model) ?? .production }
}
