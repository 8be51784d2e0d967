import NIOPosix

#if canImport(Glibc)
import Glibc
#endif

/// A regular file that is open for reading, to send bodies from; closed when nothing refers to it any more.
///
/// It stays the same file when its name is given to another one, so that a body never mixes two versions.
public final class OpenFile: Sendable {
    /// Why a file could not be opened or read.
    public enum Failure: Error, Hashable, Sendable {
        /// The system's error number; `step` is the call that failed.
        case system(step: String, errno: CInt)
        /// A directory, a socket or a device.
        case notRegular
        /// The file became shorter than when it was opened.
        case truncated
    }

    private struct Descriptor: ~Copyable, Sendable {
        let number: CInt

        deinit { _ = close(number) }
    }

    private let handle: Descriptor
    /// The number of bytes when the file was opened.
    public let length: Int
    /// The time of the last change in seconds since 1970.
    public let modified: Int64

    /// The descriptor, valid as long as this object.
    var descriptor: CInt { handle.number }

    /// Opens a file.
    ///
    /// Blocks for the time of the system calls: on request paths use `open(path:)`.
    ///
    /// - Parameter path: the path; symbolic links are followed.
    /// - Throws: why the file cannot be served.
    public init(path: String) throws(Failure) {
        let number = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else { throw .system(step: "open", errno: errno) }
        handle = Descriptor(number: number)
        var status = stat()
        guard fstat(number, &status) == 0 else { throw .system(step: "fstat", errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
        length = Int(status.st_size)
        modified = Int64(status.st_mtim.tv_sec)
    }

    /// Opens a file on a thread that may block.
    ///
    /// - Parameter path: the path; symbolic links are followed.
    /// - Returns: the open file.
    /// - Throws: `Failure`, or that the process is ending.
    public static func open(path: String) async throws -> OpenFile {
        try await NIOThreadPool.singleton.runIfActive { try OpenFile(path: path) }
    }

    /// Whether the file still has all bytes that it was opened with; no I/O.
    var isWhole: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && Int(status.st_size) >= length
    }
}
