import Foundation

/// The generated configuration of the private PostgreSQL.
struct PostgreSQLConfiguration: Sendable {
    /// The database and the role that owns it.
    static let name = "plantwright"
    /// The superuser, for maintenance by hand.
    static let superuser = "postgres"

    /// Memory of the machine or container in bytes.
    var memory: UInt64
    /// The operating system users that may connect, besides root.
    var users: [String]

    /// The settings.
    ///
    /// Durability is never traded for speed; memory is a modest share, since the broker, the server and perhaps others
    /// live on the machine as well.
    var settings: String {
        let megabyte: UInt64 = 1 << 20
        let shared = min(max(memory / 16 / megabyte, 128), 2_048)
        let cache = max(memory / 2 / megabyte, 256)
        return """
            # Written by plantwright at every start. Your own settings go into local.conf beside this file.
            fsync = on
            synchronous_commit = on
            full_page_writes = on
            shared_buffers = \(shared)MB
            effective_cache_size = \(cache)MB
            work_mem = 16MB
            maintenance_work_mem = \(min(max(shared / 4, 64), 512))MB
            max_connections = 100
            wal_compression = on
            min_wal_size = 256MB
            max_wal_size = 2GB
            checkpoint_timeout = 15min
            checkpoint_completion_target = 0.9
            random_page_cost = 1.1
            effective_io_concurrency = 100
            jit = off
            autovacuum_naptime = 30s
            timezone = 'UTC'
            log_timezone = 'UTC'
            lc_messages = 'C.UTF-8'
            log_destination = 'stderr'
            logging_collector = off
            log_line_prefix = '%m [%p] %q%a '
            log_min_messages = warning
            log_checkpoints = off
            cluster_name = 'plantwright'

            """
    }

    /// Who may connect: processes of the mapped users over the socket, known by the kernel.
    ///
    /// There is no password.
    var access: String {
        """
        # Written by plantwright at every start.
        local all all peer map=\(Self.name)

        """
    }

    /// The map of operating system users to roles.
    var identities: String {
        var lines = ["# Written by plantwright at every start."]
        var seen: Set<String> = []
        for user in ["root"] + users where seen.insert(user).inserted {
            let quoted = "\"" + user.replacing("\"", with: "\"\"") + "\""
            lines.append("\(Self.name) \(quoted) \(Self.name)")
            lines.append("\(Self.name) \(quoted) \(Self.superuser)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Sent to a single-user server after `initdb`.
    ///
    /// The application's role is no superuser.
    static let firstStatements = """
        CREATE ROLE \(name) LOGIN;

        GRANT pg_monitor TO \(name);

        CREATE DATABASE \(name) OWNER \(name);

        REVOKE CONNECT ON DATABASE \(name) FROM PUBLIC;


        """

    /// Memory of this machine, or of its control group when that is less.
    static func availableMemory() -> UInt64 {
        let machine = ProcessInfo.processInfo.physicalMemory
        let group = try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8)
        guard let limit = group.flatMap({ UInt64($0.trimmingCharacters(in: .whitespacesAndNewlines)) }) else {
            return machine
        }
        return min(machine, limit)
    }
}
