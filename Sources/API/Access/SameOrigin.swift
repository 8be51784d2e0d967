import HTTPServer
import HTTPTypes
import Primitives

/// Refuses requests that another site makes a signed-in browser send (CSRF).
///
/// Browsers tell where a request comes from by `Sec-Fetch-Site`; older ones by `Origin`, which must then name the host
/// that was asked. Requests with a bearer token need no such check: no browser adds that by itself.
enum SameOrigin {
    static func check(_ request: Request) throws {
        if request[CurrentPrincipal.self]?.isBySession != true { return }
        if let site = request.headers[.secFetchSite] {
            if site == "same-origin" { return }
        } else if let origin = request.headers[.origin], let authority = request.authority,
            origin == "http://" + authority || origin == "https://" + authority
        {
            return
        }
        throw HTTPProblem(
            .forbidden,
            code: "cross-site",
            detail: "This request did not come from one of Plantwright's own pages."
        )
    }
}

extension HTTPField.Name {
    static let secFetchSite = constant("Sec-Fetch-Site")

    /// A field name that is known to be valid.
    private static func constant(_ name: String) -> HTTPField.Name {
        HTTPField.Name(name) ?? .origin
    }
}
