import Primitives

extension OdooConnector {
    /// The changing requests of an operation, or the question that it asks; the questions before them, which find the
    /// numbers of equipment, products and places, are not listed.
    func preview(_ order: DeliveryOrder) throws(CallFailure) -> [RenderedRequest] {
        let calls: [OdooCall]
        do throws(OdooTrouble) {
            calls = try self.calls(order)
        } catch {
            throw error.failure
        }
        let flavour = client.assumedFlavour
        return calls.map { client.request($0, flavour) }
    }

    private func calls(_ order: DeliveryOrder) throws(OdooTrouble) -> [OdooCall] {
        let fields = try Self.fields(order)
        let writer = OdooOrderWriter(options: options, flavour: client.assumedFlavour)
        let target: JSONValue = order.target.map { Int64($0).map(JSONValue.integer) ?? .string($0) } ?? .null
        let references = previewed(fields, order.operation)
        let key = order.idempotencyKey
        switch order.operation {
        case .workOrderCreate:
            let create = try writer.create(order, fields, references)
            guard let product = references.product, let places = references.places else { return [create] }
            let quantity = try self.quantity(fields) ?? 1
            let transfer = OdooReferences.placeholder("transfer of the parts")
            return [
                create, writer.transfer(key, suffix: "-parts", product, quantity, places),
                OdooCall("stock.picking", "action_confirm", records: [transfer]),
                OdooCall("stock.picking", "action_assign", records: [transfer]),
            ]
        case .workOrderUpdate: return [try writer.update(target, fields, references)]
        case .workOrderCancel:
            let note = fields.text("reason").map { writer.post($0, on: target, key: key) }
            return [writer.cancel(target)] + (note.map { [$0] } ?? [])
        case .workOrderAttach: return [writer.attach(order, to: target)]
        case .workOrderComment: return [writer.post(fields.text("text") ?? "", on: target, key: key)]
        case .stockSet, .stockConsume, .stockReceive:
            guard let product = references.product, let places = references.places else { return [] }
            let quantity = try self.quantity(fields) ?? 0
            if order.operation == .stockSet {
                let (first, second) = writer.set(product, quantity, at: places.from)
                let made = OdooReferences.placeholder("adjustment")
                return [first] + (second.map { [OdooCall(first.model, $0, records: [made])] } ?? [])
            }
            let transfer = OdooReferences.placeholder("transfer")
            return [
                writer.transfer(key, product, quantity, places),
                OdooCall("stock.picking", "action_confirm", records: [transfer]),
                writer.moved(OdooReferences.placeholder("move"), quantity), writer.validate(transfer),
            ]
        case .partsCheck:
            guard let product = references.product, let places = references.places else { return [] }
            return [Self.figures(product, at: places.from)]
        case .meterRecord: return []
        }
    }

    /// What stands for the numbers that only Odoo knows.
    private func previewed(_ fields: OrderFields, _ operation: ERPOperation) -> OdooReferences {
        var references = OdooReferences()
        let isCreate = operation == .workOrderCreate
        references.equipment = fields.text("equipment").map { OdooReferences.placeholder("equipment", $0) }
        if isCreate {
            references.team =
                options.team.map { OdooReferences.placeholder("team", $0) }
                ?? fields.text("equipment").map { OdooReferences.placeholder("team of", $0) }
            references.company = options.company.map { OdooReferences.placeholder("company", $0) }
        }
        references.technician = fields.text("technician").map { OdooReferences.placeholder("user", $0) }
        references.stage = fields.text("stage").map { OdooReferences.placeholder("stage", $0) }
        guard let item = fields.text("item") else { return references }
        references.product = OdooProduct(
            id: OdooReferences.placeholder("product", item),
            name: item,
            unit: OdooReferences.placeholder("unit of", item)
        )
        let stock = OdooReferences.placeholder(
            "location",
            fields.text("location") ?? options.location ?? "of the warehouse"
        )
        let comesIn = operation == .stockReceive
        let other = OdooReferences.placeholder("location", comesIn ? options.receiveFrom : "production")
        references.places = OdooPlaces(
            transferType: OdooReferences.placeholder(comesIn ? "receipts" : "deliveries"),
            from: comesIn ? other : stock,
            to: comesIn ? stock : other
        )
        return references
    }
}
