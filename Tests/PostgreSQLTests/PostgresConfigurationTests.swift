import Testing

@testable import PostgreSQL

@Suite struct PostgresConfigurationTests {
    private func keyword(_ name: String, of configuration: PostgresConfiguration) -> String? {
        configuration.keywords.first { $0.name == name }?.value
    }

    @Test func readsAllPartsOfAnAddress() throws {
        let configuration = try PostgresConfiguration(
            url: "postgresql://plant:s3cr3t@db.example:6543/plantwright?sslmode=verify-full&application_name=x"
        )
        #expect(configuration.host == "db.example")
        #expect(configuration.port == 6543)
        #expect(configuration.user == "plant")
        #expect(configuration.database == "plantwright")
        #expect(configuration.tlsMode == "verify-full")
        #expect(configuration.applicationName == "x")
        #expect(keyword("password", of: configuration) == "s3cr3t")
    }

    @Test func decodesPercentEncoding() throws {
        let configuration = try PostgresConfiguration(url: "postgres://a%40b:p%3A%2F%3f%23%25@h/d%20b")
        #expect(configuration.user == "a@b")
        #expect(configuration.database == "d b")
        #expect(keyword("password", of: configuration) == "p:/?#%")
    }

    @Test func takesPasswordsWithAnAtSign() throws {
        let configuration = try PostgresConfiguration(url: "postgres://u:a@b@h/d")
        #expect(configuration.host == "h")
        #expect(keyword("password", of: configuration) == "a@b")
    }

    @Test func hasDefaults() throws {
        let configuration = try PostgresConfiguration(url: "postgres://u@h")
        #expect(configuration.port == 5432)
        #expect(configuration.database == "u")
        #expect(!configuration.hasPassword)
        #expect(keyword("password", of: configuration) == nil)
    }

    @Test(arguments: ["postgres://u@/d?host=/run/postgresql&port=6000", "postgres://u@%2Frun%2Fpostgresql:6000/d"])
    func takesDirectoriesOfSockets(url: String) throws {
        let configuration = try PostgresConfiguration(url: url)
        #expect(configuration.host == "/run/postgresql")
        #expect(configuration.port == 6000)
    }

    @Test func takesIPv6Addresses() throws {
        let configuration = try PostgresConfiguration(url: "postgres://u@[::1]:5433/d")
        #expect(configuration.host == "::1")
        #expect(configuration.port == 5433)
    }

    @Test(arguments: [
        "mysql://u:hunter2@h/d", "u:hunter2@h/d", "", "postgres://u:hunter2@h:0/d", "postgres://u:hunter2@h:+5/d",
        "postgres://u:hunter2@h:65536/d", "postgres://u:hunter2@h:x/d", "postgres://u:hunter2%zz@h/d",
        "postgres://u:hunter2%@h/d", "postgres://u:hunter2%00@h/d", "postgres://u:hunter2%ff@h/d",
        "postgres://:hunter2@h/d", "postgres://u:hunter2@h/d?sslmode=hunter2", "postgres://u:hunter2@h/d?hunter2",
        "postgres://u:hunter2@h/d?hunter2=1", "postgres://u:hunter2@h1,h2/d", "postgres://u:hunter2@[::1/d",
        "postgres://u:hunter2@h/d?connect_timeout=-1", "postgres://u:hunter2#@h/d",
    ])
    func refusesMalformedAddressesWithoutRepeatingThem(url: String) throws {
        let error = #expect(throws: PostgresError.self) { try PostgresConfiguration(url: url) }
        #expect(error?.kind == .configuration)
        #expect(error?.isTransient == false)
        #expect(!"\(String(describing: error))".contains("hunter2"))
    }

    @Test func neverShowsThePassword() throws {
        var configuration = try PostgresConfiguration(url: "postgres://u:hunter2@h/d")
        configuration.setPassword("hunter3")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("hunter"))
            #expect(text.contains("database d at h:5432 as u"))
        }
    }

    @Test func settingsAreEscaped() {
        var configuration = PostgresConfiguration(host: "h", user: "u", database: "d")
        configuration.settings = ["synchronous_commit": "on", "search_path": "a b\\c"]
        #expect(keyword("options", of: configuration) == "-c search_path=a\\ b\\\\c -c synchronous_commit=on")
    }
}

@Suite struct PostgresErrorTests {
    private let place = PostgresConfiguration(host: "h", user: "u", database: "d")

    @Test func tellsAWrongPasswordFromAnAbsentServer() {
        let refused = PostgresError(
            connecting: """
                connection to server at "h", port 5432 failed: FATAL:  28P01: password authentication failed for user "u"
                LOCATION:  auth_failed, auth.c:326
                """,
            to: place,
            needsPassword: false
        )
        #expect(refused.kind == .refusedCredentials)
        #expect(refused.sqlState == .invalidPassword)
        #expect(!refused.isTransient)
        let starting = PostgresError(
            connecting: "connection to server failed: FATAL:  57P03: the database system is starting up\n",
            to: place,
            needsPassword: false
        )
        #expect(starting.kind == .unreachable)
        #expect(starting.sqlState == .cannotConnectNow)
        #expect(starting.isTransient)
        let absent = PostgresError(
            connecting:
                "connection to server on socket \"/x\" failed: No such file or directory\n\tIs the server running?",
            to: place,
            needsPassword: false
        )
        #expect(absent.kind == .unreachable)
        #expect(absent.sqlState == nil)
        #expect(absent.message == "Cannot connect to database d at h:5432 as u: No such file or directory.")
    }

    @Test(arguments: [
        ("40001", true), ("40P01", true), ("53300", true), ("57P01", true), ("55P03", true), ("57014", false),
        ("23505", false), ("42P01", false), ("57P04", false),
    ])
    func knowsWhatMayPass(code: String, isTransient: Bool) {
        #expect(PostgresError(.server, "", sqlState: SQLState(rawValue: code)).isTransient == isTransient)
    }

    @Test func codesMatchInCatchClauses() {
        func attempt() throws { throw PostgresError(.server, "", sqlState: .uniqueViolation) }
        var caught = ""
        do { try attempt() } catch SQLState.foreignKeyViolation {
            caught = "foreign key"
        } catch SQLState.uniqueViolation {
            caught = "unique"
        } catch {
            caught = "other"
        }
        #expect(caught == "unique")
    }

    @Test func saysWhatAndWhere() {
        let error = PostgresError(.server, "duplicate", sqlState: .uniqueViolation, constraint: "device_key")
            .about("device.insert", at: "Assets/DeviceQueries.swift:12").withUnknownOutcome()
        #expect(
            error.description
                == "PostgreSQL: server 23505: duplicate [constraint device_key] [statement device.insert] "
                + "[Assets/DeviceQueries.swift:12] [outcome of COMMIT unknown]"
        )
    }
}
