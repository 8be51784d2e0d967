import Expressions
import Primitives

extension RestPartReader {
    /// The form's field for the picture; checks that the body is made for the way in which the picture goes.
    mutating func form(_ call: RestOptions.Call) -> String? {
        let form = formField()
        guard let body = call.body else { return form }
        let count = RestRequestBuilder.pictures(in: body)
        if form == nil {
            let detail = "A body holds “${picture}” once; without a body the picture itself is sent."
            if count != 1 { note("body", "picture", detail) }
        } else if count != 0 {
            note("body", "picture", "In a form the picture has its own field; “${picture}” has no place in the others.")
        } else if !Self.isFlat(body) {
            note("body", "form", "The other fields of a form are an object of texts, with plain names.")
        }
        return form
    }

    private mutating func formField() -> String? {
        guard let form = string("form", maximumLength: 100) else { return nil }
        if Self.isPlain(form) { return form }
        note("form", "invalid", "Expected the name of a form's field: letters, digits, “-”, “_”, “.”, “[” and “]”.")
        return nil
    }

    private static func isFlat(_ body: JSONValue) -> Bool {
        guard let object = body.object else { return false }
        return object.members.allSatisfy { member in
            isPlain(member.name) && member.value.object == nil && member.value.array == nil && !member.value.isNull
        }
    }

    /// Header fields of the ERP's own: names with templates.
    mutating func headers() -> [RestOptions.Header] {
        guard let value = value("headers") else { return [] }
        guard let object = value.object, object.members.count <= 20 else {
            note("headers", "type", "Expected an object of at most 20 header fields with their values.")
            return []
        }
        var headers: [RestOptions.Header] = []
        for member in object.members {
            guard ConnectorCredentials.isAllowed(header: member.name),
                !Self.ownHeaders.contains(member.name.lowercased())
            else {
                note(
                    "headers",
                    "header",
                    "“\(member.name.prefix(100))” is no name of a header field that may be set here."
                )
                continue
            }
            guard let source = member.value.string, source.count <= 1_000 else {
                note("headers", "type", "The value of “\(member.name)” is a text of at most 1,000 characters.")
                continue
            }
            if let error = TemplateCheck.error(in: source, names: RestRequestBuilder.attachNames) {
                note("headers", error.code.rawValue, "“\(member.name)”: \(error.detail)")
            }
            headers.append(RestOptions.Header(name: member.name, value: source))
        }
        return headers
    }

    /// What the credentials are for.
    private static let ownHeaders: Set<String> = ["authorization", "proxy-authorization", "cookie"]

    /// What stands in quotes in the head of a form's part without an escape.
    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { PercentEncoding.isUnreserved($0) || "[]".utf8.contains($0) }
    }

    /// The look-up of an earlier upload.
    mutating func attachFind() -> RestOptions.AttachFind? {
        nested("find", as: "attach.find") { (part) throws(InvalidInput) in
            let call = part.call()
            let items = part.path("items", isRequired: false)
            let key = part.path("key", isRequired: false)
            if key.text.isEmpty, !RestRequestBuilder.namesFile(call) {
                // Any other file of the order would pass for this one.
                let detail = "Say where a file has its name, unless the request asks for this file alone."
                part.note("key", "required", detail)
            }
            return RestOptions.AttachFind(call: call, items: items, key: key.text.isEmpty ? nil : key)
        }
    }
}
