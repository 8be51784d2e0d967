import HTTPClient
import Primitives

/// Goods movements: material documents that carry the delivery's key as their reference.
extension SAPConnector {
    func post(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> CallOutcome {
        if let movement = try requests.movement(order.operation, fields) {
            return await send(try requests.post(movement, order, fields), &trace)
        }
        guard let increase = options.movementTypes.increase, let decrease = options.movementTypes.decrease else {
            let detail =
                "SAP has no absolute stock figure: set movementTypes.increase and .decrease, or book movements."
            throw CallFailure(reason: "not-configured", detail: detail)
        }
        guard let wanted = try fields.number("quantity"), (0..<1e10).contains(wanted) else {
            throw CallFailure(reason: "field-invalid", detail: "A stock figure is zero or more.")
        }
        let place = requests.place(fields.text("location"))
        guard place.plant != nil, place.storageLocation != nil else {
            let detail = "A stock figure is set at a plant and a storage location: give both."
            throw CallFailure(reason: "field-missing", detail: detail)
        }
        let item = try fields.required("item")
        let figure: Figure
        switch await stockFigure(item, fields.text("location"), &trace) {
        case .failure(let refusal): return refusal.outcome
        case .success(let success): figure = success
        }
        let difference = wanted - figure.unrestricted
        guard abs(difference) >= 0.0005 else {
            return .done(externalID: nil, note: "SAP has \(JSONValue.text(of: figure.unrestricted)) already.")
        }
        let movement = SAPRequests.Movement(
            type: difference > 0 ? increase : decrease,
            isIssue: difference < 0,
            quantity: abs(difference)
        )
        return await send(try requests.post(movement, order, fields), &trace)
    }

    private func send(_ request: RenderedRequest, _ trace: inout CallTrace) async -> CallOutcome {
        switch await change(request, .materialDocument, &trace) {
        case .failure(let refusal): return refusal.outcome
        case .success(let response):
            guard let number = SAPAnswer.entity(in: response).flatMap(Self.documentNumber) else {
                let detail = "SAP answered \(response.status) without the material document's number."
                return .uncertain(reason: "no-id", detail: detail)
            }
            return .done(externalID: number)
        }
    }

    func lookUpMovement(
        _ order: DeliveryOrder,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> LookUpOutcome {
        let found = await list(requests.findMaterialDocument(order.idempotencyKey), &trace)
        switch Self.match(found, SAPRequests.reference(order.idempotencyKey), "ReferenceDocument") {
        case .failure(let refusal): return refusal.failure.failedLookUp
        case .success(nil): return .notFound
        case .success(let document?): return .found(externalID: Self.documentNumber(document))
        }
    }

    /// `4900000012/2026`: numbers are unique within their year.
    private static func documentNumber(_ document: SAPEntity) -> String? {
        guard let number = document.text("MaterialDocument"), let year = document.text("MaterialDocumentYear") else {
            return nil
        }
        return "\(number)/\(year)"
    }

    func checkParts(_ fields: OrderFields, _ trace: inout CallTrace) async throws(CallFailure) -> CallOutcome {
        let item = try fields.required("item")
        let needed = try fields.number("quantity") ?? 1
        switch await stockFigure(item, fields.text("location"), &trace) {
        case .failure(let refusal): return refusal.outcome
        case .success(let figure):
            let amounts = "\(JSONValue.text(of: figure.unrestricted)) \(figure.unit ?? "")".trimmingEnd
            let verdict = figure.unrestricted >= needed ? "enough" : "too little"
            let note = "\(item): \(amounts) unrestricted, \(JSONValue.text(of: needed)) needed: \(verdict)."
            return .done(externalID: nil, note: note)
        }
    }

    func stock(of item: String, at location: String?) async throws(CallFailure) -> StockFigure {
        var trace = CallTrace()
        switch await stockFigure(item, location, &trace) {
        case .failure(let refusal): throw refusal.failure
        case .success(let figure):
            // SAP keeps no row for what is not there, nor for what it does not know.
            if figure.unit == nil { try await requireProduct(item, &trace) }
            return StockFigure(onHand: figure.onHand, available: figure.unrestricted)
        }
    }

    private func requireProduct(_ item: String, _ trace: inout CallTrace) async throws(CallFailure) {
        let path = "A_Product(\(PercentEncoding.encode(ODataLiteral.text(item))))"
        let request = requests.read(.product, path, [("$select", "Product")])
        guard case .failure(let refusal) = await entity(request, &trace) else { return }
        guard refusal.kind == .missing else { throw refusal.failure }
        throw CallFailure(reason: "unknown-item", detail: "SAP has no material “\(item)”.")
    }

    private struct Figure {
        /// Stock of our own of every stock type.
        var onHand = 0.0
        /// Stock that may be used: type 01.
        var unrestricted = 0.0
        var unit: String?
    }

    private func stockFigure(
        _ item: String,
        _ location: String?,
        _ trace: inout CallTrace
    ) async -> Result<Figure, SAPRefusal> {
        let place = requests.place(location)
        let request = requests.findStock(item, plant: place.plant, storageLocation: place.storageLocation)
        return await list(request, &trace).map { list in
            var figure = Figure()
            // Consignment, project and customer stock is not ours to use.
            for row in list where row.text("InventorySpecialStockType") == nil {
                let quantity = row.number("MatlWrhsStkQtyInMatlBaseUnit") ?? 0
                figure.onHand += quantity
                if row.text("InventoryStockType") == "01" { figure.unrestricted += quantity }
                figure.unit = row.text("MaterialBaseUnit") ?? figure.unit
            }
            return figure
        }
    }
}

extension String {
    fileprivate var trimmingEnd: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
