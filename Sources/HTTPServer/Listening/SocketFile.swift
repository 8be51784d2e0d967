#if canImport(Glibc)
import Glibc
#endif

/// The file of a Unix socket: made room for before listening, removed afterwards.
struct SocketFile: Sendable {
    private let path: String
    private let device: UInt64
    private let inode: UInt64

    /// Owner and group may connect: a proxy shares the group.
    private static let mode: mode_t = 0o660

    /// Removes what a dead server left behind.
    ///
    /// A socket on which nobody accepts connections refuses them; only such a one is removed. Blocks briefly.
    static func makeRoom(at path: String) throws(ListenError) {
        let address = ListenAddress.unix(path: path)
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(address) }
        guard refusesConnections(path) else { throw .addressInUse(address) }
        if unlink(path) != 0, errno != ENOENT { throw .notPermitted(address) }
    }

    private static func refusesConnections(_ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { _ = close(descriptor) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result != 0 && errno == ECONNREFUSED
    }

    /// Takes over the file of a socket that was just made: lets the group in, and remembers which file it is.
    ///
    /// Before that the mode follows from the process's umask, which under any usual one lets nobody else connect.
    init(adopting path: String) {
        self.path = path
        _ = chmod(path, SocketFile.mode)
        var status = stat()
        let isThere = lstat(path, &status) == 0
        device = isThere ? UInt64(status.st_dev) : 0
        inode = isThere ? UInt64(status.st_ino) : 0
    }

    /// Removes the file, unless another server has put its own there meanwhile.
    func remove() {
        var status = stat()
        guard lstat(path, &status) == 0, UInt64(status.st_dev) == device, UInt64(status.st_ino) == inode else { return }
        _ = unlink(path)
    }
}
