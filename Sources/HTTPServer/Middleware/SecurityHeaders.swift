import HTTPTypes

extension HTTPField.Name {
    /// A name from a literal that is known to be a token.
    fileprivate static func known(_ name: String, or fallback: HTTPField.Name) -> HTTPField.Name {
        HTTPField.Name(name) ?? fallback
    }

    fileprivate static let referrerPolicy = known("Referrer-Policy", or: .referer)
    fileprivate static let permissionsPolicy = known("Permissions-Policy", or: .server)
    fileprivate static let openerPolicy = known("Cross-Origin-Opener-Policy", or: .server)
    fileprivate static let frameOptions = known("X-Frame-Options", or: .server)
}

/// Tells browsers to be strict: no inline script, no framing, no guessing of types, nothing from other hosts.
public struct SecurityHeaders: Middleware {
    /// Other origins that pages may load map tiles and pictures from, such as `https://tiles.example.org`.
    public var imageAndTileOrigins: [String]

    /// Makes the middleware.
    public init(imageAndTileOrigins: [String] = []) {
        self.imageAndTileOrigins = imageAndTileOrigins
    }

    /// Adds the fields that the response of `next` does not have.
    public func respond(to request: Request, next: Handler) async throws -> Response {
        var response = try await next(request)
        func set(_ name: HTTPField.Name, _ value: String) {
            if response.headers[name] == nil { response.headers[name] = value }
        }
        set(.xContentTypeOptions, "nosniff")
        set(.crossOriginResourcePolicy, "same-origin")
        // RFC 6797: a browser that came by TLS once does not come without it for a year.
        if request.isSecure { set(.strictTransportSecurity, "max-age=31536000") }
        if response.headers[.contentType]?.hasPrefix("text/html") == true {
            set(.contentSecurityPolicy, pagePolicy(for: request))
            set(.referrerPolicy, "same-origin")
            set(.permissionsPolicy, "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
            set(.openerPolicy, "same-origin")
            set(.frameOptions, "DENY")
        } else if response.status != .notModified {
            // A 304 updates the stored response (RFC 9111 section 4.3.4): it must not replace a page's own policy.
            set(.contentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'")
        }
        return response
    }

    /// The policy of pages.
    ///
    /// `blob:` workers and pictures are the map's; `data:` connections are its empty glyph ranges.
    private func pagePolicy(for request: Request) -> String {
        let others = imageAndTileOrigins.map { " \($0)" }.joined()
        // Not every browser counts WebSockets of the page's own origin as 'self'.
        let live = request.authority.flatMap(SecurityHeaders.plainAuthority).map { " ws://\($0) wss://\($0)" } ?? ""
        return [
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "font-src 'self'",
            "img-src 'self' data: blob:\(others)", "connect-src 'self' data:\(live)\(others)",
            "worker-src 'self' blob:", "manifest-src 'self'", "base-uri 'none'", "form-action 'self'",
            "frame-ancestors 'none'",
        ].joined(separator: "; ")
    }

    /// The authority when it is plain enough to stand in a policy; a Host field may hold separators.
    private static func plainAuthority(_ authority: String) -> String? {
        let isPlain = authority.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"),
                UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: false
            }
        }
        return isPlain && !authority.isEmpty ? authority : nil
    }
}
