import Logging
import PostgreSQL

/// Statements that do not fit the schema or their own decoders.
public struct StatementMismatches: Error, CustomStringConvertible {
    /// One line per fault, each with the statement's name and place.
    public let faults: [String]

    /// All faults, one per line.
    public var description: String {
        "\(faults.count) statement faults:\n" + faults.joined(separator: "\n")
    }
}

/// Prepares every statement on a migrated database, without running it, and compares: the types that the program binds
/// with those that the server expects, and the types that the decoder reads with those that the server returns.
///
/// - Parameters:
///   - statements: usually `SomeQueries.all`.
///   - database: usually `TemporaryPostgreSQL.shared().migratedDatabase()`.
/// - Throws: ``StatementMismatches`` with everything that is wrong.
public func assertPreparable(_ statements: [AnyStatement], on database: PostgresConfiguration) async throws {
    let pool = PostgresPool(configuration: database, size: 1, logger: Logger(label: "test.statements"))
    var faults: [String] = []
    var seen: [String: String] = [:]
    for statement in statements where statement.isPrepared {
        let place = "\(statement.name) (\(statement.origin))"
        if let text = seen.updateValue(statement.text, forKey: statement.name) {
            if text != statement.text { faults.append("\(place): the name stands for another text too") }
            continue
        }
        do {
            let described = try await pool.withConnection { try await $0.describe(statement) }
            for (index, type) in statement.parameterTypes.enumerated()
            where type != .inferred && type != described.parameters[index] {
                faults.append("\(place): $\(index + 1) is bound as \(type), expected \(described.parameters[index])")
            }
            faults += statement.mismatches(reading: described.columns).map { "\(place): \($0)" }
        } catch {
            faults.append("\(place): \(error)")
        }
    }
    await pool.shutdown()
    if !faults.isEmpty { throw StatementMismatches(faults: faults) }
}
