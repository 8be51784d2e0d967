import Primitives

/// Parts to reserve for a maintenance request.
struct OdooParts: Hashable, Sendable {
    var product: OdooProduct
    var quantity: Double
    var places: OdooPlaces
}

/// How far the steps after a record's creation came.
enum OdooProgress: Hashable, Sendable {
    case whole(request: Int64, note: String?)
    case stuck(CallFailure)
    case unfinished(CallFailure)
}

extension OdooConnector {
    /// The warehouse and location that stock is booked in.
    func places(
        _ operation: ERPOperation,
        _ location: String?,
        _ trace: inout CallTrace
    ) async throws(OdooTrouble) -> OdooPlaces {
        let warehouse = try await warehouse(&trace)
        var stock = warehouse["lot_stock_id"]?.odooReference.map(JSONValue.integer) ?? .null
        if let location = location ?? options.location { stock = try await self.location(location, &trace) }
        if operation == .stockSet { return OdooPlaces(transferType: .null, from: stock, to: stock) }
        let comesIn = operation == .stockReceive
        let usage = comesIn ? options.receiveFrom : "production"
        let call = OdooCall.search(
            "stock.location",
            [["usage", "=", .string(usage)]],
            fields: ["id"],
            order: "id",
            limit: 1
        )
        guard let other = try Self.rows(try await client.ask(call, &trace)).first?["id"] else {
            throw .final("location-unknown", "Odoo has no location of the kind “\(usage)”.")
        }
        let type = warehouse[comesIn ? "in_type_id" : "out_type_id"]?.odooReference.map(JSONValue.integer) ?? .null
        return OdooPlaces(transferType: type, from: comesIn ? other : stock, to: comesIn ? stock : other)
    }

    func warehouse(_ trace: inout CallTrace) async throws(OdooTrouble) -> JSONValue {
        let fields = ["lot_stock_id", "in_type_id", "out_type_id"]
        if let text = options.warehouse {
            return try await found(text, "stock.warehouse", "warehouse", by: ["code", "name"], reading: fields, &trace)
        }
        var domain: [JSONValue] = []
        if let company = options.company {
            domain = [["company_id", "=", try await named(company, "res.company", "company", &trace)]]
        }
        let call = OdooCall.search("stock.warehouse", domain, fields: fields, order: "id", limit: 1)
        guard let row = try Self.rows(try await client.ask(call, &trace)).first else {
            throw .final("warehouse-unknown", "Odoo has no warehouse that this user may see.")
        }
        return row
    }

    func location(_ text: String, _ trace: inout CallTrace) async throws(OdooTrouble) -> JSONValue {
        try await named(text, "stock.location", "location", by: ["complete_name", "name"], &trace)
    }

    // MARK: stock.set

    func setStock(_ fields: OrderFields, _ trace: inout CallTrace) async throws(OdooTrouble) -> CallOutcome {
        let quantity = try self.quantity(fields) ?? 0
        if quantity < 0 { throw .final("field-invalid", "“Quantity” must not be negative.") }
        let flavour = try await client.flavour(&trace)
        let product = try await product(fields, &trace)
        try Self.refuseTracked(product)
        let places = try await places(.stockSet, fields.text("location"), &trace)
        let writer = OdooOrderWriter(options: options, flavour: flavour)
        let (first, second) = writer.set(product, quantity, at: places.from)
        switch try await client.change(first, &trace) {
        case .refused(let failure): return failure.refused
        case .transient(let failure): return failure.transient
        case .uncertain(let failure): return failure.uncertain
        case .result(let value):
            guard let second else { return .done(externalID: nil) }
            guard let id = value.integer ?? value.array?.first?.integer else { return CallFailure.noNumber.uncertain }
            do throws(OdooTrouble) {
                _ = try await step(OdooCall(first.model, second, records: [.integer(id)]), &trace)
                return .done(externalID: nil)
            } catch {
                return error.isFinal ? error.failure.stuck : error.failure.transient
            }
        }
    }

