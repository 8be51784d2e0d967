import Primitives

extension SAPRequests {
    /// The most that `MaintNotifLongTextForEdit` takes, in characters.
    static let longTextLength = 1_333

    /// Makes a notification that carries the delivery's key.
    func createNotification(_ order: DeliveryOrder, _ fields: OrderFields) throws(CallFailure) -> RenderedRequest {
        var body: JSONObject = [
            "NotificationType": .string(fields.text("workType") ?? options.notificationType),
            "NotificationText": .string(try fields.required("title")),
            "MaintNotifExtReferenceNumber": .string(Self.reference(order.idempotencyKey)),
        ]
        try addShared(fields, &body)
        if let text = longText(fields) { body["MaintNotifLongTextForEdit"] = .string(text) }
        if let plant = options.planningPlant { body["MaintenancePlanningPlant"] = .string(plant) }
        if let center = options.workCenter {
            body["MainWorkCenter"] = .string(center)
            if let plant = options.plant { body["MainWorkCenterPlant"] = .string(plant) }
        }
        if let isDown = fields.bool("breakdown") { body["MaintenanceObjectIsDown"] = .bool(isDown) }
        return create(.notification, "MaintenanceNotification", body)
    }

    /// The changes to a notification; empty when there is nothing to change.
    func notificationChanges(_ fields: OrderFields) throws(CallFailure) -> JSONObject {
        var body: JSONObject = [:]
        if let title = fields.text("title") { body["NotificationText"] = .string(title) }
        try addShared(fields, &body)
        return body
    }

    /// The changes to the order of a notification; empty when there is nothing to change.
    func orderChanges(_ fields: OrderFields) -> JSONObject {
        var body: JSONObject = [:]
        if let title = fields.text("title") { body["MaintenanceOrderDesc"] = .string(title) }
        if let priority = fields.text("priority") { body["MaintPriority"] = .string(options.priority(priority)) }
        return body
    }

    private func addShared(_ fields: OrderFields, _ body: inout JSONObject) throws(CallFailure) {
        if let priority = fields.text("priority") { body["MaintPriority"] = .string(options.priority(priority)) }
        if let equipment = fields.text("equipment") {
            body["TechnicalObject"] = .string(Self.equipmentNumber(equipment))
            body["TechObjIsEquipOrFuncnlLoc"] = "EAMS_EQUI"
        }
        guard let failure = fields.text("failureCode") else { return }
        let parts = failure.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, (1...8).contains(parts[0].count), (1...4).contains(parts[1].count) else {
            let detail = "“failureCode” must be a code group and a code of the catalog profile: GROUP/CODE."
            throw CallFailure(reason: "field-invalid", detail: detail)
        }
        body["MaintNotificationCodeGroup"] = .string(parts[0])
        body["MaintNotificationCode"] = .string(parts[1])
    }

    /// Makes the order of a notification, with an operation and the part to reserve.
    func createOrder(ofNotification number: String, _ fields: OrderFields) throws(CallFailure) -> RenderedRequest {
        let title = try fields.required("title")
        var body: JSONObject = [
            "MaintenanceOrderType": .string(options.orderType ?? ""),
            "MaintenanceOrderDesc": .string(title),
            "MaintenanceNotification": .string(number),
        ]
        if let equipment = fields.text("equipment") { body["Equipment"] = .string(equipment.uppercased()) }
        if let plant = options.planningPlant { body["MaintenancePlanningPlant"] = .string(plant) }
        if let priority = fields.text("priority") { body["MaintPriority"] = .string(options.priority(priority)) }
        var operation: JSONObject = [
            "MaintenanceOrderOperation": "0010", "OperationDescription": .string(title),
        ]
        if let key = options.controlKey { operation["OperationControlKey"] = .string(key) }
        if let center = options.workCenter {
            body["MainWorkCenter"] = .string(center)
            operation["WorkCenter"] = .string(center)
            if let plant = options.plant {
                body["MainWorkCenterPlant"] = .string(plant)
                operation["Plant"] = .string(plant)
            }
        }
        if let component = try component(fields) {
            operation["to_MaintOrderOpComponent"] = ["results": [.object(component)]]
        }
        body["to_MaintenanceOrderOperation"] = ["results": [.object(operation)]]
        return create(.order, "MaintenanceOrder", body)
    }

    private func component(_ fields: OrderFields) throws(CallFailure) -> JSONObject? {
        guard let item = fields.text("item") else { return nil }
        let number = try fields.number("quantity") ?? 1
        guard let quantity = ODataLiteral.quantity(number) else { throw Self.unusable(quantity: number) }
        var component: JSONObject = ["Product": .string(item), "QuantityInUnitOfEntry": .string(quantity)]
        if let unit = fields.text("unit") { component["UnitOfEntry"] = .string(unit) }
        if let plant = options.plant { component["Plant"] = .string(plant) }
        if let location = options.storageLocation { component["StorageLocation"] = .string(location) }
        return component
    }

    /// Releases an order.
    func release(order number: String) -> RenderedRequest {
        call(.order, "ReleaseMaintenanceOrder", [("MaintenanceOrder", ODataLiteral.text(number))])
    }

    /// Says that an order is not carried out, and closes its notification.
    func cancel(order number: String) -> RenderedRequest {
        let parameters = [
            (name: "MaintenanceOrder", value: ODataLiteral.text(number)),
            (name: "AssignedMaintNotifIsToBeClosed", value: "true"),
        ]
        return call(.order, "SetMaintOrderToDoNotExecute", parameters)
    }

    /// Completes a notification.
    func complete(notification number: String, etag: String?) -> RenderedRequest {
        let parameters = [(name: "MaintenanceNotification", value: ODataLiteral.text(number))]
        return call(.notification, "CompleteMaintNotification", parameters, etag: etag)
    }

    /// Numbers of SAP's own range stand with their leading zeros here, unlike in the equipment service.
    static func equipmentNumber(_ reference: String) -> String {
        guard reference.count < 18, !reference.isEmpty, reference.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            return reference.uppercased()
        }
        return String(repeating: "0", count: 18 - reference.count) + reference
    }

    static func unusable(quantity: Double) -> CallFailure {
        let text = JSONValue.text(of: quantity)
        let detail = "SAP takes quantities from 0.001 to 9,999,999,999.999, not \(text)."
        return CallFailure(reason: "field-invalid", detail: detail)
    }

    /// Description and link; the link stays whole.
    private func longText(_ fields: OrderFields) -> String? {
        let link = fields.text("link")
        let room = Self.longTextLength - (link.map { $0.count + 2 } ?? 0)
        guard room > 0 else { return fields.text("description") }
        let description = fields.text("description").map { FormField("", "", "", maximumLength: room).fit($0) }
        let parts = [description, link].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "\n\n")
    }
}
