import Primitives

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
            guard UsualFields.severities.contains(member.name), let text, !text.isEmpty, text.count <= 100 else {
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
