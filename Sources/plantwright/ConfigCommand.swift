import API
import ArgumentParser
import Assets
import Foundation
import HTTPClient
import Logging
import PostgreSQL
import Primitives
import Secrets

/// The command `plantwright config`.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "All configuration as one JSON document.",
        discussion: """
            Works on the database, also on the one that a running server keeps for itself; running servers go by \
            what was applied before the command ends. Ends with 0 when all is well, with 1 when a dry run found \
            differences, with 65 when the document was refused, 66 when it cannot be read, 69 when the database does \
            not answer, 78 when the settings are wrong.
            """,
        subcommands: [Export.self, Apply.self]
    )

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write all configuration, without secrets, always in the same order."
        )

        @OptionGroup var common: CommonFlags
        @Argument(help: "Where to write it; without it, standard output.") var file: String?

        func run() async throws {
            let access = try await ConfigurationAccess(common.settings(), needsKey: false)
            let text = try await access.using { try await $0.export().json.indentedText }
            guard let file, file != "-" else {
                FileHandle.standardOutput.write(Data(text.utf8))
                return
            }
            do {
                try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
            } catch {
                CommandEnd.cannotCreate.end("\(file): cannot be written")
            }
        }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bring the configuration to what a document says, wholly or not at all."
        )

        @OptionGroup var common: CommonFlags
        @Argument(help: "The document; - for standard input.") var file: String
        @Option(help: "Loopback hosts that connectors may name, as the server has it (PLANTWRIGHT_OUTBOUND_ALLOW).")
        var outboundAllow: String?
        @Flag(help: "Only show the differences; exit code 1 when there are any.") var dryRun = false
        @Flag(help: "Delete what the document's sections do not have.") var prune = false

        func run() async throws {
            var more: [String: String] = [:]
            more["OUTBOUND_ALLOW"] = outboundAllow
            let settings = common.settings(more)
            let document = ConfigurationFile(file).document()
            let access = try await ConfigurationAccess(settings, needsKey: document.hasCredentials)
            let report: [String]
            let outcome: ConfigurationOutcome
            do {
                outcome = try await access.using { service in
                    try await ConfigurationAuthor.$current.withValue("plantwright config apply") {
                        try await service.apply(document, isPruning: prune, isDryRun: dryRun)
                    }
                }
                report = ConfigurationReport(outcome).lines
            } catch let input as InvalidInput {
                CommandEnd.badData.end(
                    (["\(file): refused, nothing was changed"] + input.issues.map(\.line)).joined(separator: "\n")
                )
            }
            for line in report { Console.say(line) }
            for note in access.notes { Console.printError(note) }
            if dryRun, !outcome.differences.isEmpty { throw ExitCode(1) }
        }
    }
}

/// A document in a file, or from standard input.
private struct ConfigurationFile {
    let path: String

    init(_ path: String) { self.path = path }

    func document() -> ConfigurationDocument {
        let data: Data
        do {
            data =
                path == "-"
                ? FileHandle.standardInput.readDataToEndOfFile() : try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            CommandEnd.noInput.end("\(path): cannot be read")
        }
        do throws(JSONSyntaxError) {
            let value = try JSONValue(parsing: [UInt8](data))
            do throws(InvalidInput) {
                return try ConfigurationDocument(value)
            } catch {
                CommandEnd.badData.end(
                    (["\(path): refused, nothing was changed"] + error.issues.map(\.line)).joined(separator: "\n")
                )
            }
        } catch {
            CommandEnd.badData.end("\(path): not valid JSON: \(error.message)")
        }
    }
}

/// The differences as people read them.
struct ConfigurationReport {
    private let outcome: ConfigurationOutcome

    init(_ outcome: ConfigurationOutcome) { self.outcome = outcome }

    var lines: [String] {
        var lines: [String] = []
        for difference in outcome.differences where difference.kind == .deleted { lines += Self.lines(difference) }
        for difference in outcome.differences where difference.kind != .deleted { lines += Self.lines(difference) }
        for missing in outcome.missingCredentials {
            lines.append("! connector \(missing.connector) (\(missing.kind)) needs its credentials entered")
        }
        func part(_ count: Int, _ word: String) -> String { "\(count) \(word)" }
        let counts = [
            part(outcome.count(.created), "created"), part(outcome.count(.changed), "changed"),
            part(outcome.count(.deleted), "deleted"), part(outcome.unchanged, "left alone"),
        ]
        return lines + [counts.joined(separator: ", ") + (outcome.isDryRun ? " (dry run: nothing was written)" : "")]
    }

    private static func lines(_ difference: ConfigurationDifference) -> [String] {
        let sign =
            switch difference.kind {
            case .created: "+"
            case .changed: "~"
            case .deleted: "-"
            }
        let head = "\(sign) \(difference.section.singular) \(difference.key)"
        if difference.kind != .changed { return [head] }
        return [head]
            + difference.fields.map { field in
                "    \(field.pointer): \(field.before?.text ?? "absent") → \(field.after?.text ?? "absent")"
            }
    }
}
