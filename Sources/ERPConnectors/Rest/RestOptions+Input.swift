import Expressions
import Primitives

extension RestOptions {
    /// Reads and checks the options of a `rest` connector as an admin wrote them.
    ///
    /// - Parameters:
    ///   - value: the options; nil or null means none.
    ///   - pointer: where they stand in the document.
    /// - Throws: every fault found.
    init(_ value: JSONValue?, at pointer: String = "/options") throws(InvalidInput) {
        guard let value, !value.isNull else { return }
        var reader = try InputReader(value, at: pointer)
        var issues: [InputIssue] = []
        create = Self.part("create", &reader, &issues) { (part, call) throws(InvalidInput) in
            Create(call: call, id: part.path("id", isRequired: true))
        }
        find = Self.part("find", &reader, &issues) { (part, call) throws(InvalidInput) in
            Find(call: call, items: part.path("items", isRequired: false), id: part.path("id", isRequired: true))
        }
        status = Self.part("status", &reader, &issues) { (part, call) throws(InvalidInput) in
            let state = part.path("state", isRequired: true)
            return Status(call: call, state: state, done: part.texts("done"))
        }
        attach = Self.part("attach", &reader, &issues) { (part, call) throws(InvalidInput) in
            Attach(call: call, headers: part.headers(), form: part.form(call), find: part.attachFind())
        }
        stock = Self.part("stock", &reader, &issues) { (_, call) throws(InvalidInput) in call }
        meter = Self.part("meter", &reader, &issues) { (_, call) throws(InvalidInput) in call }
        link = reader.string("link", maximumLength: 1_000)
        if let link, let error = TemplateCheck.error(in: link, names: ["id", "idempotencyKey"]) {
            reader.note("link", error.code.rawValue, error.detail)
        }
        settle = reader.number("settle", in: 0...86_400) ?? settle
        reader.absorb(issues)
        try reader.finish()
    }

    private static func part<Part>(
        _ name: String,
        _ reader: inout InputReader,
        _ issues: inout [InputIssue],
        _ make: (inout RestPartReader, Call) throws(InvalidInput) -> Part
    ) -> Part? {
        guard let value = reader.value(name) else { return nil }
        do throws(InvalidInput) {
            var part = try RestPartReader(value, at: reader.pointer(to: name), name: name)
            let call = part.call()
            let result = try make(&part, call)
            try part.finish()
            return result
        } catch {
            issues += error.issues
            return nil
        }
    }
}

/// Reads one of the requests in a `rest` connector's options.
struct RestPartReader {
    private var reader: InputReader
    private let name: String
    private let pointer: String

    init(_ value: JSONValue, at pointer: String, name: String) throws(InvalidInput) {
        reader = try InputReader(value, at: pointer)
        self.name = name
        self.pointer = pointer
    }

    private static let methods: [String: [String]] = [
        "create": ["POST", "PUT", "PATCH"], "find": ["GET", "POST"], "status": ["GET", "POST"],
        "attach": ["POST", "PUT", "PATCH"], "attach.find": ["GET", "POST"],
        "stock": ["PUT", "POST", "PATCH"], "meter": ["POST", "PUT", "PATCH"],
    ]

    /// The names that the templates may use; nil when a mapping decides.
    private var names: [String]? {
        switch name {
        case "status": ["id", "idempotencyKey"]
        case "attach", "attach.find": RestRequestBuilder.attachNames
        default: nil
        }
    }

    /// The same for strings of the body.
    private var bodyNames: [String]? { name == "attach" ? names.map { $0 + ["picture"] } : names }

    mutating func call() -> RestOptions.Call {
        let methods = Self.methods[name] ?? ["GET"]
        let method = reader.string("method")?.uppercased() ?? methods[0]
        if !methods.contains(method) {
            reader.note("method", "choice", "Must be one of: \(methods.joined(separator: ", ")).")
        }
        let path = reader.requiredString("path", maximumLength: 2_000)
        if !path.isEmpty, !path.hasPrefix("/") {
            reader.note("path", "path", "A path begins with “/” and follows the connector's address.")
        } else if let problem = RestRequestBuilder.problem(ofPath: path) {
            reader.note("path", "path", problem)
        } else if let error = TemplateCheck.error(in: path, names: names) {
            reader.note("path", error.code.rawValue, error.detail)
        }
        let body = reader.value("body")
        if let body { check(body, at: reader.pointer(to: "body"), depth: 0) }
        return RestOptions.Call(method: method, path: path, body: body)
    }

