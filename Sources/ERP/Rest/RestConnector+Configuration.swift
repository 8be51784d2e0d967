import Expressions
import HTTPClient
import Primitives

extension RestConnector {
    func supports(_ operation: ERPOperation) -> Bool {
        switch operation {
        case .workOrderCreate: builder.options.create != nil
        case .stockSet: builder.options.stock != nil
        default: false
        }
    }

    func preview(_ order: DeliveryOrder) throws(CallFailure) -> RenderedRequest { try builder.request(for: order) }

    func link(externalID: String) -> String? { builder.link(id: externalID) }

    func test(key: String) async -> ConnectorTestResult {
        guard builder.options.find != nil else { return await testWithoutLookUp() }
        let request: RenderedRequest
        do throws(CallFailure) {
            let operation = ERPOperation.workOrderCreate.rawValue
            request = try builder.lookUp(DeliveryOrder(idempotencyKey: key, operation: operation, fields: [:]))
        } catch {
            return ConnectorTestResult(isOK: false, detail: "The look-up cannot be made for a sample: \(error.detail)")
        }
        let answer = await answer(to: request)
        let asked = "\(request.method) \(request.url)"
        if case .success(let response) = answer, let problem = Self.credentialsProblem(response.status) {
            return ConnectorTestResult(isOK: false, detail: "\(asked): \(problem)")
        }
        switch classifier.lookUp(answer) {
        case .notFound:
            return ConnectorTestResult(
                isOK: true,
                detail: "\(asked) was answered, and the ERP has no order with this new key, as expected."
            )
        case .found(let id):
            return ConnectorTestResult(
                isOK: false,
                detail: "\(asked) found “\(id)” for a key that cannot exist: the look-up does not filter by the key."
            )
        case .failed(_, let detail, _):
            return ConnectorTestResult(isOK: false, detail: "\(asked): \(detail)")
        }
    }

    private func testWithoutLookUp() async -> ConnectorTestResult {
        let request = RenderedRequest(method: "GET", url: builder.base + "/", headers: [], body: nil)
        switch await answer(to: request) {
        case .failure(let error):
            return ConnectorTestResult(isOK: false, detail: "GET \(request.url): \(error.detail)")
        case .success(let response):
            if let problem = Self.credentialsProblem(response.status) {
                return ConnectorTestResult(isOK: false, detail: "GET \(request.url): \(problem)")
            }
            return ConnectorTestResult(
                isOK: true,
                detail: "The server answered \(response.status). Without the option “find”, an order whose outcome is "
                    + "unknown cannot be looked up and waits for a person."
            )
        }
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
