import Foundation

/// A folder under the data directory and what is written into it.
struct Folder: Sendable {
    /// Absolute path without a slash at its end.
    var path: String
    var owner: Account

    /// Makes the data directory itself: closed to others, or, for root, passable for the children's users, who own
    /// folders inside.
    static func dataDirectory(_ path: String) throws(EmbeddedError) -> Folder {
        let owner = Account.current
        let mode: mode_t = owner.uid == 0 ? 0o711 : 0o700
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: Int(mode)]
            )
        } catch {
            throw .file(path: path, operation: "create folder", code: errno)
        }
        guard let resolved = realpath(path, nil) else { throw .file(path: path, operation: "find", code: errno) }
        defer { free(resolved) }
        let folder = Folder(path: String(cString: resolved), owner: owner)
        if owner.uid == 0, let status = FileStatus(of: folder.path), status.mode & 0o001 == 0 {
            try check(chmod(folder.path, status.mode | 0o001), "change permissions", folder.path)
        }
        return folder
    }

    /// Makes a folder inside this one, closed to everyone but its owner.
    func folder(_ name: String, owner: Account) throws(EmbeddedError) -> Folder {
        let folder = Folder(path: path + "/" + name, owner: owner)
        try folder.create()
        return folder
    }

    /// Makes this folder, unless it is there already, with its owner and permissions.
    func create() throws(EmbeddedError) {
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            throw .file(path: path, operation: "create folder", code: errno)
        }
        guard let status = FileStatus(of: path), status.isFolder else {
            throw .damaged(path: path, detail: "this is not a folder")
        }
        if status.uid != owner.uid { try check(lchown(path, owner.uid, owner.gid), "change owner", path) }
        if status.mode != 0o700 { try check(chmod(path, 0o700), "change permissions", path) }
    }

    /// Throws unless the owner can pass every folder above this one.
    func requirePassable() throws(EmbeddedError) {
        var parent = (path as NSString).deletingLastPathComponent
        while !parent.isEmpty {
            if let status = FileStatus(of: parent), !status.isPassable(for: owner) {
                throw .folderClosed(folder: parent, user: owner.label)
            }
            if parent == "/" { return }
            parent = (parent as NSString).deletingLastPathComponent
        }
    }

    /// The path of a file in it.
    func file(_ name: String) -> String { path + "/" + name }

    /// Writes a file for the owner's eyes only, so that a crash leaves the old or the new content.
    func write(_ name: String, _ content: some Collection<UInt8>) throws(EmbeddedError) {
        let target = file(name)
        let temporary = target + ".new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        try check(descriptor, "create", temporary)
        defer { close(descriptor) }
        let bytes = Array(content)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw .file(path: temporary, operation: "write", code: errno) }
            written += count
        }
        if owner.uid != geteuid() { try check(fchown(descriptor, owner.uid, owner.gid), "change owner", temporary) }
        try check(fsync(descriptor), "write", temporary)
        try check(rename(temporary, target), "rename", temporary)
    }

    /// Reads a file; nil when it is not there.
    func read(_ name: String) throws(EmbeddedError) -> [UInt8]? {
        let descriptor = open(file(name), O_RDONLY | O_CLOEXEC)
        if descriptor == -1, errno == ENOENT { return nil }
        try check(descriptor, "open", file(name))
        defer { close(descriptor) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw .file(path: file(name), operation: "read", code: errno) }
            if count == 0 { return content }
            content.append(contentsOf: buffer[..<count])
        }
    }
}
