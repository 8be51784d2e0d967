extension String {
    /// Without NUL, which the database does not take.
    public var withoutNUL: String { replacing("\0", with: "") }
}
