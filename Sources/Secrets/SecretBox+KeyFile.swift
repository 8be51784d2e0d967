import Glibc
import Primitives

extension SecretBox {
    /// Makes a box with the key in a file; the file is made, readable by its owner only, when it is not there.
    ///
    /// Two processes that start at once agree on one key. The folder must be there.
    public init(keyFile path: String, random: RandomSource) throws(SecretError) {
        if let key = try Self.readKey(path) {
            try self.init(key: key)
            return
        }
        try Self.writeKey(random.bytes(32), to: path)
        // Read back: another process may have been first.
        guard let key = try Self.readKey(path) else { throw .keyFileUnusable(path: path, code: ENOENT) }
        try self.init(key: key)
    }

    /// The key in a file; nil when there is no file.
    private static func readKey(_ path: String) throws(SecretError) -> [UInt8]? {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .keyFileUnusable(path: path, code: errno)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .keyFileUnusable(path: path, code: errno) }
        guard status.st_mode & 0o077 == 0 else { throw .keyFileTooOpen(path: path) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = read(file, &buffer, buffer.count)
        guard count >= 0 else { throw .keyFileUnusable(path: path, code: errno) }
        let text = buffer.prefix(count).drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        guard let key = Hexadecimal.bytes(text), key.count == 32 else { throw .keyFileMalformed(path: path) }
        return key
    }

    /// Writes a key under another name and links it to its place, which fails when someone else was first.
    private static func writeKey(_ key: [UInt8], to path: String) throws(SecretError) {
        // A name of its own for every writer: two of one process may be here at once.
        let draft = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).new"
        let file = Glibc.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .keyFileUnusable(path: path, code: errno) }
        defer {
            close(file)
            unlink(draft)
        }
        let text = Array(Hexadecimal.text(key).utf8) + [UInt8(ascii: "\n")]
        guard write(file, text, text.count) == text.count, fsync(file) == 0 else {
            throw .keyFileUnusable(path: path, code: errno)
        }
        guard link(draft, path) == 0 || errno == EEXIST else { throw .keyFileUnusable(path: path, code: errno) }
        try syncFolder(of: path)
    }

    /// Makes the name durable: what is sealed with a key that a power cut takes away can never be opened again.
    private static func syncFolder(of path: String) throws(SecretError) {
        let end = path.lastIndex(of: "/")
        let folder = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let file = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw .keyFileUnusable(path: path, code: errno) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw .keyFileUnusable(path: path, code: errno) }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D }
}
