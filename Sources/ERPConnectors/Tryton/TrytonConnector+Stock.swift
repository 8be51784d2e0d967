import Foundation
import Primitives

/// A product, as far as quantities of it go.
struct TrytonItem {
    var id: JSONValue
    var unit: JSONValue
    var unitName: String
    var digits: Int
    /// Digits of the product's own unit.
    var ownDigits: Int
    /// How many of the product's own unit are in one of ``unit``.
    var factor: Double
}

extension TrytonConnector {
    // MARK: Operations

    /// An inventory of one line, confirmed.
    func setStock(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> CallOutcome {
        let place = try await place(&trace)
        let context = requests.context(company: place.company)
        let item = try await item(try Self.text("item", fields), unit: fields.text("unit"), context, &trace)
        let wanted = try Self.number(fields) * item.factor
        guard wanted >= 0 else { throw .permanent("field-invalid", "A stock figure below zero cannot be set.") }
        let quantity = Self.rounded(wanted, item.ownDigits)
        let location = try await location(of: fields, place, context, &trace)
        let request = requests.inventory(item.id, .number(quantity), at: location, place)
        switch await client.change(request, &trace) {
        case .refused(let failure): return failure.refused
        case .transient(let failure): return failure.transient
        case .uncertain(let failure): return failure.uncertain
        case .done(let result):
            guard let id = result.array?.first?.integer else {
                return .uncertain(reason: "no-id", detail: "Tryton made an inventory and did not tell its number.")
            }
            let record = TrytonRecord(model: "stock.inventory", id: id)
            let change = await client.change(requests.transition(record, "confirm", context), &trace)
            switch change {
            case .done: return .done(externalID: nil)
            case .uncertain(let failure): return failure.uncertain
            case .refused, .transient:
                // Leaves no draft that a person might confirm later.
                _ = await client.change(requests.transition(record, "cancel", context), &trace)
                if case .refused(let failure) = change { return failure.refused }
                if case .transient(let failure) = change { return failure.transient }
                return .uncertain(reason: "unclear", detail: "The inventory may be confirmed.")
            }
        }
    }

    /// An internal shipment between a place of stock and Lost and Found, taken to its end.
    func moveStock(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> CallOutcome {
        let place = try await place(&trace)
        let context = requests.context(company: place.company)
        guard !place.lostFound.isNull else {
            throw .permanent("unknown-location", "The warehouse has no place for lost and found stock.")
        }
        let part = try await part(try Self.text("item", fields), fields, context, &trace)
        let location = try await location(of: fields, place, context, &trace)
        let isOut = order.operation == .stockConsume
        let request = requests.shipment(
            order.idempotencyKey,
            part,
            from: isOut ? location : place.lostFound,
            to: isOut ? place.lostFound : location,
            place
        )
        switch await client.change(request, &trace) {
        case .refused(let failure): return failure.refused
        case .transient(let failure): return failure.transient
        case .uncertain(let failure): return failure.uncertain
        case .done(let result):
            guard let id = result.array?.first?.integer else {
                return .uncertain(reason: "no-id", detail: "Tryton made a shipment and did not tell its number.")
            }
            return await finishShipment(id, from: "draft", part.note, context, &trace)
        }
    }

    func lookUpShipment(
        _ order: DeliveryOrder,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> LookUpOutcome {
        let place = try await place(&trace)
        let context = requests.context(company: place.company)
        let search = TrytonSearch(
            "stock.shipment.internal",
            [["reference", "=", .string(order.idempotencyKey)]],
            ["id", "state"],
            limit: 1
        )
        guard let found = try await records(search, context, &trace).first, let id = found["id"]?.integer else {
            return .notFound
        }
        return await finishShipment(id, from: found["state"]?.string ?? "", nil, context, &trace).asLookUp
    }

    /// Takes a shipment to its end from the state in which it is.
    private func finishShipment(
        _ id: Int64,
        from state: String,
        _ note: String?,
        _ context: JSONObject,
        _ trace: inout CallTrace
    ) async -> CallOutcome {
        let record = TrytonRecord(model: "stock.shipment.internal", id: id)
        let done = CallOutcome.done(externalID: record.name, note: note)
        if state == "done" { return done }
        if ["request", "draft"].contains(state) {
            let change = await client.change(requests.transition(record, "wait", context), &trace)
            if let problem = Self.laterProblem(change) { return problem }
        }
        if ["request", "draft", "waiting"].contains(state) {
            let change = await client.change(requests.transition(record, "assign_try", context), &trace)
            if let problem = Self.laterProblem(change) { return problem }
            if case .done(let result) = change, TrytonValue.bool(result) != true {
                guard options.isForcing else {
                    let detail = "Tryton has not enough stock for internal shipment \(id); it waits there."
                    return .stuck(reason: "not-enough-stock", detail: detail)
                }
                let forced = await client.change(requests.transition(record, "assign_force", context), &trace)
                if let problem = Self.laterProblem(forced) { return problem }
            }
        }
        let change = await client.change(requests.transition(record, "done", context), &trace)
        if let problem = Self.laterProblem(change) { return problem }
        // A transition that the state does not allow is passed over without an error.
        do throws(TrytonFailure) {
            let search = TrytonSearch(record.model, [["id", "=", .integer(id)]], ["state"], limit: 1)
            let end = try await records(search, context, &trace).first?["state"]?.string ?? "gone"
            if end == "done" { return done }
            return .stuck(reason: "shipment-state", detail: "Internal shipment \(id) is “\(end)” in Tryton, not done.")
        } catch {
            return error.failure.uncertain
        }
    }

    /// Says how much of an item there is.
    func checkParts(_ fields: OrderFields, _ trace: inout CallTrace) async throws(TrytonFailure) -> CallOutcome {
        let place = try await place(&trace)
        let context = requests.context(company: place.company)
        let name = try Self.text("item", fields)
        let item = try await item(name, unit: fields.text("unit"), context, &trace)
        let wanted = try Self.number(fields)
        let location = try await location(of: fields, place, context, &trace)
        let figure = try await figure(item.id, location, place, &trace)
        let available = (figure.available ?? figure.onHand) / item.factor
        let numbers = "\(JSONValue.text(of: available)) of “\(name)” not reserved, \(JSONValue.text(of: wanted)) wanted"
        return .done(externalID: nil, note: available >= wanted ? "Enough: \(numbers)." : "Not enough: \(numbers).")
    }

    // MARK: What they need

    /// A part in a quantity above zero.
    func part(
        _ name: String,
        _ fields: OrderFields,
        _ context: JSONObject,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> TrytonPart {
        let item = try await item(name, unit: fields.text("unit"), context, &trace)
        let wanted = try Self.number(fields, usual: 1)
        let quantity = Self.rounded(wanted, item.digits)
        guard quantity > 0 else {
            let detail = "\(JSONValue.text(of: wanted)) is no quantity that Tryton counts in “\(item.unitName)”."
            throw .permanent("field-invalid", detail)
        }
        let (asked, used) = (JSONValue.text(of: wanted), JSONValue.text(of: quantity))
        let note = asked == used ? nil : "\(asked) is rounded to \(used) “\(item.unitName)”."
        return TrytonPart(product: item.id, unit: item.unit, quantity: .number(quantity), note: note)
    }

    /// A product by its code.
    func item(
        _ code: String,
        unit: String?,
        _ context: JSONObject,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> TrytonItem {
        let units = ["symbol", "digits", "factor", "category"]
        let search = TrytonSearch(
            "product.product",
            [["code", "=", .string(code)]],
            ["id"] + units.map { "default_uom." + $0 },
            limit: 1
        )
        guard let found = try await records(search, context, &trace).first, let id = found["id"],
            let own = found["default_uom."], let ownUnit = own["id"]
        else { throw .permanent("unknown-item", "Tryton has no product with the code “\(code)”.") }
        func item(_ unit: JSONValue, _ number: JSONValue) -> TrytonItem {
            let factor = (TrytonValue.number(unit["factor"]) ?? 1) / (TrytonValue.number(own["factor"]) ?? 1)
            return TrytonItem(
                id: id,
                unit: number,
                unitName: unit["symbol"]?.string ?? "",
                digits: Int(clamping: unit["digits"]?.integer ?? 2),
                ownDigits: Int(clamping: own["digits"]?.integer ?? 2),
                factor: factor.isFinite && factor > 0 ? factor : 1
            )
        }
        guard let unit else { return item(own, ownUnit) }
        let domain: [JSONValue] = [
            ["OR", ["symbol", "=", .string(unit)], ["name", "=", .string(unit)]],
            ["category", "=", own["category"] ?? .null],
        ]
        let other = TrytonSearch("product.uom", domain, ["id"] + units, limit: 1)
        guard let record = try await records(other, context, &trace).first, let number = record["id"] else {
            let symbol = own["symbol"]?.string ?? ""
            let detail = "“\(code)” is counted in “\(symbol)”; Tryton has no unit “\(unit)” of the same category."
            throw .permanent("unknown-unit", detail)
        }
        return item(record, number)
    }

    private func location(
        of fields: OrderFields,
        _ place: TrytonPlace,
        _ context: JSONObject,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> JSONValue {
        guard let name = fields.text("location") else {
            guard !place.storage.isNull else { throw .permanent("unknown-location", "There is no place of stock.") }
            return place.storage
        }
        return try await location(name, context, &trace)
    }

    /// What is on hand, and what of it is not assigned, in the product's own unit.
    func figure(
        _ product: JSONValue,
        _ location: JSONValue,
        _ place: TrytonPlace,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> StockFigure {
        // Without places in the context the answer would be 0.
        func quantity(
            _ more: [(name: String, value: JSONValue)],
            _ trace: inout CallTrace
        ) async throws(TrytonFailure)
            -> Double
        {
            let context = requests.context(
                company: place.company,
                [("locations", [location]), ("with_childs", true)] + more
            )
            let call = requests.call("product.product.read", [[product], ["quantity"]], context)
            guard let number = TrytonValue.number(try await client.ask(call, &trace).array?.first?["quantity"]) else {
                throw Self.unexpected
            }
            return number
        }
        let onHand = try await quantity([], &trace)
        return StockFigure(onHand: onHand, available: try await quantity([("stock_assign", true)], &trace))
    }

    private static func text(_ name: String, _ fields: OrderFields) throws(TrytonFailure) -> String {
        do throws(CallFailure) {
            return try fields.required(name)
        } catch {
            throw TrytonFailure(failure: error, isPermanent: true)
        }
    }

    private static func number(_ fields: OrderFields, usual: Double = 0) throws(TrytonFailure) -> Double {
        do throws(CallFailure) {
            return try fields.number("quantity") ?? usual
        } catch {
            throw TrytonFailure(failure: error, isPermanent: true)
        }
    }

    /// Tryton refuses more digits than the unit has.
    static func rounded(_ quantity: Double, _ digits: Int) -> Double {
        let scale = pow(10, Double(min(max(digits, 0), 9)))
        let result = (quantity * scale).rounded() / scale
        return result.isFinite ? result : quantity
    }
}

extension TrytonRequests {
    /// An inventory of one item.
    func inventory(
        _ product: JSONValue,
        _ quantity: JSONValue,
        at location: JSONValue,
        _ place: TrytonPlace
    )
        -> RenderedRequest
    {
        let lines: JSONValue = [["create", [["product": product, "quantity": quantity]]]]
        let values: JSONValue = ["company": place.company, "location": location, "lines": lines]
        return call("stock.inventory.create", [[values]], context(company: place.company))
    }

    /// An internal shipment of one item; the key goes with it.
    func shipment(
        _ key: String,
        _ part: TrytonPart,
        from: JSONValue,
        to: JSONValue,
        _ place: TrytonPlace
    )
        -> RenderedRequest
    {
        let values: JSONValue = [
            "company": place.company, "reference": .string(key), "from_location": from, "to_location": to,
            "moves": [["create", [move(part, from: from, to: to, place)]]],
        ]
        return call("stock.shipment.internal.create", [[values]], context(company: place.company))
    }
}
