/// Reads the members of a JSON object that a person or program sent, collecting every issue instead of stopping at
/// the first.
///
/// Read the members, call ``finish()``, then use the values.
public struct InputReader {
    private let object: JSONObject
    private let pointer: String
    /// The issues found so far.
    public private(set) var issues: [InputIssue] = []
    private var known: Set<String> = []

    /// Starts reading a value that must be an object.
    ///
    /// - Parameters:
    ///   - value: the document or a part of it.
    ///   - pointer: where the value stands in the document (RFC 6901).
    /// - Throws: ``InvalidInput`` when the value is no object.
    public init(_ value: JSONValue, at pointer: String = "") throws(InvalidInput) {
        guard let object = value.object else {
            throw InvalidInput(pointer: pointer, code: "type", detail: "Expected a JSON object.")
        }
        self.object = object
        self.pointer = pointer
    }

    /// The JSON Pointer of a member.
    public func pointer(to name: String) -> String {
        pointer + "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
    }

    /// Notes an issue with a member.
    public mutating func note(_ name: String, _ code: String, _ detail: String) {
        issues.append(InputIssue(pointer: pointer(to: name), code: code, detail: detail))
    }

    /// Takes over the issues of a nested reader.
    public mutating func absorb(_ other: [InputIssue]) {
        issues.append(contentsOf: other)
    }

    /// Whether the member is present, be it `null`.
    public mutating func has(_ name: String) -> Bool {
        known.insert(name)
        return object[name] != nil
    }

    /// The member as it stands; nil when absent or `null`.
    public mutating func value(_ name: String) -> JSONValue? {
        known.insert(name)
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    /// A member that must be present.
    public mutating func required(_ name: String) -> JSONValue? {
        guard let value = value(name) else {
            note(name, "required", "This field is required.")
            return nil
        }
        return value
    }

    /// An optional text of at most `maximumLength` characters.
    public mutating func string(_ name: String, maximumLength: Int = 255) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.string else {
            note(name, "type", "Expected a text.")
            return nil
        }
        guard text.count <= maximumLength else {
            note(name, "too-long", "At most \(maximumLength) characters.")
            return nil
        }
        guard !text.utf8.contains(0) else {
            note(name, "invalid", "The text holds a NUL character.")
            return nil
        }
        return text
    }

    /// A text that must be present and not blank; an empty text is returned after an issue was noted.
    public mutating func requiredString(_ name: String, maximumLength: Int = 255) -> String {
        guard required(name) != nil, let text = string(name, maximumLength: maximumLength) else { return "" }
        if text.allSatisfy(\.isWhitespace) { note(name, "required", "This field must not be empty.") }
        return text
    }

    /// An optional number within a range.
    public mutating func number(_ name: String, in range: ClosedRange<Double>? = nil) -> Double? {
        guard let value = value(name) else { return nil }
        guard let number = value.double else {
            note(name, "type", "Expected a number.")
            return nil
        }
        if let range, !range.contains(number) {
            let bounds = "\(JSONValue.text(of: range.lowerBound)) and \(JSONValue.text(of: range.upperBound))"
            note(name, "out-of-range", "Must be between \(bounds).")
            return nil
        }
        return number
    }

    /// An optional boolean.
    public mutating func bool(_ name: String) -> Bool? {
        guard let value = value(name) else { return nil }
        guard let bool = value.bool else {
            note(name, "type", "Expected true or false.")
            return nil
        }
        return bool
    }

    /// An optional key of another resource.
    public mutating func key(_ name: String) -> ResourceKey? {
        guard let text = string(name) else { return nil }
        guard let key = ResourceKey(text) else {
            note(name, "key", "A key has 1 to 63 characters: a-z, 0-9 and hyphens, not starting with a hyphen.")
            return nil
        }
        return key
    }

    /// An optional member that must be one of a fixed set of texts.
    public mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String,
        _ type: Choice.Type
    ) -> Choice? where Choice.RawValue == String {
        guard let text = string(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            note(name, "choice", "Must be one of: \(Choice.allCases.map(\.rawValue).joined(separator: ", ")).")
            return nil
        }
        return choice
    }

    /// An optional ISO 8601 duration.
    public mutating func duration(_ name: String) -> ISODuration? {
        guard let text = string(name) else { return nil }
        guard let duration = ISODuration(text) else {
            note(name, "duration", "Expected an ISO 8601 duration such as PT30S or PT5M.")
            return nil
        }
        return duration
    }

    /// Ends the reading: names that were never asked for are issues too, and any issue is thrown.
    ///
    /// - Parameter allowingUnknown: whether other members are ignored instead.
    /// - Throws: ``InvalidInput`` with every issue.
    public func finish(allowingUnknown: Bool = false) throws(InvalidInput) {
        var all = issues
        if !allowingUnknown {
            for name in object.names where !known.contains(name) {
                all.append(
                    InputIssue(pointer: pointer(to: name), code: "unknown-field", detail: "There is no such field.")
                )
            }
        }
        if !all.isEmpty { throw InvalidInput(all) }
    }
}
