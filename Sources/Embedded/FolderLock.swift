import Foundation

/// The exclusive right to run a child in a data directory.
///
/// The kernel gives it back when this process ends, however it ends, so a lock is never left behind.
struct FolderLock: ~Copyable {
    private let descriptor: Int32

    /// Takes the lock that a file stands for, and notes this process in it.
    init(path: String) throws(EmbeddedError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        try check(descriptor, "open", path)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var bytes = [UInt8](repeating: 0, count: 16)
            let count = max(0, pread(descriptor, &bytes, bytes.count, 0))
            let holder = Int32(String(decoding: bytes[..<count], as: UTF8.self).prefix { $0.isNumber })
            close(descriptor)
            throw .dataDirectoryInUse(path: (path as NSString).deletingLastPathComponent, pid: holder)
        }
        let text = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
    }

    deinit {
        // Explicitly: a child that is being started at this moment still has a copy of the descriptor.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
