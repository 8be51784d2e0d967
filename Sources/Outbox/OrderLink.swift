/// The address of an order's page in the ERP.
enum OrderLink {
    /// Puts an order's number into a connector's template, such as `http://erp/orders/${id}`.
    ///
    /// - Returns: nil without a template, and for anything but a web address: it becomes a link in a browser.
    static func make(template: String?, externalID: String) -> String? {
        guard let template, isWeb(template) else { return nil }
        return template.replacing("${id}", with: percentEncoded(externalID))
    }

    /// Whether an address is one of the web, which browsers may follow.
    static func isWeb(_ address: String) -> Bool { address.hasPrefix("https://") || address.hasPrefix("http://") }

    /// The text with everything but unreserved characters encoded (RFC 3986 section 2.3).
    private static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
