import Foundation

/// What a running PostgreSQL says of itself in `postmaster.pid`.
struct PostmasterFile: Hashable, Sendable {
    var pid: pid_t
    var socketFolder: String
    var port: Int
    /// Whether it takes connections.
    var isReady: Bool

    /// Reads the lines of the file (`miscadmin.h`: pid, data directory, start time, port, socket folder, listen
    /// address, shared memory, status); nil while it is incomplete.
    init?(_ bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: .whitespaces) }
        guard lines.count >= 5, let pid = pid_t(lines[0]), let port = Int(lines[3]), !lines[4].isEmpty else {
            return nil
        }
        self.pid = pid
        self.port = port
        socketFolder = lines[4]
        isReady = lines.count >= 8 && lines[7] == "ready"
    }

    /// The address of the database for programs of this machine.
    var url: String {
        let name = PostgreSQLConfiguration.name
        var folder = ""
        for byte in socketFolder.utf8 {
            let isPlain =
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "/-._~".utf8.contains(byte)
            if isPlain {
                folder.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                folder += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return "postgresql://\(name)@/\(name)?host=\(folder)&port=\(port)"
    }
}
