import Expressions
import HTTPClient
import Primitives

extension RestConnector {
    func preview(_ order: DeliveryOrder) throws(CallFailure) -> [RenderedRequest] { [try builder.request(for: order)] }

    func link(externalID: String) -> String? { builder.link(id: externalID) }

    func preflight(key: String) async -> [PreflightCheck] {
        guard builder.options.find != nil else { return [await reachability()] }
        let request: RenderedRequest
        do throws(CallFailure) {
            request = try builder.lookUp(
                DeliveryOrder(idempotencyKey: key, operation: .workOrderCreate, fields: [:])
            )
        } catch {
            return [Self.lookUpCheck(.failed, "The look-up cannot be made for a sample: \(error.detail)")]
        }
        let answer = await answer(to: request)
        let asked = "\(request.method) \(request.url)"
        if case .success(let response) = answer, let problem = Self.credentialsProblem(response.status) {
            return [Self.credentials(.failed, "\(asked): \(problem)")]
        }
        switch classifier.lookUp(answer) {
        case .notFound:
            let detail = "\(asked) was answered, and the ERP has no order with this new key, as expected."
            return [Self.lookUpCheck(.ok, detail)]
        case .found(let id, _):
            let found = id.map { "“\($0)”" } ?? "an order"
            let detail = "\(asked) found \(found) for a key that cannot exist: the look-up does not filter by the key."
            return [Self.lookUpCheck(.failed, detail)]
        case .failed(_, let detail, _), .stuck(_, let detail):
            return [Self.lookUpCheck(.failed, "\(asked): \(detail)")]
        }
    }

    private func reachability() async -> PreflightCheck {
        let request = RenderedRequest(method: "GET", url: builder.base + "/", headers: [], body: nil)
        switch await answer(to: request) {
        case .failure(let error):
            return PreflightCheck("reachable", "The ERP answers", .failed, "GET \(request.url): \(error.detail)")
        case .success(let response):
            if let problem = Self.credentialsProblem(response.status) {
                return Self.credentials(.failed, "GET \(request.url): \(problem)")
            }
            return PreflightCheck(
                "reachable",
                "The ERP answers",
                .warning,
                "The server answered \(response.status). Without the option “find”, an order whose outcome is "
                    + "unknown cannot be looked up and waits for a person.",
                remedy: "Add the option “find”."
            )
        }
    }

    private static func lookUpCheck(_ result: PreflightCheck.Result, _ detail: String) -> PreflightCheck {
        PreflightCheck("look-up", "Orders are found by their key", result, detail)
    }

    private static func credentials(_ result: PreflightCheck.Result, _ detail: String) -> PreflightCheck {
        PreflightCheck("credentials", "The credentials are accepted", result, detail)
    }

    private static func credentialsProblem(_ status: Int) -> String? {
        switch status {
        case 401: "The ERP does not accept the credentials (401)."
        case 403: "The ERP accepts the credentials but does not allow this (403)."
        default: nil
        }
    }

    func issues(operation: ERPOperation, fields: [MappingFieldType]) -> [InputIssue] {
        let scope = FieldScope(fields: fields)
        let options = builder.options
        let templates =
            switch operation {
            case .workOrderCreate:
                Self.templates("create", options.create?.call) + Self.templates("find", options.find?.call)
            case .stockSet: Self.templates("stock", options.stock)
            case .meterRecord: Self.templates("meter", options.meter)
            default: [(place: String, source: String)]()
            }
        var issues: [InputIssue] = []
        for (place, source) in templates {
            do throws(ExpressionError) {
                _ = try scope.compile(source)
            } catch {
                let detail = "The connector's template \(place) “\(source.prefix(200))” does not fit: \(error.message)"
                issues.append(InputIssue(pointer: "/fields", code: "connector-template", detail: detail))
            }
        }
        return issues
    }

    private static func templates(_ name: String, _ call: RestOptions.Call?) -> [(place: String, source: String)] {
        guard let call else { return [] }
        return [("\(name).path", call.path)] + (call.body.map { strings(in: $0, at: "\(name).body") } ?? [])
    }

    private static func strings(in value: JSONValue, at place: String) -> [(place: String, source: String)] {
        switch value {
        case .string(let source): [(place, source)]
        case .array(let elements): elements.enumerated().flatMap { strings(in: $1, at: "\(place).\($0)") }
        case .object(let object): object.members.flatMap { strings(in: $0.value, at: "\(place).\($0.name)") }
        default: []
        }
    }
}
