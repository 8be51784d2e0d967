import Glibc
import Logging
import Primitives

/// Writes one logfmt line per message to standard error:
/// `time=2026-11-22T15:54:07.000Z level=info logger=ingest msg="batch committed" rows=2000`.
public struct LogfmtHandler: LogHandler {
    /// Messages below it are dropped.
    public var logLevel: Logger.Level
    /// Fields of every line.
    public var metadata: Logger.Metadata = [:]
    /// Asked for more fields at every line.
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let clock: WallClock
    private let write: @Sendable (String) -> Void

    /// Makes a handler.
    ///
    /// - Parameters:
    ///   - label: the logger's name.
    ///   - level: messages below it are dropped.
    ///   - clock: where the time of a line comes from.
    ///   - write: takes one line with its line feed.
    public init(
        label: String,
        level: Logger.Level,
        clock: WallClock = .system,
        write: @escaping @Sendable (String) -> Void = LogfmtHandler.writeToStandardError
    ) {
        self.label = label
        logLevel = level
        self.clock = clock
        self.write = write
    }

    /// Makes all loggers of the process write in this way; call it once, at the start.
    public static func bootstrap(level: Logger.Level) {
        LoggingSystem.bootstrap { label in LogfmtHandler(label: label, level: level) }
    }

    /// Reads or sets a field of every line.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one message.
    public func log(event: LogEvent) {
        var line = "time=\(clock.now.rfc3339) level=\(event.level.rawValue) logger=\(Self.value(label))"
        line += " msg=\(Self.value(event.message.description, alwaysQuoted: true))"
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let own = event.metadata { fields.merge(own) { $1 } }
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            line += " \(Self.key(name))=\(Self.value(value.description))"
        }
        if let error = event.error { line += " error=\(Self.value("\(error)"))" }
        write(line + "\n")
    }

    /// Writes a line to standard error in one piece.
    public static func writeToStandardError(_ line: String) {
        var line = line
        line.withUTF8 { bytes in
            _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }

    /// A field's name without the characters that end one.
    private static func key(_ name: String) -> String {
        String(name.map { $0.isWhitespace || $0 == "=" || $0 == "\"" ? "_" : $0 })
    }

    /// A field's value, quoted when it must be; never with a line break in it.
    private static func value(_ text: String, alwaysQuoted: Bool = false) -> String {
        let isPlain = text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "=" && $0 != "\"" && $0.value != 0x7F }
        if isPlain, !text.isEmpty, !alwaysQuoted { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7F {
                    quoted += "\u{FFFD}"
                } else {
                    quoted.unicodeScalars.append(scalar)
                }
            }
        }
        return quoted + "\""
    }
}
