import HTTPClient
import Primitives

extension CallFailure {
    /// A call without an answer.
    public init(_ error: OutboundError) {
        self.init(reason: error.kind.rawValue, detail: error.detail)
    }

    /// An answer that is no success.
    public init(_ response: OutboundResponse) {
        var detail = "The ERP answered \(response.status)"
        if (300..<400).contains(response.status), let location = response.header("location") {
            detail += " and points to \(location.prefix(200))"
        } else if let message = Self.message(in: response.body) {
            detail += ": \(message)"
        }
        self.init(
            reason: "http-\(response.status)",
            detail: detail,
            retryAfter: RetryAfter.seconds(in: response)
        )
    }

    /// What an ERP says about a failure: the usual members of a JSON answer, or the start of a short text.
    private static func message(in body: [UInt8]) -> String? {
        guard let document = try? JSONValue(parsing: body) else {
            let text = String(decoding: body.prefix(300), as: UTF8.self)
            return text.isEmpty || text.contains("<") || text.contains("Traceback (") ? nil : text.withoutNUL
        }
        for path in [
            "error.message", "Error.message", "error.detail", "detail", "message", "error", "errors.0.message",
            "o:errorDetails.0.detail", "title",
        ] {
            guard let text = JSONPath(path)?.text(in: document), !text.isEmpty else { continue }
            return String(text.prefix(300)).withoutNUL
        }
        return String(Traceback.removed(from: document).text.prefix(300))
    }
}
