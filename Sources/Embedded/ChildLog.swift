import Foundation

/// The file that takes a child's standard output and standard error.
struct ChildLog: Sendable {
    private static let rotationSize: Int64 = 8 << 20

    let path: String

    /// Opens the file for appending, moving a large one aside first, and tells where new output begins.
    func open() throws(EmbeddedError) -> (descriptor: Int32, offset: Int64) {
        var status = stat()
        if stat(path, &status) == 0, status.st_size > Self.rotationSize { rename(path, path + ".1") }
        let descriptor = Foundation.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        try check(descriptor, "open", path)
        return (descriptor, Int64(lseek(descriptor, 0, SEEK_END)))
    }

    /// What was written since an offset, at most its last 16 KiB.
    func text(since offset: Int64) -> String {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        let end = Int64(lseek(descriptor, 0, SEEK_END))
        let start = max(offset, end - 16_384)
        guard end > start else { return "" }
        var bytes = [UInt8](repeating: 0, count: Int(end - start))
        let count = max(0, pread(descriptor, &bytes, bytes.count, off_t(start)))
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// The last lines written since an offset, for an error message.
    func lastLines(since offset: Int64, limit: Int = 8) -> [String] {
        text(since: offset).split(separator: "\n").suffix(limit).map { String($0.prefix(500)) }
    }
}
