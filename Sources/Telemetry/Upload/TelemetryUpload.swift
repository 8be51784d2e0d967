import Assets
import Decoders
import Primitives

/// Readings of one device that come as a file: NDJSON or CSV, of any length, at constant memory.
///
/// They are committed in portions. After a failure the same file can be sent again: what is stored already is found to
/// be a duplicate.
public struct TelemetryUpload: Sendable {
    /// What the bytes are.
    public enum Format: Sendable {
        /// One JSON object or array of objects a line.
        case lines
        /// `ts,<metric keys>`, then one reading a line.
        case csv
    }

    /// A line that was refused.
    public struct Fault: Sendable {
        /// The line, counted from 1.
        public var line: Int
        /// Why.
        public var rejection: Rejection
    }

    /// What became of the lines so far.
    public struct Progress: Sendable {
        /// The last line that was looked at.
        public var line = 0
        /// Readings accepted.
        public var counts = ReadingCounts()
        /// Lines refused.
        public var rejected = 0
        /// The first of them.
        public var faults: [Fault] = []
        /// Columns that are no metrics.
        public var ignoredColumns: [String] = []
    }

    /// How many lines are committed at once.
    static let portion = 2_000
    /// How many refused lines are told.
    static let maximumFaults = 100

    private let format: Format
    private let device: Device
    private let profile: Profile
    private let evaluates: Bool
    private let writer: IngestWriter
    private let clock: WallClock
    private var splitter: RecordSplitter
    private var columns: CSVColumns?
    private var waiting: [RecordSplitter.Record] = []
    /// What became of the lines so far.
    public private(set) var progress = Progress()

    /// Begins an upload.
    ///
    /// - Parameters:
    ///   - format: what the bytes are.
    ///   - device: whose readings they are.
    ///   - profile: the device's profile.
    ///   - evaluates: whether rules and mappings see the readings; no for history.
    ///   - writer: where they go.
    ///   - clock: the time of receipt.
    public init(
        _ format: Format,
        device: Device,
        profile: Profile,
        evaluates: Bool,
        writer: IngestWriter,
        clock: WallClock
    ) {
        self.format = format
        self.device = device
        self.profile = profile
        self.evaluates = evaluates
        self.writer = writer
        self.clock = clock
        splitter = RecordSplitter(heedsQuotes: format == .csv)
    }

    /// Whether what comes first, and decides about all the rest, is read.
    public var isBegun: Bool { format == .lines || columns != nil }

    /// Whether enough lines wait to be committed.
    public var isPortionFull: Bool { waiting.count >= Self.portion }

    /// Takes more bytes; nothing is committed.
    ///
    /// - Parameter bytes: what follows what was taken before.
    /// - Throws: when the file as a whole cannot be read.
    public mutating func take(_ bytes: [UInt8]) throws(Rejection) {
        try admit(try splitter.take(bytes))
    }

    /// Takes the end of the file; what waits is still to be committed.
    ///
    /// - Throws: as ``take(_:)``; also when a CSV file has no header.
    public mutating func finish() throws(Rejection) {
        if let last = splitter.finish() { try admit([last]) }
        guard isBegun else {
            throw Rejection(.badShape, "The file is empty; its first line must name the columns, as in: ts,\(keys)")
        }
    }

    private var keys: String { profile.metrics.map(\.key).joined(separator: ",") }

    /// Whether nothing waits to be committed.
    public var isDone: Bool { waiting.isEmpty }

    private mutating func admit(_ records: [RecordSplitter.Record]) throws(Rejection) {
        var records = records[...]
        if format == .csv, columns == nil, let header = records.popFirst() {
            let columns = try CSVColumns(header: header.bytes, profile: profile)
            progress.ignoredColumns = columns.ignored
            progress.line = header.line
            self.columns = columns
        }
        waiting += records
    }

    /// Commits a portion of what waits.
    ///
    /// - Throws: what ``IngestWriter/write(_:)`` throws; the portion is then still waiting.
    public mutating func commit() async throws {
        let now = clock.now
        var lines: [Int] = []
        var messages: [TelemetryMessage] = []
        for record in waiting.prefix(Self.portion) {
            progress.line = record.line
            do throws(Rejection) {
                let payload = try columns?.document(record).bytes ?? record.bytes
                lines.append(record.line)
                messages.append(
                    TelemetryMessage(
                        sender: .device(device.id),
                        topic: "upload",
                        payload: payload,
                        receivedAt: now,
                        keepsRejected: false
                    )
                )
            } catch {
                note(error, line: record.line)
            }
        }
        let fates = try await evaluates ? writer.write(messages) : writer.importHistory(messages)
        for (line, fate) in zip(lines, fates) {
            switch fate {
            case .accepted(let counts): progress.counts += counts
            case .rejected(let rejection): note(rejection, line: line)
            case .quarantined: note(Rejection(.badShape, "The device is gone."), line: line)
            }
        }
        waiting.removeFirst(min(Self.portion, waiting.count))
    }

    private mutating func note(_ rejection: Rejection, line: Int) {
        progress.rejected += 1
        if progress.faults.count < Self.maximumFaults {
            progress.faults.append(Fault(line: line, rejection: rejection))
        }
    }
}
