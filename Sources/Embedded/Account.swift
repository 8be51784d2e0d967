import Foundation

/// An operating system user that a child runs as.
struct Account: Hashable, Sendable {
    var uid: uid_t
    var gid: gid_t
    /// The user's name; nil when the uid has no entry in the user database.
    var name: String?
    var home: String

    /// The user of this process.
    static var current: Account {
        Account(uid: geteuid()) ?? Account(uid: geteuid(), gid: getegid(), name: nil, home: "/")
    }

    /// The user that a child runs as: this process's own, or, since neither server runs as root, the owner of what an
    /// earlier run stored, or else Debian's user for it.
    static func forChild(storedIn folder: String, named name: String) throws(EmbeddedError) -> Account {
        let current = Account.current
        guard current.uid == 0 else { return current }
        if let owner = FileStatus(of: folder), owner.uid != 0 {
            return Account(uid: owner.uid) ?? Account(uid: owner.uid, gid: owner.gid, name: nil, home: "/")
        }
        guard let account = Account(name: name) else { throw .userMissing(name: name) }
        return account
    }

    private init(uid: uid_t, gid: gid_t, name: String?, home: String) {
        self.uid = uid
        self.gid = gid
        self.name = name
        self.home = home
    }

    private init?(name: String) {
        self.init { entry, buffer, size, found in getpwnam_r(name, entry, buffer, size, found) }
    }

    private init?(uid: uid_t) {
        self.init { entry, buffer, size, found in getpwuid_r(uid, entry, buffer, size, found) }
    }

    private typealias Entry = UnsafeMutablePointer<passwd>

    private init?(lookUp: (Entry, UnsafeMutablePointer<CChar>, Int, UnsafeMutablePointer<Entry?>) -> Int32) {
        var entry = passwd()
        var found: Entry?
        var buffer = [CChar](repeating: 0, count: 16_384)
        var account: Account?
        buffer.withUnsafeMutableBufferPointer { bytes in
            guard let start = bytes.baseAddress, lookUp(&entry, start, bytes.count, &found) == 0, found != nil else {
                return
            }
            account = Account(
                uid: entry.pw_uid,
                gid: entry.pw_gid,
                name: String(cString: entry.pw_name),
                home: String(cString: entry.pw_dir)
            )
        }
        guard let account else { return nil }
        self = account
    }

    /// The name for messages.
    var label: String { name ?? String(uid) }

    /// Whether running as this user means to give up root.
    var isDropped: Bool { uid != geteuid() }
}
