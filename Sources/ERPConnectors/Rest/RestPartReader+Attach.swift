import Primitives

extension RestPartReader {
    /// The form's field for the picture; checks that the body is made for the way in which the picture goes.
    mutating func form(_ call: RestOptions.Call) -> String? {
        let form = formField()
        guard let body = call.body else { return form }
        let count = RestRequestBuilder.pictures(in: body)
        if form == nil {
            let detail = "A body holds “${picture}” once; without a body the picture itself is sent."
            if count != 1 { note("body", "picture", detail) }
        } else if count != 0 {
            note("body", "picture", "In a form the picture has its own field; “${picture}” has no place in the others.")
        } else if !Self.isFlat(body) {
            note("body", "form", "The other fields of a form are an object of texts, with plain names.")
        }
        return form
    }

    private mutating func formField() -> String? {
        guard let form = string("form", maximumLength: 100) else { return nil }
        if Self.isPlain(form) { return form }
        note("form", "invalid", "Expected the name of a form's field: letters, digits, “-”, “_”, “.”, “[” and “]”.")
        return nil
    }

    private static func isFlat(_ body: JSONValue) -> Bool {
        guard let object = body.object else { return false }
        return object.members.allSatisfy { member in
            isPlain(member.name) && member.value.object == nil && member.value.array == nil && !member.value.isNull
        }
    }

    /// What stands in quotes in the head of a form's part without an escape.
    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { PercentEncoding.isUnreserved($0) || "[]".utf8.contains($0) }
    }

    /// The look-up of an earlier upload.
    mutating func attachFind() -> RestOptions.AttachFind? {
        nested("find", as: "attach.find") { (part) throws(InvalidInput) in
            let call = part.call()
            let items = part.path("items", isRequired: false)
            let key = part.path("key", isRequired: false)
            if key.text.isEmpty, !RestRequestBuilder.namesFile(call) {
                // Any other file of the order would pass for this one.
                let detail = "Say where a file has its name, unless the request asks for this file alone."
                part.note("key", "required", detail)
            }
            return RestOptions.AttachFind(call: call, items: items, key: key.text.isEmpty ? nil : key)
        }
    }
}

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

    /// The upload of a picture.
    ///
    /// It says which attempt of which delivery it is, as a create does.
    func attach(_ order: DeliveryOrder) throws(CallFailure) -> RenderedRequest {
        guard let attach = options.attach else { throw Self.notConfigured("attach") }
        let scope = try Self.scope(ofFile: order)
        let key = (name: "Idempotency-Key", value: order.idempotencyKey)
        var call = attach.call
        if attach.form != nil || call.body == nil { call.body = nil }
        let request = try render(call, scope, headers: [key])
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

    private static func text(_ value: JSONValue) -> String { value.string ?? value.text }
}
