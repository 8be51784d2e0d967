import Assets
import ERPConnectors
import Foundation
import Primitives

/// Plays the guards of a mapping over history: what ``DeliveryGuard`` asks the database is kept in memory here.
///
/// Orders are those that the ERP had at the time, and those that the mapping would have made: such a one counts as open
/// until its alarm ended. Causes come in the order of their times.
struct PastGuards: Sendable {
    /// An asset, or a device where there is no asset.
    private enum Place: Hashable {
        case asset(Int32)
        case device(Int32)
    }

    private let definition: MappingDefinition
    private var orders: [Place: [PastOrder]] = [:]
    private var ordersOfAlarm: [UUID: [PastOrder]] = [:]
    private var ordersOfDevice: [Int32: [PastOrder]] = [:]
    private var times: [Place: [Timestamp]] = [:]
    private var lastEnd: [Int32: Timestamp] = [:]

    init(_ definition: MappingDefinition, orders past: [PastOrder]) {
        self.definition = definition
        for order in past {
            if let asset = order.assetID { orders[.asset(asset), default: []].append(order) }
            if let device = order.deviceID {
                orders[.device(device), default: []].append(order)
                if order.ruleID != nil { ordersOfDevice[device, default: []].append(order) }
            }
            if let alarm = order.alarmID { ordersOfAlarm[alarm, default: []].append(order) }
        }
    }

    /// Decides on a cause whose fields are computed.
    ///
    /// - Parameters:
    ///   - cause: the cause.
    ///   - ended: when its alarm ended; nil for none.
    ///   - isAttached: set when it would become a remark on an open order.
    /// - Returns: why there is no call; nil when there is one.
    mutating func settle(_ cause: DeliveryCause, ended: Timestamp?, isAttached: inout Bool) -> SuppressionReason? {
        let place = cause.assetID.map(Place.asset) ?? .device(cause.device.id)
        let time = cause.timestamp
        var earlier = false
        if let rule = definition.rule, rule.event == .recurred {
            earlier =
                ordersOfDevice[cause.device.id]?.contains { order in
                    order.ruleID == rule.ruleID && order.alarmID != cause.alarm?.alarmID && order.isOpen(at: time)
                } == true
            let since = lastEnd[cause.device.id]
            if let ended { lastEnd[cause.device.id] = max(ended, since ?? ended) }
            let isSoon = since.flatMap { end in rule.within.map { time.seconds(since: end) <= $0.seconds } } == true
            if !earlier, !isSoon { return .notRecurred }
        }
        let isOpen = orders[place]?.contains { $0.isOpen(at: time) } == true
        if definition.operation.needsTarget {
            let hasTarget: Bool =
                switch definition.rule?.event {
                case .recurred: earlier
                case .returned:
                    ordersOfAlarm[cause.alarm?.alarmID ?? UUID.none]?.contains { $0.isOpen(at: time) } == true
                case .raised, nil: isOpen
                }
            if !hasTarget { return .noOrder }
        } else if definition.options.attaches, isOpen {
            isAttached = true
        }
        if let limit = definition.options.limit {
            let start = time.adding(seconds: -limit.per.seconds)
            times[place, default: []].removeAll { $0 <= start }
            if times[place]?.count ?? 0 >= limit.perAsset { return .limit }
            times[place, default: []].append(time)
        }
        if definition.options.attaches, !isAttached {
            let order = PastOrder(
                alarmID: cause.alarm?.alarmID,
                deviceID: cause.device.id,
                assetID: cause.assetID,
                createdAt: time,
                doneAt: ended
            )
            orders[place, default: []].removeAll { $0.doneAt.map { $0 <= time } == true }
            orders[place, default: []].append(order)
        }
        return nil
    }
}

extension UUID {
    /// The nil UUID (RFC 9562 section 5.9): nothing has it.
    static let none = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
}
