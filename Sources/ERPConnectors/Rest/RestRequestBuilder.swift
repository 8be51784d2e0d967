import Expressions
import Primitives

/// Makes the requests of a `rest` connector out of its options and an order.
///
/// Pure: previews and dispatch share it.
struct RestRequestBuilder: Sendable {
    /// The connector's address, without a slash at its end.
    let base: String
    let options: RestOptions

    init(url: String, options: RestOptions) {
        base = url
        self.options = options
    }

    /// The request of a create or write.
    func request(for order: DeliveryOrder) throws(CallFailure) -> RenderedRequest {
        switch order.operation {
        case .workOrderCreate:
            guard let create = options.create else { throw Self.notConfigured("create") }
            let key = (name: "Idempotency-Key", value: order.idempotencyKey)
            return try render(create.call, FieldScope(order: order), headers: [key])
        case .stockSet:
            guard let stock = options.stock else { throw Self.notConfigured("stock") }
            return try render(stock, FieldScope(order: order))
        case .meterRecord:
            guard let meter = options.meter else { throw Self.notConfigured("meter") }
            return try render(meter, FieldScope(order: order))
        case .workOrderAttach: return try attach(order)
        default:
            throw CallFailure(
                reason: "not-configured",
                detail: "A rest connector cannot do “\(order.operation.rawValue)”."
            )
        }
    }

    /// The request of a look-up.
    func lookUp(_ order: DeliveryOrder) throws(CallFailure) -> RenderedRequest {
        if order.operation == .workOrderAttach { return try attachLookUp(order) }
        guard let find = options.find else { throw Self.notConfigured("find") }
        return try render(find.call, FieldScope(order: order))
    }

    /// The request for a document's state.
    func status(id: String) throws(CallFailure) -> RenderedRequest {
        guard let status = options.status else { throw Self.notConfigured("status") }
        return try render(status.call, Self.scope(id: id))
    }

    /// The address of a document in the ERP's own pages.
    func link(id: String) -> String? {
        guard let link = options.link, let template = try? Self.scope(id: id).compile(link),
            let text = try? template.text(Self.scope(id: id), escaping: Self.percentEncoded)
        else { return nil }
        let address = text.hasPrefix("/") ? base + text : text
        return address.hasPrefix("https://") || address.hasPrefix("http://") ? address : nil
    }

    private static func scope(id: String) -> FieldScope {
        let order = DeliveryOrder(idempotencyKey: "", operation: .workOrderCreate, fields: [:])
        return FieldScope(order: order, extra: [("id", .string(id))])
    }

    static func notConfigured(_ option: String) -> CallFailure {
        CallFailure(reason: "not-configured", detail: "The connector has no option “\(option)”.")
    }

    func render(
        _ call: RestOptions.Call,
        _ scope: FieldScope,
        headers: [(name: String, value: String)] = []
    ) throws(CallFailure) -> RenderedRequest {
        let path = try Self.path(call.path, scope)
        var all = [(name: "Accept", value: "application/json")]
        var body: JSONValue?
        if let template = call.body {
            body = try Self.body(template, scope)
            all.append((name: "Content-Type", value: "application/json"))
        }
        return RenderedRequest(method: call.method, url: base + path, headers: all + headers, body: body)
    }
}

extension RestRequestBuilder {
    /// Renders a path; values are percent-encoded, so that none can add a segment or parameter.
    static func path(_ source: String, _ scope: FieldScope) throws(CallFailure) -> String {
        let template = try compiled(source, scope)
        let text: String
        do throws(TemplateFailure) {
            text = try template.text(scope, escaping: percentEncoded)
        } catch {
            throw failure(source, error.description)
        }
        let path = encodingWhatNoAddressHolds(text)
        if let problem = problem(ofPath: path) { throw failure(source, problem) }
        return path
    }

    /// Renders every string of a body; one that is exactly one placeholder keeps its type.
    static func body(_ template: JSONValue, _ scope: FieldScope) throws(CallFailure) -> JSONValue {
        switch template {
        case .string(let source):
            let template = try compiled(source, scope)
            do throws(TemplateFailure) {
                return try template.render(scope).json
            } catch {
                throw failure(source, error.description)
            }
        case .array(let elements):
            var result: [JSONValue] = []
            for element in elements { result.append(try body(element, scope)) }
            return .array(result)
        case .object(let object):
            var result = JSONObject()
            for member in object.members { result[member.name] = try body(member.value, scope) }
            return .object(result)
        default:
            return template
        }
    }

    private static func compiled(_ source: String, _ scope: FieldScope) throws(CallFailure) -> CompiledTemplate {
        do throws(ExpressionError) {
            return try scope.compile(source)
        } catch {
            throw failure(source, error.detail)
        }
    }

    private static func failure(_ source: String, _ detail: String) -> CallFailure {
        CallFailure(reason: "template-failed", detail: "“\(source.prefix(200))”: \(detail)")
    }

    /// What is wrong with a path, be it a template or rendered: dot segments could leave the connector's own paths.
    static func problem(ofPath path: String) -> String? {
        let segments = path.prefix { $0 != "?" }.split(separator: "/", omittingEmptySubsequences: false)
        let decoded = segments.map { $0.replacing("%2e", with: ".").replacing("%2E", with: ".") }
        if decoded.contains(".") || decoded.contains("..") { return "A path must not have “.” or “..” as a segment." }
        if path.contains("#") { return "A path has no “#”." }
        return nil
    }

    /// RFC 3986 section 2.3: everything but unreserved characters is encoded.
    static func percentEncoded(_ text: String) -> String {
        PercentEncoding.encode(text)
    }

    /// Encodes what may stand in a template but not in an address: spaces, quotes, everything beyond ASCII.
    private static func encodingWhatNoAddressHolds(_ text: String) -> String {
        PercentEncoding.encode(text) { PercentEncoding.isUnreserved($0) || "!$%&'()*+,/:;=?@[]".utf8.contains($0) }
    }
}
