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

    /// The upload of a picture to an order, and how an earlier upload is found.
    struct Attach: Hashable, Sendable {
        /// Its body, if there is one, holds `${picture}`; without a body and a form the picture itself is sent.
        var call: Call
        /// Header fields of the ERP's own.
        var headers: [Header] = []
        /// The field of a form that the picture is in; nil when it is sent otherwise.
        var form: String?
        var find: AttachFind?
    }

    /// A header field whose value is a template.
    struct Header: Hashable, Sendable {
        var name: String
        var value: String
    }

    /// The look-up of an uploaded picture.
    struct AttachFind: Hashable, Sendable {
        var call: Call
        /// Where the answer has the list of the order's files.
        var items: JSONPath
        /// Where a file has a text with the key in it, such as its name; nil when the request asks for this file alone.
        var key: JSONPath?
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
    var attach: Attach?
    var stock: Call?
    var meter: Call?
    /// A template of the address of a document in the ERP's own pages.
    var link: String?
    /// Seconds; see ``ERPConnector/settle``.
    var settle = 60.0
}
