import Primitives

/// The options of a `rest` connector, checked.
struct RestOptions: Hashable, Sendable {
    /// One request and where its answer has the identifier.
    struct Create: Hashable, Sendable {
        var call: Call
        var id: JSONPath
    }

    /// The look-up by idempotency key.
    struct Find: Hashable, Sendable {
        var call: Call
        /// Where the answer has the list of matches.
        var items: JSONPath
        /// Where a match has its identifier.
        var id: JSONPath
    }

    /// The question for a document's state.
    struct Status: Hashable, Sendable {
        var call: Call
        var state: JSONPath
        /// The ERP's words that mean done.
        var done: [String]
    }

    /// A request of templates.
    struct Call: Hashable, Sendable {
        var method: String
        var path: String
        /// A JSON document whose strings are templates; nil for none.
        var body: JSONValue?
    }

    var create: Create?
    var find: Find?
    var status: Status?
    var stock: Call?
    var meter: Call?
    /// A template of the address of a document in the ERP's own pages.
    var link: String?
    /// Seconds; see ``ERPConnector/settle``.
    var settle = 60.0
}
