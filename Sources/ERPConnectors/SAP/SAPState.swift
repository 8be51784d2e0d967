import Primitives

/// What SAP's statuses and phases mean.
///
/// System statuses are read in English (`sap-language=EN`): CRTD, REL, PCNF, CNF, TECO, CLSD, DLFL and NCMP (“do not
/// execute”), https://help.sap.com/saphelp_erp60_sp/helpdata/en/29/cab65334e6b54ce10000000a174cb4/content.htm . Where
/// they say nothing, the process phase does: 07 execution, 08 post-execution, 09 completion.
enum SAPState {
    /// The properties of a notification that a state is made of.
    static let notificationFields = [
        "MaintenanceNotification", "NotificationText", "MaintNotifExtReferenceNumber", "MaintenanceOrder",
        "NotifProcessingPhase", "NotifProcessingPhaseDesc", "MaintNotifProcessPhaseCode", "EAMProcessSubPhaseCodeDesc",
        "MaintNotifRejectionReasonCode", "TechnicalObject", "TechObjIsEquipOrFuncnlLoc", "TechnicalObjectLabel",
        "PersonResponsible", "RequiredEndDate", "LastChangeDateTime", "MaintNotificationLongText",
        "MaintNotifLongTextForEdit", "MaintNotificationCodeGroup", "MaintNotificationCode",
    ]

    /// The properties of an order that a state is made of.
    static let orderFields = [
        "MaintenanceOrder", "MaintenanceOrderDesc", "MaintenanceNotification", "Equipment", "SystemStatusText",
        "MaintOrdProcessPhaseCode", "MaintOrdPersonResponsible", "MaintOrdBasicEndDateTime",
        "MaintOrderReferenceDateTime", "LastChangeDateTime",
    ]

    /// What a cancellation writes into the long text: a completed notification without an order says nothing of it.
    static let cancelled = "Cancelled: "

    /// The state of a work order: of its notification, unless it is an order without one; of its order, if it has one;
    /// with the notification's items, which name the damage that was found.
    static func state(_ notification: SAPEntity?, _ order: SAPEntity?, items: [SAPEntity] = []) -> OrderState {
        var state: OrderState
        if let order {
            let statuses = order.text("SystemStatusText")
            state = OrderState(
                bounded(statuses ?? "phase \(order.text("MaintOrdProcessPhaseCode") ?? "?")"),
                phase(order)
            )
            state.number = order.text("MaintenanceOrder")
            state.assignee = order.text("MaintOrdPersonResponsible")
            state.dueAt = order.time("MaintOrdBasicEndDateTime")
            if state.phase == .done { state.finishedAt = order.time("MaintOrderReferenceDateTime") }
        } else {
            let entity = notification ?? SAPEntity(.null)
            let text = entity.text("EAMProcessSubPhaseCodeDesc") ?? entity.text("NotifProcessingPhaseDesc")
            state = OrderState(
                bounded(text ?? entity.text("NotifProcessingPhase") ?? "?"),
                phase(ofNotification: entity)
            )
            state.dueAt = entity.time("RequiredEndDate")
        }
        if state.assignee == nil { state.assignee = notification?.text("PersonResponsible") }
        if let damage = items.compactMap({ code($0, "MaintNotifDamageCodeGroup", "MaintNotificationDamageCode") }).first
        {
            state.failureCode = damage
        } else if let notification {
            state.failureCode = code(notification, "MaintNotificationCodeGroup", "MaintNotificationCode")
        }
        let texts = items.flatMap { [$0.text("MaintNotifDamageCodeName"), $0.text("MaintNotifItemText")] }
            .compactMap(\.self)
        if !texts.isEmpty { state.outcome = bounded(texts.joined(separator: "; ")) }
        return state
    }

    /// Where an order stands.
    static func phase(_ order: SAPEntity) -> OrderState.Phase {
        let statuses = statuses(order)
        if !statuses.isDisjoint(with: ["DLFL", "DLT", "NCMP"]) { return .cancelled }
        if !statuses.isDisjoint(with: ["TECO", "CLSD"]) { return .done }
        if !statuses.isDisjoint(with: ["CNF", "PCNF"]) { return .inProgress }
        switch order.text("MaintOrdProcessPhaseCode") {
        case "09": return .done
        case "07", "08": return .inProgress
        default: return .open
        }
    }

    /// Where a notification without an order stands; its phases are 1 outstanding, 2 postponed, 3 in process,
    /// 4 completed, 5 deletion flag.
    static func phase(ofNotification notification: SAPEntity) -> OrderState.Phase {
        if notification.text("MaintNotifRejectionReasonCode") != nil { return .cancelled }
        switch notification.text("NotifProcessingPhase") {
        case "3": return .inProgress
        case "4": return longText(notification).contains(cancelled) ? .cancelled : .done
        case "5": return .cancelled
        default: return .open
        }
    }

    /// Whether an order may be worked on.
    static func isReleased(_ order: SAPEntity) -> Bool {
        !statuses(order).isDisjoint(with: ["REL", "PCNF", "CNF", "TECO", "CLSD", "DLFL", "NCMP"])
    }

    /// All that the long text shows, in the order of the properties.
    static func longText(_ notification: SAPEntity) -> String {
        [notification.text("MaintNotificationLongText"), notification.text("MaintNotifLongTextForEdit")]
            .compactMap(\.self).joined(separator: "\n")
    }

    /// A number without leading zeros, which services write differently.
    static func bare(_ number: String) -> String {
        let rest = number.drop { $0 == "0" }
        return rest.isEmpty ? number : String(rest)
    }

    private static func statuses(_ order: SAPEntity) -> Set<String> {
        Set((order.text("SystemStatusText") ?? "").split(whereSeparator: \.isWhitespace).map { $0.uppercased() })
    }

    private static func code(_ entity: SAPEntity, _ group: String, _ name: String) -> String? {
        guard let code = entity.text(name) else { return nil }
        return entity.text(group).map { "\($0)/\(code)" } ?? code
    }

    private static func bounded(_ text: String) -> String { String(text.prefix(255)) }
}
