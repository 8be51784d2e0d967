import Primitives

/// Fields and options that several kinds ask for in the same words.
enum SuiteFields {
    static let title = FormField(
        "title",
        "Title",
        "What is to be done, in a line.",
        isRequired: true,
        initial: "${rule.name} at ${asset.name}",
        maximumLength: 200
    )

    static func title(_ maximumLength: Int) -> FormField {
        var field = title
        field.maximumLength = maximumLength
        return field
    }

    static func description(_ maximumLength: Int?) -> FormField {
        FormField("description", "Description", "What was seen.", maximumLength: maximumLength)
    }

    static func equipment(_ help: String, isRequired: Bool = false, maximumLength: Int? = nil) -> FormField {
        FormField(
            "equipment",
            "Equipment",
            help,
            isRequired: isRequired,
            initial: "${asset.equipment}",
            maximumLength: maximumLength
        )
    }

    static let link = FormField(
        "link",
        "Link",
        "The address of the evidence; it is added to the description.",
        initial: "${link}"
    )

    static func item(isRequired: Bool) -> FormField {
        FormField("item", "Item", "The number of the stock item.", isRequired: isRequired)
    }

    static func quantity(isRequired: Bool) -> FormField {
        FormField("quantity", "Quantity", "How much, in the item's own unit.", kind: .number, isRequired: isRequired)
    }

    static func location(_ help: String) -> FormField { FormField("location", "Location", help) }

    static func text(_ maximumLength: Int?) -> FormField {
        FormField("text", "Text", "The remark.", isRequired: true, maximumLength: maximumLength)
    }

    static let reason = FormField("reason", "Reason", "Why it is cancelled.", maximumLength: 200)

    static func priority(_ help: String) -> FormField {
        FormField("priority", "Priority", help, initial: "${alarm.severity}")
    }

    /// The option that sets ``ERPConnector/settle``.
    static let settle = FormField(
        "settle",
        "Settling time",
        "Seconds after the start of a call within which the system may still carry it out.",
        kind: .number,
        initial: 60
    )

    /// The option that translates alarm severities.
    static func priorities(_ help: String) -> FormField {
        FormField("priorities", "Priorities", help, kind: .object)
    }

    /// Description and link as one text.
    static func body(_ fields: OrderFields) -> String? {
        let parts = [fields.text("description"), fields.text("link")].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "\n")
    }

    static let severities = ["low", "medium", "high", "critical"]
}

extension InputReader {
    /// A translation of alarm severities: `{"critical": "1"}`.
    mutating func priorities(_ name: String = "priorities") -> [String: String] {
        guard let value = value(name) else { return [:] }
        guard let object = value.object else {
            note(name, "type", "Expected an object such as {\"critical\": \"1\"}.")
            return [:]
        }
        var result: [String: String] = [:]
        for member in object.members {
            let text = member.value.string ?? member.value.integer.map(String.init)
            guard SuiteFields.severities.contains(member.name), let text, !text.isEmpty, text.count <= 100 else {
                note(name, "invalid", "Every member is a severity (low, medium, high, critical) with the ERP's value.")
                return [:]
            }
            result[member.name] = text
        }
        return result
    }

    /// Seconds; see ``ERPConnector/settle``.
    mutating func settle() -> Double { number("settle", in: 0...86_400) ?? 60 }

    /// A name in the ERP's own language: letters, digits and underscores.
    mutating func identifier(_ name: String, default initial: String) -> String {
        guard let text = string(name, maximumLength: 100), !text.isEmpty else { return initial }
        let isPlain = text.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        if !isPlain { note(name, "invalid", "Expected a name of letters, digits and underscores.") }
        return text
    }
}

extension ConnectorCredentials {
    /// Refuses credentials that a kind has no use for.
    ///
    /// - Throws: ``InvalidInput`` at `/credentials`.
    func check(_ isUsable: Bool, _ detail: String) throws(InvalidInput) {
        // Previews and checks of options have none.
        if self == .none || isUsable { return }
        throw InvalidInput(pointer: "/credentials", code: "unsuitable", detail: detail)
    }
}
