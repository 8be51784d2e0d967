import Foundation

/// Owner and permissions of a file or folder, links not followed.
struct FileStatus: Sendable {
    var uid: uid_t
    var gid: gid_t
    /// Permission bits.
    var mode: mode_t
    var isFolder: Bool

    /// Reads the status; nil when there is no such file.
    init?(of path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        uid = status.st_uid
        gid = status.st_gid
        mode = status.st_mode & 0o7777
        isFolder = status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether a user may pass through this folder.
    func isPassable(for account: Account) -> Bool {
        if account.uid == 0 { return true }
        if account.uid == uid { return mode & 0o100 != 0 }
        if account.gid == gid { return mode & 0o010 != 0 }
        return mode & 0o001 != 0
    }
}
