import Primitives

/// Reads productions and tasks.
///
/// Pure.
struct TrytonOrderReading {
    let options: TrytonOptions

    /// What a record and its notes say about an order.
    func change(
        _ value: JSONValue,
        _ record: TrytonRecord,
        _ notes: [TrytonNote],
        _ place: TrytonPlace
    ) -> OrderChange {
        switch record.orderModel {
        case .production: production(value, record, notes, place)
        case .task: task(value, record, notes)
        }
    }

    private func production(
        _ value: JSONValue,
        _ record: TrytonRecord,
        _ notes: [TrytonNote],
        _ place: TrytonPlace
    ) -> OrderChange {
        let word = value["state"]?.string ?? ""
        var state = OrderState(String(word.prefix(255)), Self.phase(ofProduction: word))
        state.number = value["number"]?.string
        let workers = ["done_by.", "run_by.", "assigned_by."].compactMap { value[$0]?["rec_name"]?.string }
        state.assignee = workers.first
        state.dueAt = TrytonValue.timestamp(value["planned_date"])
        state.startedAt = TrytonValue.timestamp(value["effective_start_date"])
        if state.phase == .done { state.finishedAt = TrytonValue.timestamp(value["effective_date"]) }
        state.cost = TrytonValue.number(value["cost"])
        state.currency = state.cost == nil ? nil : place.currencyCode
        state.outcome = outcome(state.phase, notes)
        let key = value["reference"]?.string.flatMap { TrytonTexts.key(of: $0) }
        // The note that came with the order; people write others.
        let own = notes.first { $0.key != nil && $0.key == key }.map { TrytonTexts.parts(of: $0.text) }
        return OrderChange(
            externalID: record.name,
            idempotencyKey: key,
            title: own?.title ?? value["rec_name"]?.string ?? record.name,
            equipment: own?.equipment ?? value["work_center."]?["name"]?.string,
            changedAt: TrytonCursor.of(value).time,
            state: state
        )
    }

    private func task(_ value: JSONValue, _ record: TrytonRecord, _ notes: [TrytonNote]) -> OrderChange {
        let status = value["status."]?["name"]?.string ?? ""
        let progress = max(
            TrytonValue.number(value["progress"]) ?? 0,
            TrytonValue.number(value["status."]?["progress"]) ?? 0
        )
        let phase: OrderState.Phase =
            status == options.cancelledStatus
            ? .cancelled : progress >= 1 ? .done : progress > 0 ? .inProgress : .open
        var state = OrderState(String(status.prefix(255)), phase)
        state.outcome = outcome(phase, notes)
        let comment = value["comment"]?.string ?? ""
        let own = TrytonTexts.parts(of: comment)
        let parent = value["parent."]?["name"]?.string
        return OrderChange(
            externalID: record.name,
            idempotencyKey: own.key,
            title: value["name"]?.string ?? record.name,
            equipment: own.equipment ?? (options.equipment == .project ? parent : nil),
            changedAt: TrytonCursor.of(value).time,
            state: state
        )
    }

    /// The last note that a person wrote.
    private func outcome(_ phase: OrderState.Phase, _ notes: [TrytonNote]) -> String? {
        guard phase == .done else { return nil }
        return notes.last { $0.key == nil }.map { String($0.text.prefix(4_000)).withoutNUL }
    }

    /// Tryton 5.6 and older said `cancel`.
    static func phase(ofProduction state: String) -> OrderState.Phase {
        switch state {
        case "running": .inProgress
        case "done": .done
        case "cancelled", "cancel": .cancelled
        default: .open
        }
    }
}
