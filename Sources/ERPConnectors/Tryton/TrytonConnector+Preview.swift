import Primitives

extension TrytonConnector {
    func preview(_ order: DeliveryOrder) throws(CallFailure) -> [RenderedRequest] {
        do throws(TrytonFailure) {
            return try previewed(order, try Self.fields(order))
        } catch {
            throw error.failure
        }
    }

    private func previewed(
        _ order: DeliveryOrder,
        _ fields: OrderFields
    ) throws(TrytonFailure) -> [RenderedRequest] {
        // Pure: the place that is asked for when it is sent stands as words, as far as the options do not tell it.
        var place = TrytonPlace.unknown(options)
        if let number = options.company.flatMap({ Int64($0) }) { place.company = .integer(number) }
        let context = requests.context(company: place.company)
        switch order.operation {
        case .workOrderCreate: return try previewedOrder(order, fields, place, context)
        case .workOrderComment, .workOrderUpdate, .workOrderCancel:
            return try previewedChange(order, fields, context)
        case .workOrderAttach:
            // Before the order is made, its number stands as words.
            let usual = "\(options.orderModel.rawValue),‹number›"
            let record = order.target.flatMap { TrytonRecord($0, options.orderModel) }?.name ?? usual
            return [requests.attachment(order, to: record, context)]
        case .stockSet:
            let item = Self.placeholder("product", fields.text("item"))
            let record = Self.transitions("stock.inventory", ["confirm"], context, requests)
            return [requests.inventory(item, quantity(fields), at: Self.storage(fields, place), place)] + record
        case .stockConsume, .stockReceive:
            let isOut = order.operation == .stockConsume
            let (inside, outside) = (Self.storage(fields, place), place.lostFound)
            let create = requests.shipment(
                order.idempotencyKey,
                previewedPart(fields),
                from: isOut ? inside : outside,
                to: isOut ? outside : inside,
                place
            )
            let steps = ["wait", "assign_try", "done"]
            return [create] + Self.transitions("stock.shipment.internal", steps, context, requests)
        case .partsCheck:
            let places: [(name: String, value: JSONValue)] = [
                ("locations", [Self.storage(fields, place)]), ("with_childs", true),
            ]
            let product = Self.placeholder("product", fields.text("item"))
            let asked = requests.context(company: place.company, places)
            return [requests.call("product.product.read", [[product], ["quantity"]], asked)]
        case .meterRecord: throw .permanent("not-configured", "Tryton has no meters.")
        }
    }

    private func previewedOrder(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ place: TrytonPlace,
        _ context: JSONObject
    ) throws(TrytonFailure) -> [RenderedRequest] {
        var draft = TrytonOrderDraft(place: place)
        if let equipment = fields.text("equipment"), options.equipment == .workCenter || options.equipment == .project {
            draft.equipment = Self.placeholder("equipment", equipment)
        }
        let isProduction = options.orderModel == .production
        if isProduction, fields.text("item") != nil { draft.part = previewedPart(fields) }
        var all = [try requests.create(order, fields, draft)]
        if isProduction {
            let text = TrytonTexts.order(fields, key: order.idempotencyKey, withTitle: true)
            all.append(requests.note("production,‹number›", text, context))
        }
        if draft.part != nil { all += Self.transitions("production", ["wait", "assign_try"], context, requests) }
        return all
    }

    private func previewedChange(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ context: JSONObject
    ) throws(TrytonFailure) -> [RenderedRequest] {
        guard let record = order.target.flatMap({ TrytonRecord($0, options.orderModel) }) else {
            throw .permanent("order-gone", "“\(order.target ?? "")” is no order of Tryton.")
        }
        func note(_ text: String) -> RenderedRequest { requests.note(record.name, text, context) }
        let key = order.idempotencyKey
        switch order.operation {
        case .workOrderComment: return [note(TrytonTexts.remark(fields.text("text") ?? "", key: key))]
        case .workOrderCancel:
            let first = note(TrytonTexts.remark(fields.text("reason") ?? "Cancelled.", key: key))
            if record.orderModel == .production { return [first, requests.transition(record, "cancel", context)] }
            let status = Self.placeholder("status", options.cancelledStatus)
            return [first, requests.write(record, ["status": status], context)]
        default:
            let values = try requests.values(ofUpdate: fields, record)
            let first = note(TrytonTexts.change(fields, key: key))
            return values.isEmpty ? [first] : [first, requests.write(record, values, context)]
        }
    }

    private func quantity(_ fields: OrderFields) -> JSONValue {
        (try? fields.number("quantity")).flatMap { $0 }.map(JSONValue.number) ?? .null
    }

    private func previewedPart(_ fields: OrderFields) -> TrytonPart {
        TrytonPart(
            product: Self.placeholder("product", fields.text("item")),
            unit: Self.placeholder("unit", fields.text("unit")),
            quantity: quantity(fields)
        )
    }

    private static func storage(_ fields: OrderFields, _ place: TrytonPlace) -> JSONValue {
        fields.text("location").map { placeholder("location", $0) } ?? place.storage
    }

    private static func placeholder(_ what: String, _ name: String?) -> JSONValue {
        .string("‹" + (name.map { "\(what) \($0)" } ?? what) + "›")
    }

    private static func transitions(
        _ model: String,
        _ methods: [String],
        _ context: JSONObject,
        _ requests: TrytonRequests
    ) -> [RenderedRequest] {
        methods.map { requests.call("\(model).\($0)", [["‹number›"]], context) }
    }
}
