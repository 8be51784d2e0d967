import ERPConnectors
import Foundation
import PostgreSQL
import Primitives

/// Decides, in the transaction that stores the readings, what becomes of a delivery in view of those before it.
struct DeliveryGuard: Sendable {
    let session: any PostgresSession

    /// Whether a mapping's deliveries depend on others.
    static func isNeeded(_ definition: MappingDefinition) -> Bool {
        definition.options.attaches || definition.options.limit != nil || definition.operation.needsTarget
            || definition.rule?.event == .recurred
    }

    /// Settles a draft: finds the order that it is about, and counts it against the mapping's limit.
    ///
    /// - Returns: nil when its cause is not what the mapping waits for.
    /// - Throws: `PostgresError`.
    func settle(_ draft: DeliveryDraft, _ cause: AlarmTrigger?) async throws -> DeliveryDraft? {
        let definition = draft.mapping.definition
        var draft = draft
        var earlier: OrderTarget?
        if let rule = definition.rule, rule.event == .recurred {
            guard let cause else { return nil }
            let order = try await session.first(
                GuardQueries.earlierOrder(
                    rule: cause.ruleID,
                    device: cause.deviceID,
                    connector: definition.connectorID,
                    except: cause.alarmID
                )
            )
            earlier = order?.target
            if earlier == nil, try await !hasJustEnded(cause, within: rule.within) { return nil }
        }
        if case .dead = draft.beginning { return draft }
        if definition.operation.needsTarget {
            let event = definition.rule?.event
            let target: OrderTarget? =
                switch event {
                case .recurred: earlier
                case .returned: try await order(ofAlarm: cause, draft)
                case .raised, nil: try await openOrder(draft)
                }
            guard let target else {
                return draft.superseded(.noOrder, "No open order is there that this could be about.")
            }
            draft.target = target
        } else if definition.options.attaches, let target = try await openOrder(draft) {
            draft.attach(to: target)
        }
        if let limit = definition.options.limit, try await count(draft, limit) >= limit.perAsset {
            let detail = "There were \(limit.perAsset) for this asset within \(limit.per.text) already."
            return draft.superseded(.limit, detail)
        }
        return draft
    }

    private func hasJustEnded(_ alarm: AlarmTrigger, within: ISODuration?) async throws -> Bool {
        guard let within else { return false }
        let statement = GuardQueries.endedSince(
            alarm.raisedAt.adding(seconds: -within.seconds),
            rule: alarm.ruleID,
            device: alarm.deviceID,
            except: alarm.alarmID,
            raisedAt: alarm.raisedAt
        )
        return try await session.first(statement) ?? false
    }

    private func openOrder(_ draft: DeliveryDraft) async throws -> OrderTarget? {
        let statement = GuardQueries.openOrder(
            connector: draft.mapping.definition.connectorID,
            asset: draft.assetID,
            device: draft.deviceID
        )
        return try await session.first(statement)?.target
    }

    /// The order of an alarm; one that it was merely attached to is not for this alarm to cancel.
    private func order(ofAlarm alarm: AlarmTrigger?, _ draft: DeliveryDraft) async throws -> OrderTarget? {
        guard let alarm else { return nil }
        let statement = GuardQueries.order(
            ofAlarm: alarm.alarmID,
            connector: draft.mapping.definition.connectorID,
            toCancel: draft.operation == .workOrderCancel
        )
        return try await session.first(statement)?.target
    }

    private func count(_ draft: DeliveryDraft, _ limit: MappingLimit) async throws -> Int {
        let statement = GuardQueries.count(
            mapping: draft.mapping.id,
            asset: draft.assetID,
            device: draft.deviceID,
            after: draft.readingTimestamp.adding(seconds: -limit.per.seconds),
            through: draft.readingTimestamp
        )
        return Int(clamping: try await session.first(statement) ?? 0)
    }
}

extension DeliveryDraft {
    fileprivate func superseded(_ reason: SuppressionReason, _ detail: String) -> DeliveryDraft {
        var draft = self
        draft.beginning = .superseded(reason, detail: detail)
        return draft
    }
}
