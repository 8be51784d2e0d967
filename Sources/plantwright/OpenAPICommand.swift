import ArgumentParser
import Foundation
import Logging
import PostgreSQL
import Primitives

/// The command `plantwright openapi`.
struct OpenAPICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi",
        abstract: "Print the OpenAPI 3.1 document of the API."
    )

    @OptionGroup var common: CommonFlags

    func run() async throws {
        var settings = common.settings()
        // The routes are described without being served: nothing is connected, and the key is one for the moment.
        settings.secretKeyFile = NSTemporaryDirectory() + "plantwright-openapi-\(UUID().uuidString).key"
        defer { try? FileManager.default.removeItem(atPath: settings.secretKeyFile) }
        let server = PlantwrightServer(settings: settings, logger: Logger(label: "plantwright"))
        let nowhere = try PostgresConfiguration(url: "postgresql://nobody@localhost/none")
        Console.say(try server.describe(database: nowhere).text)
    }
}
