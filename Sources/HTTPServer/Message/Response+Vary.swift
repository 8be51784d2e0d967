import HTTPTypes

extension Response {
    /// Adds names to `Vary` (RFC 9110 section 12.5.5).
    mutating func vary(on names: String) {
        guard let old = headers[.vary] else {
            headers[.vary] = names
            return
        }
        if old != "*" { headers[.vary] = "\(old), \(names)" }
    }
}
