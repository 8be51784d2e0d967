import Foundation
import Logging

/// Why migrations were not applied.
public enum MigrationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The folder or a file in it cannot be read.
    case unreadable(path: String)
    /// A file's name is not of the form `0001_what_it_does.sql`.
    case badName(String)
    /// Two files have the same number.
    case duplicateVersion(Int32)
    /// A file was edited after it had been applied to this database.
    case checksumChanged(name: String)
    /// The database has a migration that this program does not know: it was used by a newer one.
    case unknownApplied(name: String)
    /// A file has a lower number than one that is applied already.
    case outOfOrder(name: String)
    /// The server refused a file; nothing of it remains.
    case failed(name: String, PostgresError)
    /// The database could not be reached or used.
    case database(PostgresError)

    /// One line for logs.
    public var description: String {
        switch self {
        case .unreadable(let path): "The migrations at \(path) cannot be read."
        case .badName(let name): "The migration \(name) must be named like 0001_what_it_does.sql."
        case .duplicateVersion(let version): "There are two migrations with the number \(version)."
        case .checksumChanged(let name):
            "The migration \(name) was changed after this database had applied it. Restore the file; put changes in a new one."
        case .unknownApplied(let name):
            "The database has the migration \(name), which this version does not know. Use the newer version, or a backup."
        case .outOfOrder(let name):
            "The migration \(name) comes before one that is applied already. Give it a higher number."
        case .failed(let name, let error): "The migration \(name) failed and was rolled back. \(error)"
        case .database(let error): "\(error)"
        }
    }
}

/// Applies the numbered SQL files of a folder, each once, in order, each in a transaction of its own.
///
/// A session lock keeps two programs from migrating at the same time: the second waits, then finds nothing to do.
public struct Migrator: Sendable {
    private struct File: Sendable {
        let version: Int32
        let name: String
        let text: String
    }

    private let files: [File]
    private let logger: Logger

    /// Reads all files of a folder.
    public init(directory: String, logger: Logger) throws(MigrationError) {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw .unreadable(path: directory)
        }
        var files: [File] = []
        for name in names.filter({ $0.hasSuffix(".sql") }).sorted() {
            let digits = name.prefix { $0 != "_" }
            guard digits.utf8.count == 4, digits.allSatisfy(\.isNumber), let version = Int32(digits), version > 0,
                name.utf8.count > 9
            else {
                throw .badName(name)
            }
            if files.last?.version == version { throw .duplicateVersion(version) }
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(name)"),
                let text = String(validating: data, as: UTF8.self)
            else { throw .unreadable(path: "\(directory)/\(name)") }
            files.append(File(version: version, name: String(name.dropLast(4)), text: text))
        }
        if files.isEmpty { throw .unreadable(path: directory) }
        self.files = files
        self.logger = logger
    }

    /// The names of all files in order, without `.sql`.
    public var names: [String] { files.map(\.name) }

    /// Applies what is missing.
    ///
    /// - Returns: the names of the files applied now.
    @discardableResult
    public func apply(to configuration: PostgresConfiguration) async throws(MigrationError) -> [String] {
        let session = try await connect(configuration)
        do throws(MigrationError) {
            // Waiting for another migrator, and a long migration, may take any time.
            try await database { () throws(PostgresError) in
                _ = try await session.execute(MigrationQueries.lock)
                _ = try await session.execute(MigrationQueries.createTable)
            }
            let pending = try await pending(session)
            for (file, checksum) in pending { try await apply(file, checksum, session) }
            await session.connection.close()
            return pending.map(\.file.name)
        } catch {
            // Closing the session also gives its lock back.
            await session.connection.close()
            throw error
        }
    }

    /// What ``apply(to:)`` would apply; changes nothing.
    ///
    /// - Returns: the names of the missing files.
    public func check(_ configuration: PostgresConfiguration) async throws(MigrationError) -> [String] {
        let session = try await connect(configuration)
        do throws(MigrationError) {
            let hasTable = try await database { () throws(PostgresError) in
                try await session.first(MigrationQueries.hasTable) ?? false
            }
            let names = hasTable ? try await pending(session).map(\.file.name) : files.map(\.name)
            await session.connection.close()
            return names
        } catch {
            await session.connection.close()
            throw error
        }
    }

    private func connect(_ configuration: PostgresConfiguration) async throws(MigrationError) -> Lease {
        var configuration = configuration
        configuration.queryTimeout = nil
        let connection = PostgresConnection(configuration: configuration, threadName: "pg-migrate")
        try await database { () throws(PostgresError) in try await connection.connect() }
        return Lease(connection)
    }

    private func pending(_ session: Lease) async throws(MigrationError) -> [(file: File, checksum: [UInt8])] {
        let applied = try await database { () throws(PostgresError) in
            try await session.query(MigrationQueries.applied)
        }
        let known = Dictionary(uniqueKeysWithValues: files.map { ($0.version, $0) })
        for row in applied where known[row.version] == nil { throw .unknownApplied(name: row.name) }
        let checksums = Dictionary(uniqueKeysWithValues: applied.map { ($0.version, $0.checksum) })
        let newest = applied.last?.version ?? 0
        var pending: [(file: File, checksum: [UInt8])] = []
        for file in files {
            let checksum = try await database { () throws(PostgresError) in
                try await session.first(MigrationQueries.checksum(of: Array(file.text.utf8))) ?? []
            }
            guard let old = checksums[file.version] else {
                if file.version < newest { throw .outOfOrder(name: file.name) }
                pending.append((file, checksum))
                continue
            }
            if old != checksum { throw .checksumChanged(name: file.name) }
        }
        return pending
    }

    private func apply(_ file: File, _ checksum: [UInt8], _ session: Lease) async throws(MigrationError) {
        do {
            try await session.transaction(isolationLevel: .readCommitted, readOnly: false, isolation: nil) {
                transaction in
                try await transaction.lease.connection.script(file.text, name: file.name)
                try await transaction.execute(
                    MigrationQueries.note(
                        AppliedMigration(version: file.version, name: file.name, checksum: checksum)
                    )
                )
            }
        } catch {
            throw .failed(name: file.name, error as? PostgresError ?? PostgresError(.misuse, "\(error)"))
        }
        logger.info("applied a migration", metadata: ["name": "\(file.name)"])
    }

    private func database<Value>(
        _ body: () async throws(PostgresError) -> Value
    ) async throws(MigrationError) -> Value {
        do throws(PostgresError) {
            return try await body()
        } catch {
            throw .database(error)
        }
    }
}
