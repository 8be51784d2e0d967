import Logging

/// What this process has in memory of the configuration, and how it takes over what other processes write.
///
/// The composition root knows all parts of it: plant model, sources, rules, mappings, connectors.
public protocol IngestConfiguration: Sendable {
    /// The revision that memory has at least: the sum of its parts' revisions in the database.
    var revision: Int64 { get }

    /// Reads anew what is older in memory than in the database. Called within a batch: it must not wait for one.
    func follow() async throws
}

/// A batch was based on a configuration that has been replaced, or the lease is lost; nothing of it was written.
struct OutdatedWork: Error {}

extension IngestWriter {
    /// How often a batch is begun anew because the configuration was written meanwhile.
    private static let mostBeginnings = 20

    /// Runs something that is based on the configuration as of a revision, anew for as long as another one is in force
    /// by the time of the commit.
    ///
    /// - Throws: ``NotIngesting`` when the lease is lost; what `body` throws.
    func underCurrentConfiguration<Result>(_ body: (_ revision: Int64?) async throws -> Result) async throws -> Result {
        for _ in 0..<Self.mostBeginnings {
            // Before anything is looked up in memory.
            let revision = configuration?.revision
            do {
                return try await body(revision)
            } catch is OutdatedWork {
                try await configuration?.follow()
                guard configuration?.revision != revision else { throw NotIngesting() }
                logger.debug("The configuration was written during a batch; beginning anew")
            }
        }
        throw ConfigurationKeepsChanging()
    }
}

/// The configuration was written again and again while a batch was stored; the batch may be tried again.
struct ConfigurationKeepsChanging: Error, CustomStringConvertible {
    var description: String { "The configuration is being written faster than readings can be stored; try again." }
}
