import Primitives

/// The address of an order's page in the ERP.
enum OrderLink {
    /// Puts an order's number into a connector's template, such as `http://erp/orders/${id}`.
    ///
    /// - Returns: nil without a template, and for anything but a web address: it becomes a link in a browser.
    static func make(template: String?, externalID: String) -> String? {
        guard let template, isWeb(template) else { return nil }
        return template.replacing("${id}", with: PercentEncoding.encode(externalID))
    }

    /// Whether an address is one of the web, which browsers may follow.
    static func isWeb(_ address: String) -> Bool { address.hasPrefix("https://") || address.hasPrefix("http://") }
}
