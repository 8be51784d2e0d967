import Primitives

/// Reads orders out of ERPNext documents.
///
/// Pure.
enum ERPNextOrder {
    /// The fields that ``change(_:_:_:)`` reads.
    static func fields(_ options: ERPNextOptions) -> [String] {
        let common = ["name", "modified", "docstatus", options.referenceField]
        switch options.document {
        case .assetRepair:
            return common + [
                "asset", "repair_status", "description", "completion_date", "actions_performed", "total_repair_cost",
            ]
        case .issue:
            return common + ["subject", "status", "resolution_details"] + (options.equipmentField.map { [$0] } ?? [])
        }
    }

    /// A row of a list as a change; nil when it has no name or time.
    static func change(_ row: JSONValue, _ options: ERPNextOptions, _ time: SiteTime) -> OrderChange? {
        guard let name = JSONPath("name")?.identifier(in: row), let text = row["modified"]?.string,
            let changedAt = time.time(text)
        else { return nil }
        let title =
            switch options.document {
            case .assetRepair: row["description"]?.string?.split(separator: "\n").first.map(String.init)
            case .issue: row["subject"]?.string
            }
        let equipment =
            switch options.document {
            case .assetRepair: row["asset"]?.string
            case .issue: options.equipmentField.flatMap { row[$0]?.string }
            }
        return OrderChange(
            externalID: name,
            idempotencyKey: row[options.referenceField]?.string.nonEmpty,
            title: String((title.nonEmpty ?? name).prefix(255)),
            equipment: equipment.nonEmpty,
            changedAt: changedAt,
            state: state(row, options, time)
        )
    }

    /// A document's state; without the site's time zone it has no times.
    static func state(_ document: JSONValue, _ options: ERPNextOptions, _ time: SiteTime?) -> OrderState {
        func at(_ field: String) -> Timestamp? { document[field]?.string.nonEmpty.flatMap { time?.time($0) } }
        var state: OrderState
        switch options.document {
        case .assetRepair:
            let text = document["repair_status"]?.string ?? "Pending"
            state = OrderState(text, phase(ofRepair: text))
            state.finishedAt = state.phase == .done ? at("completion_date") : nil
            state.outcome = plain(document["actions_performed"])
            if let cost = document["total_repair_cost"]?.double, cost > 0 { state.cost = cost }
        case .issue:
            let text = document["status"]?.string ?? "Open"
            state = OrderState(text, phase(ofIssue: text))
            state.outcome = plain(document["resolution_details"])
            if state.phase == .done, state.outcome?.hasPrefix(ERPNextRequests.cancelled) == true {
                state.phase = .cancelled
            }
            // Renamed in version 15.
            if state.phase == .done { state.finishedAt = at("sla_resolution_date") ?? at("resolution_date") }
        }
        if document["docstatus"]?.integer == 2 {
            state.text = "Cancelled"
            state.phase = .cancelled
        }
        state.assignee = assignee(document["_assign"])
        return state
    }

    private static func phase(ofRepair text: String) -> OrderState.Phase {
        switch text {
        case "Completed": .done
        case "Cancelled": .cancelled
        default: .open
        }
    }

    private static func phase(ofIssue text: String) -> OrderState.Phase {
        switch text {
        case "Open": .open
        case "Resolved", "Closed": .done
        default: .inProgress
        }
    }

    private static func plain(_ value: JSONValue?) -> String? {
        value?.string.map { String(MarkupText.plain($0).prefix(4_000)).withoutNUL }.nonEmpty
    }

    /// A JSON array of user names as text.
    private static func assignee(_ value: JSONValue?) -> String? {
        guard let text = value?.string, let users = (try? JSONValue(parsing: text))?.array else { return nil }
        return users.compactMap(\.string).joined(separator: ", ").nonEmptyText
    }
}

extension String {
    fileprivate var nonEmptyText: String? { isEmpty ? nil : self }
}