    private mutating func check(_ body: JSONValue, at pointer: String, depth: Int) {
        switch body {
        case .string(let source):
            if let error = TemplateCheck.error(in: source, names: bodyNames) {
                reader.absorb([InputIssue(pointer: pointer, code: error.code.rawValue, detail: error.detail)])
            }
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                check(element, at: "\(pointer)/\(index)", depth: depth + 1)
            }
        case .object(let object):
            for member in object.members {
                let name = member.name.replacing("~", with: "~0").replacing("/", with: "~1")
                check(member.value, at: "\(pointer)/\(name)", depth: depth + 1)
            }
        default: break
        }
    }

    mutating func path(_ member: String, isRequired: Bool) -> JSONPath {
        let text = isRequired ? reader.requiredString(member) : reader.string(member) ?? ""
        if let path = JSONPath(text) { return path }
        reader.note(member, "path", "Expected member names joined by dots, such as data.id.")
        return .document
    }

    mutating func texts(_ member: String) -> [String] {
        guard let value = reader.value(member) else { return [] }
        guard let elements = value.array else {
            reader.note(member, "type", "Expected an array of texts.")
            return []
        }
        var texts: [String] = []
        for (index, element) in elements.enumerated() {
            guard let path = JSONPath("\(index)"), let text = path.text(in: value) else {
                let pointer = reader.pointer(to: member) + "/\(index)"
                reader.absorb([
                    InputIssue(pointer: pointer, code: "type", detail: "Expected a text, not \(element.text).")
                ])
                continue
            }
            texts.append(text)
        }
        return texts
    }

    func finish() throws(InvalidInput) {
        try reader.finish()
    }

    mutating func string(_ member: String, maximumLength: Int) -> String? {
        reader.string(member, maximumLength: maximumLength)
    }

    mutating func value(_ member: String) -> JSONValue? { reader.value(member) }

    mutating func note(_ member: String, _ code: String, _ detail: String) { reader.note(member, code, detail) }

    /// A request within this one; its faults are this one's.
    mutating func nested<Part>(
        _ member: String,
        as name: String,
        _ make: (inout RestPartReader) throws(InvalidInput) -> Part
    ) -> Part? {
        guard let value = reader.value(member) else { return nil }
        do throws(InvalidInput) {
            var part = try RestPartReader(value, at: reader.pointer(to: member), name: name)
            let result = try make(&part)
            try part.finish()
            return result
        } catch {
            reader.absorb(error.issues)
            return nil
        }
    }
}

/// Checks templates when a connector is saved.
enum TemplateCheck {
    /// What is wrong with a template.
    ///
    /// - Parameters:
    ///   - source: the template.
    ///   - names: the names that it may use, all of them texts; nil when they are not known as yet, so that only the
    ///     grammar is checked.
    /// - Returns: the fault; nil when there is none.
    static func error(in source: String, names: [String]?) -> ExpressionError? {
        if let names { return failure(source, FieldScope(fields: [], extra: names)) }
        var fields: [MappingFieldType] = []
        // Each round makes one more name known, so that faults behind it show.
        for _ in 0..<64 {
            guard let error = failure(source, FieldScope(fields: fields)) else { return nil }
            switch error.code {
            case .unknownName:
                let units = Array(source.utf16)
                let range = error.position.offset..<min(units.count, error.position.offset + error.position.length)
                guard !range.isEmpty else { return nil }
                let name = String(decoding: units[range], as: UTF16.self).filter { $0 != "`" }
                guard !fields.contains(where: { $0.name == name }) else { return nil }
                fields.append(MappingFieldType(name: name, type: .text))
            case .typeMismatch: return nil
            default: return error
            }
        }
        return nil
    }

    private static func failure(_ source: String, _ scope: FieldScope) -> ExpressionError? {
        do throws(ExpressionError) {
            _ = try scope.compile(source)
            return nil
        } catch {
            return error
        }
    }
}
