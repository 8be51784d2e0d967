import Primitives

extension OdooConnector {
    /// Attaches a picture to a maintenance request.
    ///
    /// The attachment is a record with our external id, which Odoo's database keeps unique.
    func attach(_ order: DeliveryOrder, _ trace: inout CallTrace) async throws(OdooTrouble) -> CallOutcome {
        let target = try Self.target(order)
        if order.attachment == nil { throw .final("no-picture", "There is no picture to attach.") }
        let flavour = try await client.requestFlavour(&trace)
        if try await states([target], &trace).isEmpty {
            throw .final("no-order", "Odoo no longer has the maintenance request \(target).")
        }
        let writer = OdooOrderWriter(options: options, flavour: flavour)
        switch try await client.change(writer.attach(order, to: .integer(target)), &trace) {
        case .result: return .done(externalID: order.target)
        case .refused(let failure): return failure.refused
        case .uncertain(let failure): return failure.uncertain
        case .transient(let failure):
            guard failure.reason == "concurrent-update" else { return failure.transient }
            do throws(OdooTrouble) {
                let id = try await record(order.idempotencyKey, of: Self.attachments, &trace)
                return id == nil ? failure.transient : .done(externalID: order.target)
            } catch {
                return failure.transient
            }
        }
    }

    func findAttachment(_ order: DeliveryOrder, _ trace: inout CallTrace) async throws(OdooTrouble) -> LookUpOutcome {
        let id = try await record(order.idempotencyKey, of: Self.attachments, &trace)
        return id == nil ? .notFound : .found(externalID: order.target)
    }

    static let attachments = "ir.attachment"
}

extension OdooOrderWriter {
    /// The call that attaches a file to a request.
    ///
    /// `res_id` is an integer in 11 and 12 and a `many2one_reference` from 13 on; `load` reads both from a number as text
    /// (`ir_fields.py`).
    func attach(_ order: DeliveryOrder, to target: JSONValue) -> OdooCall {
        let name = JSONValue.string(order.fileName)
        var columns: [(name: String, value: JSONValue)] = [
            ("name", name), ("res_model", "maintenance.request"), ("res_id", Self.cell(target)),
        ]
        // The name of a download; without it 11 gives the file a name of its own.
        if flavour.major <= 13 { columns.append(("datas_fname", name)) }
        if let title = order.attachment?.title { columns.append(("description", .string(title))) }
        columns.append(("datas", .string(order.shownFile)))
        var call = OdooCall.load(OdooConnector.attachments, id: externalID(order.idempotencyKey), columns: columns)
        call.file = order.attachment.map { OdooCall.File(attachment: $0, words: order.shownFile) }
        return call
    }
}
