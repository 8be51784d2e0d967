import HTTPTypes

extension Request {
    /// Whether the client takes gzip (RFC 9110 section 12.5.3).
    var acceptsGzip: Bool {
        guard let value = headers[.acceptEncoding] else { return false }
        var star = false
        for element in value.split(separator: ",") {
            let parts = element.split(separator: ";").map { part in
                part.drop { $0 == " " || $0 == "\t" }.lowercased()
            }
            guard let coding = parts.first?.split(separator: " ").first else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }?.dropFirst(2)
            let isRefused = weight.flatMap { Double($0) } == 0
            if coding == "gzip" || coding == "x-gzip" { return !isRefused }
            if coding == "*" { star = !isRefused }
        }
        return star
    }
}

/// Media types by file name.
enum MediaType {
    /// The type for a file extension in lower case.
    static func forExtension(_ name: String) -> String {
        switch name {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "json", "map": "application/json"
        case "webmanifest": "application/manifest+json"
        case "svg": "image/svg+xml"
        case "txt", "md": "text/plain; charset=utf-8"
        case "csv": "text/csv; charset=utf-8"
        case "xml": "application/xml"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "webp": "image/webp"
        case "gif": "image/gif"
        case "ico": "image/x-icon"
        case "woff2": "font/woff2"
        case "woff": "font/woff"
        case "wasm": "application/wasm"
        case "pdf": "application/pdf"
        default: "application/octet-stream"
        }
    }

    /// Whether compressing contents of this type is worth the time.
    static func isCompressible(_ type: String) -> Bool {
        let essence = type.prefix { $0 != ";" }.lowercased()
        if essence.hasPrefix("text/") || essence.hasSuffix("+json") || essence.hasSuffix("+xml") { return true }
        switch essence {
        case "application/json", "application/javascript", "application/xml", "application/wasm", "image/x-icon",
            "application/vnd.mapbox-vector-tile":
            return true
        default: return false
        }
    }
}