    private static func refuseTracked(_ product: OdooProduct) throws(OdooTrouble) {
        if product.isTracked {
            throw .final(
                "tracked",
                "“\(product.name)” is followed by lot or serial number: Odoo needs a number for it."
            )
        }
    }

    // MARK: stock.consume, stock.receive

    func move(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(OdooTrouble)
        -> CallOutcome
    {
        guard let quantity = try self.quantity(fields), quantity > 0 else {
            throw .final("field-invalid", "“Quantity” must be more than nothing.")
        }
        let flavour = try await client.flavour(&trace)
        let product = try await product(fields, &trace)
        try Self.refuseTracked(product)
        let places = try await places(order.operation, fields.text("location"), &trace)
        let writer = OdooOrderWriter(options: options, flavour: flavour)
        let call = writer.transfer(order.idempotencyKey, product, quantity, places)
        switch try await client.change(call, &trace) {
        case .refused(let failure): return failure.refused
        // The retry finds what another made.
        case .transient(let failure): return failure.transient
        case .uncertain(let failure): return failure.uncertain
        case .result(let value):
            guard let id = value.integer else { return CallFailure.noNumber.uncertain }
            do throws(OdooTrouble) {
                return .done(externalID: try await book(id, &trace))
            } catch {
                return error.isFinal ? error.failure.stuck : error.failure.uncertain
            }
        }
    }

    func findMove(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(OdooTrouble)
        -> LookUpOutcome
    {
        guard let id = try await record(order.idempotencyKey, of: "stock.picking", &trace) else { return .notFound }
        do throws(OdooTrouble) {
            return .found(externalID: try await book(id, &trace))
        } catch {
            guard error.isFinal else { throw error }
            return .stuck(reason: error.failure.reason, detail: error.failure.detail)
        }
    }

    /// Takes a transfer to its end from wherever it stands; gives its number.
    private func book(_ id: Int64, _ trace: inout CallTrace) async throws(OdooTrouble) -> String {
        let writer = OdooOrderWriter(options: options, flavour: try await client.flavour(&trace))
        var transfer = try await transfer(id, &trace)
        if transfer.state == "done" { return transfer.name }
        if transfer.state == "cancel" {
            throw .final("transfer-cancelled", "The transfer \(transfer.name) was cancelled in Odoo.")
        }
        if transfer.state == "draft" {
            _ = try await step(OdooCall("stock.picking", "action_confirm", records: [.integer(id)]), &trace)
        }
        let domain: [JSONValue] = [
            ["picking_id", "=", .integer(id)], ["state", "not in", ["done", "cancel"]],
        ]
        let question = OdooCall.search("stock.move", domain, fields: ["product_uom_qty"], order: "id")
        for move in try Self.rows(try await client.ask(question, &trace)) {
            guard let number = move["id"], let quantity = move["product_uom_qty"]?.double else { continue }
            _ = try await step(writer.moved(number, quantity), &trace)
        }
        _ = try await step(writer.validate(.integer(id)), &trace)
        // A question of Odoo's (a wizard) is an answer of 200 as well.
        transfer = try await self.transfer(id, &trace)
        if transfer.state == "done" { return transfer.name }
        throw .final("not-booked", "Odoo did not book the transfer \(transfer.name): it is “\(transfer.state)” there.")
    }

    private func transfer(
        _ id: Int64,
        _ trace: inout CallTrace
    ) async throws(OdooTrouble) -> (name: String, state: String) {
        let call = OdooCall.search("stock.picking", [["id", "=", .integer(id)]], fields: ["name", "state"])
        guard let row = try Self.rows(try await client.ask(call, &trace)).first else {
            throw .final("transfer-gone", "The transfer \(id) is no longer in Odoo.")
        }
        return (row["name"]?.odooText ?? String(id), row["state"]?.odooText ?? "")
    }

    // MARK: Parts of a maintenance request

    /// The parts that a request is to reserve; nil when it names none.
    func parts(_ fields: OrderFields, _ trace: inout CallTrace) async throws(OdooTrouble) -> OdooParts? {
        guard fields.text("item") != nil else { return nil }
        let quantity = try self.quantity(fields) ?? 1
        guard quantity > 0 else { return nil }
        let product = try await product(fields, &trace)
        return OdooParts(
            product: product,
            quantity: quantity,
            places: try await places(.stockConsume, fields.text("location"), &trace)
        )
    }

    /// Makes the transfer that reserves parts, or finds it, and reserves.
    func reserve(
        _ parts: OdooParts?,
        _ order: DeliveryOrder,
        request: Int64,
        _ trace: inout CallTrace
    ) async -> OdooProgress {
        guard let parts else { return .whole(request: request, note: nil) }
        do throws(OdooTrouble) {
            let writer = OdooOrderWriter(options: options, flavour: try await client.flavour(&trace))
            let call = writer.transfer(
                order.idempotencyKey,
                suffix: "-parts",
                parts.product,
                parts.quantity,
                parts.places
            )
            guard let id = try await step(call, &trace).integer else { return .unfinished(.noNumber) }
            let number = JSONValue.integer(id)
            if try await transfer(id, &trace).state == "draft" {
                _ = try await step(OdooCall("stock.picking", "action_confirm", records: [number]), &trace)
            }
            if ["confirmed", "waiting"].contains(try await transfer(id, &trace).state) {
                _ = try await step(OdooCall("stock.picking", "action_assign", records: [number]), &trace)
            }
            let transfer = try await transfer(id, &trace)
            let what = "\(JSONValue.text(of: parts.quantity)) × \(parts.product.name)"
            let isReserved = ["assigned", "done"].contains(transfer.state)
            let note =
                isReserved
                ? "\(what) reserved by \(transfer.name)."
                : "\(what) could not be reserved in full: \(transfer.name) is “\(transfer.state)”."
            return .whole(request: request, note: note)
        } catch {
            let detail = "Maintenance request \(request) is made, its parts are not reserved: \(error.failure.detail)"
            let failure = CallFailure(reason: error.failure.reason, detail: detail)
            return error.isFinal ? .stuck(failure) : .unfinished(failure)
        }
    }

    // MARK: parts.check

    func checkParts(_ fields: OrderFields, _ trace: inout CallTrace) async throws(OdooTrouble) -> CallOutcome {
        let needed = try self.quantity(fields) ?? 0
        let product = try await product(fields, &trace)
        let figure = try await figure(product, at: fields.text("location"), &trace)
        let available = figure.available ?? figure.onHand
        let unit = product.unitName.map { " \($0)" } ?? ""
        let note =
            "\(product.name): \(JSONValue.text(of: needed))\(unit) needed, \(JSONValue.text(of: available)) available of "
            + "\(JSONValue.text(of: figure.onHand)) on hand: " + (available >= needed ? "enough." : "not enough.")
        return .done(externalID: nil, note: note)
    }

    /// The question for the stock of a product at a place and below it.
    static func figures(_ product: OdooProduct, at place: JSONValue) -> OdooCall {
        let domain: [JSONValue] = [
            ["product_id", "=", product.id], ["location_id", "child_of", place],
            ["location_id.usage", "=", "internal"],
        ]
        return .search("stock.quant", domain, fields: ["quantity", "reserved_quantity"])
    }

    /// What is on hand at a place and below it.
    func figure(
        _ product: OdooProduct,
        at location: String?,
        _ trace: inout CallTrace
    ) async throws(OdooTrouble)
        -> StockFigure
    {
        let place = try await places(.stockSet, location, &trace).from
        let call = Self.figures(product, at: place)
        var figure = StockFigure(onHand: 0, available: 0)
        for row in try Self.rows(try await client.ask(call, &trace)) {
            let quantity = row["quantity"]?.double ?? 0
            figure.onHand += quantity
            figure.available = (figure.available ?? 0) + quantity - (row["reserved_quantity"]?.double ?? 0)
        }
        return figure
    }
}

extension OdooProgress {
    /// What it means for the attempt that made the request.
    var outcome: CallOutcome {
        switch self {
        case .whole(let request, let note): .done(externalID: String(request), note: note)
        case .stuck(let failure): failure.stuck
        case .unfinished(let failure): failure.uncertain
        }
    }
}
