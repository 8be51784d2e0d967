import Primitives

/// Fields and options that several kinds ask for in the same words.
enum UsualFields {
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

    static func item(
        _ label: String = "Item",
        _ help: String = "The number of the stock item.",
        isRequired: Bool,
        maximumLength: Int? = nil
    ) -> FormField {
        FormField("item", label, help, kind: .item, isRequired: isRequired, maximumLength: maximumLength)
    }

    static func quantity(_ help: String = "How much, in the item's own unit.", isRequired: Bool) -> FormField {
        FormField("quantity", "Quantity", help, kind: .number, isRequired: isRequired)
    }

    static func location(
        _ help: String,
        label: String = "Location",
        maximumLength: Int? = nil,
        list: String? = nil
    ) -> FormField {
        FormField("location", label, help, maximumLength: maximumLength, list: list)
    }

    static func text(_ maximumLength: Int?, _ help: String = "The remark.") -> FormField {
        FormField("text", "Text", help, isRequired: true, maximumLength: maximumLength)
    }

    static func reason(_ maximumLength: Int? = 200, _ help: String = "Why it is cancelled.") -> FormField {
        FormField("reason", "Reason", help, maximumLength: maximumLength)
    }

    static func priority(_ help: String) -> FormField {
        FormField("priority", "Priority", help, initial: "${alarm.severity}")
    }

    /// The option that sets ``ERPConnector/settle``.
    static func settle(_ system: String = "the system") -> FormField {
        FormField(
            "settle",
            "Settling time",
            "Seconds after the start of a call within which \(system) may still carry it out.",
            kind: .number,
            initial: 60
        )
    }

    /// The option that translates alarm severities.
    static func priorities(_ help: String, label: String = "Priorities") -> FormField {
        FormField("priorities", label, help, kind: .object)
    }

    /// Description and link as one text.
    static func body(_ fields: OrderFields) -> String? {
        let parts = [fields.text("description"), fields.text("link")].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "\n")
    }

    static let severities = ["low", "medium", "high", "critical"]
}

extension OperationManifest {
    /// Asks whether parts are there.
    static func partsCheck(_ title: String, fields: [FormField]) -> OperationManifest {
        OperationManifest(.partsCheck, title, fields: fields, traits: OperationTraits(isRepeatable: true))
    }
}
