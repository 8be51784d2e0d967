import HTTPTypes

/// What is known of the current representation of a resource, for judging conditions.
public struct Validators: Hashable, Sendable {
    /// Its entity tag.
    public var entityTag: EntityTag?
    /// When it was last changed, in seconds since 1970.
    public var lastModified: Int64?
    /// Whether there is a representation at all.
    public var exists: Bool

    /// Makes validators.
    public init(entityTag: EntityTag? = nil, lastModified: Int64? = nil, exists: Bool = true) {
        self.entityTag = entityTag
        self.lastModified = lastModified
        self.exists = exists
    }

    /// Reads the validators of a response; a date later than the response itself validates nothing.
    init(of response: Response, now: Int64) {
        entityTag = response.headers[.eTag].flatMap { EntityTag(parsing: $0) }
        lastModified = response.headers[.lastModified].flatMap { HTTPDate.seconds(parsing: $0, now: now) }
        exists = true
    }
}

/// What the conditions of a request come to.
public enum ConditionOutcome: Hashable, Sendable {
    /// They hold, or there are none: do what was asked.
    case proceed
    /// The client has this representation already: 304.
    case notModified
    /// 412.
    case failed
}

extension Request {
    /// Judges the conditions of this request (RFC 9110 section 13.2.2).
    ///
    /// `If-Match` wins over `If-Unmodified-Since`, `If-None-Match` over `If-Modified-Since`; what is malformed counts
    /// as a tag that matches nothing, or as no date at all.
    ///
    /// - Parameters:
    ///   - validators: what is known of the current representation.
    ///   - now: seconds since 1970, for dates with a year of two digits.
    /// - Returns: whether to go on, and if not, with which answer.
    public func evaluateConditions(_ validators: Validators, now: Int64) -> ConditionOutcome {
        if let field = headers[.ifMatch] {
            if !Request.matchesStrongly(field, validators) { return .failed }
        } else if let since = date(.ifUnmodifiedSince, now: now), let modified = validators.lastModified {
            if modified > since { return .failed }
        }
        let isRead = method == .get || method == .head
        if let field = headers[.ifNoneMatch] {
            if Request.matchesWeakly(field, validators) { return isRead ? .notModified : .failed }
        } else if isRead, let since = date(.ifModifiedSince, now: now), let modified = validators.lastModified {
            if modified <= since { return .notModified }
        }
        return .proceed
    }

    /// Whether the client has this version already (`If-None-Match`, RFC 9110 section 13.1.2; weak comparison).
    public func hasCurrent(entityTag: String) -> Bool {
        guard let field = headers[.ifNoneMatch] else { return false }
        return Request.matchesWeakly(field, Validators(entityTag: EntityTag(parsing: entityTag)))
    }

    private static func matchesStrongly(_ field: String, _ validators: Validators) -> Bool {
        switch EntityTagCondition(parsing: field) {
        case .any: validators.exists
        case .tags(let tags): validators.entityTag.map { tag in tags.contains { $0.matchesStrongly(tag) } } ?? false
        case nil: false
        }
    }

    private static func matchesWeakly(_ field: String, _ validators: Validators) -> Bool {
        switch EntityTagCondition(parsing: field) {
        case .any: validators.exists
        case .tags(let tags): validators.entityTag.map { tag in tags.contains { $0.matchesWeakly(tag) } } ?? false
        case nil: false
        }
    }

    /// A field that is a date; a list of dates is none.
    private func date(_ name: HTTPField.Name, now: Int64) -> Int64? {
        headers[name].flatMap { HTTPDate.seconds(parsing: $0, now: now) }
    }
}
