/// The name of a certificate's holder (X.501), read from its DER form.
public struct DistinguishedName {
    private struct Attribute {
        let type: String
        /// The value when it is a text.
        let text: String?
        let content: ArraySlice<UInt8>
        let tag: UInt8
    }

    /// The relative names, the most general first, as in the certificate.
    private var names: [[Attribute]] = []

    /// Reads the subject of a certificate (RFC 5280 section 4.1); nil when it is malformed.
    public init?(subjectOf certificate: [UInt8]) {
        guard let subject = CertificateFields(certificate)?.subject else { return nil }
        self.init(subject)
    }

    /// Reads a name from what stands in its SEQUENCE; nil when it is malformed.
    init?(_ content: ArraySlice<UInt8>) {
        var subject = DERReader(content)
        while let element = subject.next() {
            guard element.tag == DERReader.set, let attributes = DistinguishedName.attributes(element.content) else {
                return nil
            }
            names.append(attributes)
        }
    }

    private static func attributes(_ content: ArraySlice<UInt8>) -> [Attribute]? {
        var set = DERReader(content)
        var attributes: [Attribute] = []
        while let element = set.next() {
            var pair = DERReader(element.content)
            guard element.tag == DERReader.sequence, let type = pair.next(), type.tag == DERReader.objectIdentifier,
                let identifier = objectIdentifier(type.content), let value = pair.next()
            else { return nil }
            attributes.append(
                Attribute(type: identifier, text: text(value), content: value.content, tag: value.tag)
            )
        }
        return attributes.isEmpty ? nil : attributes
    }

    /// UTF8String, PrintableString and IA5String are texts here; older forms are shown as bytes.
    private static func text(_ value: DERReader.Element) -> String? {
        switch value.tag {
        case 0x0C, 0x13, 0x16: String(validating: value.content, as: UTF8.self)
        default: nil
        }
    }

    private static func objectIdentifier(_ content: ArraySlice<UInt8>) -> String? {
        var numbers: [UInt64] = []
        var number: UInt64 = 0
        var isInside = false
        for byte in content {
            guard number < 1 << 50 else { return nil }
            number = number << 7 | UInt64(byte & 0x7F)
            isInside = byte & 0x80 != 0
            if isInside { continue }
            numbers.append(number)
            number = 0
        }
        guard !isInside, let first = numbers.first else { return nil }
        let root = min(first / 40, 2)
        let parts = [root, first - root * 40] + numbers.dropFirst()
        return parts.map { String($0) }.joined(separator: ".")
    }

    /// The last common name.
    public var commonName: String? {
        names.joined().last { $0.type == "2.5.4.3" }.flatMap(\.text)
    }

    /// The name as text, the most special part first (RFC 4514).
    public var text: String {
        names.reversed().map { $0.map(DistinguishedName.describe).joined(separator: "+") }.joined(separator: ",")
    }

    private static let keywords = [
        "2.5.4.3": "CN", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.6": "C",
        "2.5.4.9": "STREET", "0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID",
    ]

    private static func describe(_ attribute: Attribute) -> String {
        guard let keyword = keywords[attribute.type], let text = attribute.text else {
            // RFC 4514 section 2.4: the whole encoding in hexadecimal digits.
            return "\(attribute.type)=#\(Hexadecimal.text(encoding(attribute)))"
        }
        return "\(keyword)=\(escaped(text))"
    }

    private static func encoding(_ attribute: Attribute) -> [UInt8] {
        let count = attribute.content.count
        let length: [UInt8] =
            if count < 0x80 {
                [UInt8(count)]
            } else if count < 0x100 {
                [0x81, UInt8(count)]
            } else {
                [0x82, UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)]
            }
        return [attribute.tag] + length + attribute.content
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for (index, scalar) in text.unicodeScalars.enumerated() {
            switch scalar {
            case "\"", "+", ",", ";", "<", ">", "\\": result += "\\"
            case "#" where index == 0: result += "\\"
            case " " where index == 0 || index == text.unicodeScalars.count - 1: result += "\\"
            case "\u{0}"..."\u{1F}", "\u{7F}":
                result += "\\\(Hexadecimal.text(CollectionOfOne(UInt8(truncatingIfNeeded: scalar.value))))"
                continue
            default: break
            }
            result.unicodeScalars.append(scalar)
        }
        return result
    }
}
