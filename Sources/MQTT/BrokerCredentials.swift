/// A user name and password that print as nothing but the user name.
public struct BrokerCredentials: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The user name.
    public var username: String
    /// The password; nil for none.
    public var password: String?

    /// Makes credentials.
    public init(username: String, password: String?) {
        self.username = username
        self.password = password
    }

    /// The user name only.
    public var description: String { username }

    /// Keeps `dump` and debuggers from showing the password.
    public var customMirror: Mirror { Mirror(self, children: ["username": username]) }
}
