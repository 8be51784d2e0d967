import Primitives

extension RestRequestBuilder {
    /// What paths and bodies of `attach` may name beside the picture.
    static let attachNames = ["id", "idempotencyKey", "fileName", "title", "mediaType"]

    /// Whether a request says which file it is about.
    static func namesFile(_ call: RestOptions.Call) -> Bool {
        let texts = call.path + (call.body?.text ?? "")
        return texts.contains("idempotencyKey") || texts.contains("fileName")
    }

    /// How often a body's strings hold `${picture}`.
    static func pictures(in body: JSONValue) -> Int {
        switch body {
        case .string(let source): source.ranges(of: "${picture}").count
        case .array(let elements): elements.reduce(0) { $0 + pictures(in: $1) }
        case .object(let object): object.members.reduce(0) { $0 + pictures(in: $1.value) }
        default: 0
        }
    }

    /// The upload of a picture; like a create it carries the delivery's key.
    func attach(_ order: DeliveryOrder) throws(CallFailure) -> RenderedRequest {
        guard let attach = options.attach else { throw Self.notConfigured("attach") }
        let scope = try Self.scope(ofFile: order)
        var headers = [(name: "Idempotency-Key", value: order.idempotencyKey)]
        for header in attach.headers { headers.append((header.name, try Self.value(header, scope))) }
        var call = attach.call
        if attach.form != nil { call.body = nil }
        let request = try render(call, scope, headers: headers)
        if let form = attach.form {
            let fields = try Self.body(attach.call.body ?? [:], scope).object?.members ?? []
            return request.form(fields.map { (name: $0.name, value: Self.text($0.value)) }, file: form, of: order)
        }
        guard call.body != nil else { return request.file(of: order) }
        let whole = request.carrying(order.attachment, inPlaceOf: order.shownFile)
        if order.attachment != nil, whole.secretBody == nil {
            throw CallFailure(reason: "template-failed", detail: "The body of “attach” has no place for the picture.")
        }
        return whole
    }

    /// The look-up of an upload.
    func attachLookUp(_ order: DeliveryOrder) throws(CallFailure) -> RenderedRequest {
        guard let find = options.attach?.find else { throw Self.notConfigured("attach.find") }
        return try render(find.call, try Self.scope(ofFile: order))
    }

    private static func scope(ofFile order: DeliveryOrder) throws(CallFailure) -> FieldScope {
        guard let id = order.target else {
            throw CallFailure(reason: "no-order", detail: "There is no order in the ERP that this could be about.")
        }
        let file = order.attachment
        return FieldScope(
            order: DeliveryOrder(idempotencyKey: order.idempotencyKey, operation: order.operation, fields: [:]),
            extra: [
                ("id", .string(id)), ("fileName", .string(order.fileName)),
                ("title", .string(file?.title ?? "Chart of the readings")),
                ("mediaType", .string(file?.mediaType ?? "image/png")), ("picture", .string(order.shownFile)),
            ]
        )
    }

    /// Header fields hold what every reader takes for the same: ASCII that can be printed.
    private static func value(_ header: RestOptions.Header, _ scope: FieldScope) throws(CallFailure) -> String {
        let text = try text(body(.string(header.value), scope))
        guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            let detail = "The header field “\(header.name)” holds other characters than those of ASCII."
            throw CallFailure(reason: "template-failed", detail: detail)
        }
        return text
    }

    private static func text(_ value: JSONValue) -> String { value.string ?? value.text }
}
