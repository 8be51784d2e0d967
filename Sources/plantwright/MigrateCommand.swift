import ArgumentParser
import Foundation
import Logging
import PostgreSQL

/// The command `plantwright migrate`.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the database's schema up to date."
    )

    @OptionGroup var common: CommonFlags
    @Flag(help: "Only tell what is missing; exit code 1 when something is.") var check = false

    func run() async throws {
        let settings = common.settings()
        guard let database = settings.database else {
            Console.end(
                InvalidConfiguration(reasons: ["DATABASE_URL: needed here; the embedded database migrates at start"])
            )
        }
        let migrator = try Migrator(
            directory: settings.assetsDirectory + "/Migrations",
            logger: Logger(label: "plantwright")
        )
        do {
            try await run(migrator, database)
        } catch let code as ExitCode {
            throw code
        } catch {
            CommandEnd.fail(error)
        }
    }

    private func run(_ migrator: Migrator, _ database: PostgresConfiguration) async throws {
        if check {
            let pending = try await migrator.check(database)
            for name in pending { Console.say("pending: \(name)") }
            guard pending.isEmpty else { throw ExitCode(1) }
            Console.say("The schema is up to date.")
        } else {
            let applied = try await migrator.apply(to: database)
            for name in applied { Console.say("applied: \(name)") }
            if applied.isEmpty { Console.say("The schema is up to date.") }
        }
    }
}
