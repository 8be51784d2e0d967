import Foundation

/// An installed PostgreSQL server.
struct PostgreSQLPrograms: Sendable {
    /// The major version, such as `15`.
    var version: String
    /// The folder of `postgres` and `initdb`.
    var folder: String

    var postgres: String { folder + "/postgres" }
    var initdb: String { folder + "/initdb" }

    /// Debian's installations under a folder, newest first.
    static func installed(under root: String = "/usr/lib/postgresql") -> [PostgreSQLPrograms] {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return versions.map { PostgreSQLPrograms(version: $0, folder: "\(root)/\($0)/bin") }
            .filter {
                Int($0.version) != nil && FileManager.default.isExecutableFile(atPath: $0.postgres)
                    && FileManager.default.isExecutableFile(atPath: $0.initdb)
            }
            .sorted { (Int($0.version) ?? 0) > (Int($1.version) ?? 0) }
    }

    /// The installation for stored data of a version, or the newest one for new data.
    static func choose(
        for stored: String?,
        among installed: [PostgreSQLPrograms]
    ) throws(EmbeddedError) -> PostgreSQLPrograms {
        guard let newest = installed.first else {
            throw .programMissing(program: "PostgreSQL", package: "postgresql")
        }
        guard let stored else { return newest }
        guard let match = installed.first(where: { $0.version == stored }) else {
            throw .versionMissing(data: stored, installed: installed.map(\.version))
        }
        return match
    }
}
