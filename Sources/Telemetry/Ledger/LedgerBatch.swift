import Primitives

/// The ledger lines of one batch in columns; a column of zeros is nil.
struct LedgerBatch {
    let at: Timestamp
    let devices: [Int32]
    let received: [Int64]
    let stored: [Int64]?
    let merged: [Int64]?
    let duplicate: [Int64]?
    let conflict: [Int64]?
    let late: [Int64]?
    let rejected: [Int64]?
    let gaps: [Int64]?
    let gapSeconds: [Double]?
    let sequenceGaps: [Int64]?
    let leastDelay: [Double?]?

    /// Makes columns of lines, for the day of `at`.
    init(_ lines: [Int32: LedgerLine], at: Timestamp) {
        let entries = lines.sorted { $0.key < $1.key }
        func column<Number: Numeric>(_ field: KeyPath<LedgerLine, Number>) -> [Number]? {
            let numbers = entries.map { $0.value[keyPath: field] }
            return numbers.allSatisfy { $0 == .zero } ? nil : numbers
        }
        self.at = at
        devices = entries.map(\.key)
        received = entries.map(\.value.received)
        stored = column(\.stored)
        merged = column(\.merged)
        duplicate = column(\.duplicate)
        conflict = column(\.conflict)
        late = column(\.late)
        rejected = column(\.rejected)
        gaps = column(\.gaps)
        gapSeconds = column(\.gapSeconds)
        sequenceGaps = column(\.sequenceGaps)
        let delays = entries.map(\.value.leastDelay)
        leastDelay = delays.contains { $0 != nil } ? delays : nil
    }
}
