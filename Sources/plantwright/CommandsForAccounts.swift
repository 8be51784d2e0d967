import Accounts
import ArgumentParser
import Embedded
import Foundation
import HTTPServer
import Logging
import PostgreSQL
import Primitives
import Secrets

/// Opens the installation's database from a second process, also an embedded one that a running server keeps.
struct InstallationAccess {
    let pool: PostgresPool
    let accounts: AccountStore

    init(_ settings: Settings) throws {
        let configuration: PostgresConfiguration
        if let database = settings.database {
            configuration = database
        } else {
            configuration = try PostgresConfiguration(
                url: try Self.embeddedURL(dataDirectory: settings.dataDirectory)
            )
        }
        var logger = Logger(label: "plantwright")
        logger.logLevel = .error
        pool = PostgresPool(configuration: configuration, size: 1, logger: logger)
        accounts = AccountStore(database: pool, clock: .system, identifiers: .system, random: .system)
    }

    /// Where the private database of an installation listens.
    static func embeddedURL(dataDirectory: String) throws -> String {
        try EmbeddedPostgreSQL.connectionURL(dataDirectory: dataDirectory)
    }
}

/// The command `plantwright token create`.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "API tokens for programs.",
        subcommands: [Create.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token and print it, alone, on standard output."
        )

        @OptionGroup var common: CommonFlags
        @Option(help: "What the token is for.") var name: String
        @Option(help: "viewer, operator or admin.") var role: String

        func validate() throws {
            guard Role(rawValue: role) != nil else {
                throw ValidationError("--role must be viewer, operator or admin")
            }
        }

        func run() async throws {
            guard let role = Role(rawValue: role) else { return }
            do {
                let access = try InstallationAccess(common.settings())
                Console.say(try await access.accounts.createToken(name: name, role: role).secret)
                await access.pool.shutdown()
            } catch {
                CommandEnd.fail(error)
            }
        }
    }
}

/// The command `plantwright user create`.
struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "People who sign in.",
        subcommands: [Create.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a user and print a one-time sign-in link.")

        @OptionGroup var common: CommonFlags
        @Option(help: "The person's e-mail address.") var email: String
        @Option(help: "viewer, operator or admin.") var role: String
        @Option(help: "The address that people use (PLANTWRIGHT_PUBLIC_URL).") var publicUrl: String?
        @Option(help: "host:port of the web server (PLANTWRIGHT_LISTEN).") var listen: String?

        func validate() throws {
            guard Role(rawValue: role) != nil else {
                throw ValidationError("--role must be viewer, operator or admin")
            }
        }

        func run() async throws {
            var more: [String: String] = [:]
            more["PUBLIC_URL"] = publicUrl
            more["LISTEN"] = listen
            let settings = common.settings(more)
            guard let role = Role(rawValue: role) else { return }
            do {
                let access = try InstallationAccess(settings)
                let user = try await access.accounts.createUser(email: email, role: role)
                let link = try await access.accounts.createSignInLink(user: user.id)
                Console.say("\(settings.baseURL)/sign-in?token=\(link.secret)")
                await access.pool.shutdown()
            } catch {
                CommandEnd.fail(error)
            }
        }
    }
}

extension Settings {
    /// The address that people use.
    var baseURL: String { publicURL ?? BoundAddress(address: listen, isSecure: tls != nil).url }
}
