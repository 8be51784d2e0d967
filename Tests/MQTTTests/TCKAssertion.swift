import Testing

/// The assertions of the Sparkplug 3.0 TCK that a test shows; docs/sparkplug.md lists them.
struct TCKAssertion: TestTrait, SuiteTrait {
    let ids: [String]
    var comments: [Comment] { ids.map { "tck-id-\($0)" } }
}

extension Trait where Self == TCKAssertion {
    /// Names assertions without their prefix `tck-id-`.
    static func tck(_ ids: String...) -> Self { TCKAssertion(ids: ids) }
}
