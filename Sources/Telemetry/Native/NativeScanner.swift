import Assets
import Primitives

/// Reads the usual forms of the native JSON in one pass, straight into slots: the hot path of ingest.
///
/// It takes a payload only when it is sure of it, and then says exactly what ``NativeDecoder`` would say. Whatever is
/// faulty or rare (escapes, text beyond ASCII, unknown state texts, nested members that are no metrics, many unknown
/// keys) it leaves to that decoder, which also words the errors.
struct NativeScanner {
    private let table: MetricKeyTable
    private let slotCount: Int
    private let stateCodes: [String: Int32]
    /// The metrics that the object has named so far, one bit each.
    private var seen: [UInt64]

    /// How many unknown keys an object may have.
    private static let maximumUnknown = 8

    init(profile: Profile, stateCodes: [String: Int32]) {
        table = MetricKeyTable(profile.metrics)
        slotCount = profile.slotCount
        self.stateCodes = stateCodes
        seen = [UInt64](repeating: 0, count: table.entries.count / 64 + 1)
    }

    /// Reads a payload and appends its readings.
    ///
    /// - Returns: how many keys were no metrics; nil when the payload is left to the decoder, with nothing appended.
    mutating func scan(
        _ payload: [UInt8],
        receivedAt: Timestamp,
        into readings: inout [NativeDecoder.DecodedReading]
    ) -> Int? {
        guard payload.count <= NativeDecoder.maximumPayload else { return nil }
        let count = readings.count
        let ignored = payload.withUnsafeBufferPointer { bytes -> Int? in
            var cursor = JSONCursor(bytes)
            guard let ignored = document(&cursor, receivedAt, &readings) else { return nil }
            cursor.skipSpace()
            return cursor.isAtEnd ? ignored : nil
        }
        if ignored == nil { readings.removeSubrange(count...) }
        return ignored
    }

    private mutating func document(
        _ cursor: inout JSONCursor,
        _ receivedAt: Timestamp,
        _ readings: inout [NativeDecoder.DecodedReading]
    ) -> Int? {
        cursor.skipSpace()
        guard cursor.take(UInt8(ascii: "[")) else { return reading(&cursor, receivedAt, &readings) }
        var ignored = 0
        var count = 0
        repeat {
            cursor.skipSpace()
            count += 1
            guard count <= NativeDecoder.maximumReadings, let more = reading(&cursor, receivedAt, &readings) else {
                return nil
            }
            ignored += more
            cursor.skipSpace()
        } while cursor.take(UInt8(ascii: ","))
        return cursor.take(UInt8(ascii: "]")) ? ignored : nil
    }

    /// One object.
    private mutating func reading(
        _ cursor: inout JSONCursor,
        _ receivedAt: Timestamp,
        _ readings: inout [NativeDecoder.DecodedReading]
    ) -> Int? {
        guard cursor.take(UInt8(ascii: "{")) else { return nil }
        for index in seen.indices { seen[index] = 0 }
        var values = MetricValues(count: slotCount)
        var timestamp: Timestamp?
        var hasTime = false
        var expected = 0
        var unknown: [Range<Int>] = []
        repeat {
            cursor.skipSpace()
            guard let name = cursor.plainString() else { return nil }
            cursor.skipSpace()
            guard cursor.take(UInt8(ascii: ":")) else { return nil }
            cursor.skipSpace()
            if let index = table.index(of: cursor.bytes(name), expected: expected) {
                guard note(index), set(table.entries[index], &cursor, in: &values) else { return nil }
                expected = index + 1
            } else if cursor.isTime(name) {
                guard !hasTime, let time = time(&cursor, receivedAt) else { return nil }
                hasTime = true
                timestamp = time
            } else {
                guard unknown.count < Self.maximumUnknown, !unknown.contains(where: { cursor.equal($0, name) }),
                    cursor.skipScalar()
                else { return nil }
                unknown.append(name)
            }
            cursor.skipSpace()
        } while cursor.take(UInt8(ascii: ","))
        guard cursor.take(UInt8(ascii: "}")), seen.contains(where: { $0 != 0 }) else { return nil }
        readings.append(.init(timestamp: timestamp, values: values))
        return unknown.count
    }

    /// Notes that a metric was named; false for the second time.
    @inline(__always)
    private mutating func note(_ index: Int) -> Bool {
        let bit: UInt64 = 1 << UInt64(index & 63)
        guard seen[index >> 6] & bit == 0 else { return false }
        seen[index >> 6] |= bit
        return true
    }

    @inline(__always)
    private func set(_ entry: MetricKeyTable.Entry, _ cursor: inout JSONCursor, in values: inout MetricValues) -> Bool {
        switch entry.kind {
        case .gauge, .counter:
            guard let number = cursor.number() else { return cursor.takeNull() }
            values.slots[entry.ordinal] = number
            return true
        case .state: return setState(entry, &cursor, in: &values)
        case .location: return setLocation(entry, &cursor, in: &values)
        }
    }

    private func setState(
        _ entry: MetricKeyTable.Entry,
        _ cursor: inout JSONCursor,
        in values: inout MetricValues
    ) -> Bool {
        if cursor.take("true") {
            values.slots[entry.ordinal] = 1
        } else if cursor.take("false") {
            values.slots[entry.ordinal] = 0
        } else if let text = cursor.plainString() {
            guard let code = stateCodes[cursor.text(text)] else { return false }
            values.slots[entry.ordinal] = Double(code)
        } else {
            return cursor.takeNull()
        }
        return true
    }

    /// Exactly `lat` and `lon`, in either order.
    private func setLocation(
        _ entry: MetricKeyTable.Entry,
        _ cursor: inout JSONCursor,
        in values: inout MetricValues
    ) -> Bool {
        guard cursor.take(UInt8(ascii: "{")) else { return cursor.takeNull() }
        var latitude: Double?
        var longitude: Double?
        repeat {
            cursor.skipSpace()
            let isLatitude = cursor.take("\"lat\"")
            guard isLatitude || cursor.take("\"lon\"") else { return false }
            cursor.skipSpace()
            guard cursor.take(UInt8(ascii: ":")) else { return false }
            cursor.skipSpace()
            guard let number = cursor.number() else { return false }
            if isLatitude {
                guard latitude == nil, -90...90 ~= number else { return false }
                latitude = number
            } else {
                guard longitude == nil, -180...180 ~= number else { return false }
                longitude = number
            }
            cursor.skipSpace()
        } while cursor.take(UInt8(ascii: ","))
        guard cursor.take(UInt8(ascii: "}")), let latitude, let longitude else { return false }
        values.slots[entry.ordinal] = latitude
        values.slots[entry.ordinal + 1] = longitude
        return true
    }

    /// A source time that is accepted.
    private func time(_ cursor: inout JSONCursor, _ receivedAt: Timestamp) -> Timestamp? {
        let time: Timestamp
        if let number = cursor.number() {
            guard (1e11..<1e15).contains(number) else { return nil }
            time = Timestamp(microseconds: Int64((number * 1_000).rounded()))
        } else {
            guard let text = cursor.plainString(), let parsed = Timestamp(rfc3339: cursor.text(text)) else {
                return nil
            }
            time = parsed
        }
        guard time >= .earliestAccepted, time.seconds(since: receivedAt) <= NativeDecoder.maximumLead else {
            return nil
        }
        return time
    }
}
