/// Which device sends the next message of a load, and with which source time: a pure state machine.
///
/// Devices take turns. A device's times rise by at least a millisecond. With a fixed number of messages and no limit of
/// the rate they rise by exactly one and end at the time of the start; else they follow the clock, and run ahead of it
/// where a device sends more than one message in a millisecond.
struct LoadSchedule: Sendable {
    /// How far source times may run ahead of the clock, in milliseconds: receivers refuse more than an hour.
    static let maximumLead: Int64 = 50 * 60_000

    private var last: [Int64]
    private var turn = 0
    private let followsClock: Bool

    /// Makes a schedule that starts now, in milliseconds since the Unix epoch.
    init(devices: Int, messages: Int, rate: Double, now: Int64) {
        followsClock = messages == 0 || rate > 0
        let perDevice = Int64((messages + devices - 1) / devices)
        last = [Int64](repeating: followsClock ? now - 1 : now - perDevice, count: devices)
    }

    /// The next message.
    ///
    /// - Returns: nil while its time would be too far ahead.
    mutating func next(now: Int64) -> (device: Int, milliseconds: Int64)? {
        let following = last[turn] + 1
        let time = followsClock ? max(following, now) : following
        guard time - now <= Self.maximumLead else { return nil }
        let device = turn
        last[device] = time
        turn = (turn + 1) % last.count
        return (device, time)
    }
}
