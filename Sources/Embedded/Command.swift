import Foundation

/// A program to run as a child.
struct Command: Sendable {
    /// Absolute path of the program.
    var program: String
    var arguments: [String]
    /// The user it runs as.
    var account: Account
    /// Its working directory, which its user must be able to enter.
    var folder: String
    /// What it reads as standard input.
    var input = "/dev/null"

    /// The argument vector.
    ///
    /// Root is given up by util-linux's `setpriv`, an essential package, which then becomes the program: the process id
    /// stays.
    var words: [String] {
        let words = [program] + arguments
        guard account.isDropped else { return words }
        return [
            "/usr/bin/setpriv", "--reuid=\(account.uid)", "--regid=\(account.gid)",
            account.name == nil ? "--clear-groups" : "--init-groups", "--no-new-privs", "--",
        ] + words
    }

    /// The child's whole environment: none of ours, which may hold secrets.
    var environment: [String] {
        var variables = ["PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=\(account.home)"]
        if let name = account.name { variables.append("USER=\(name)") }
        return variables
    }
}
