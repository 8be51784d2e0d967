/// One state of one stored resource: an id is never used again, a revision only grows.
public struct ResourceVersion: Hashable, Sendable {
    /// The stored row.
    public var id: Int32
    /// How often it was changed.
    public var revision: Int32

    /// Makes a version.
    public init(id: Int32, revision: Int32) {
        self.id = id
        self.revision = revision
    }

    /// The version as text, such as `12-3`.
    public var text: String { "\(id)-\(revision)" }

    /// Reads ``text``.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let id = Int32(parts[0]), let revision = Int32(parts[1]) else { return nil }
        self.init(id: id, revision: revision)
        // One version has one text: no signs, no leading zeros.
        guard self.text == text else { return nil }
    }
}

/// What must be stored for a write to happen, judged in the transaction that writes: protects against lost updates.
public enum WriteCondition: Hashable, Sendable {
    /// Whatever is stored.
    case always
    /// Something is stored (`If-Match: *`).
    case exists
    /// Nothing is stored (`If-None-Match: *`).
    case absent
    /// One of these is stored (`If-Match` with tags); none when the list is empty.
    case version([ResourceVersion])
    /// None of these is stored (`If-None-Match` with tags).
    case otherThan([ResourceVersion])

    /// Whether a write may go on.
    public func allows(_ current: ResourceVersion?) -> Bool {
        switch self {
        case .always: true
        case .exists: current != nil
        case .absent: current == nil
        case .version(let versions): current.map(versions.contains) ?? false
        case .otherThan(let versions): current.map { !versions.contains($0) } ?? true
        }
    }

    /// Throws unless a write may go on.
    ///
    /// - Parameter current: what is stored.
    /// - Throws: ``ResourceFailure/preconditionFailed(current:)``.
    public func check(_ current: ResourceVersion?) throws(ResourceFailure) {
        if !allows(current) { throw .preconditionFailed(current: current) }
    }
}
