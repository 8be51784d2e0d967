import HTTPTypes
import Primitives

/// The most that a form may bring; beyond it 413.
public struct FormLimits: Sendable {
    /// Number of fields without a file.
    public var fields = 200
    /// Bytes of all fields together, names included: they are kept in memory.
    public var fieldBytes = 256 * 1_024
    /// Number of files.
    public var files = 10
    /// Bytes of one file.
    public var fileBytes = 64 * 1_024 * 1_024
    /// Heads of parts.
    public var parts = MultipartLimits()

    /// Makes the default limits.
    public init() {}
}

extension Request {
    /// The parameters of an `application/x-www-form-urlencoded` body.
    ///
    /// - Parameter limits: the most that is taken.
    /// - Returns: the fields in order.
    /// - Throws: 415 for another media type, 411 without a body, 413 beyond the limits, 400 for what is malformed.
    public func form(limits: FormLimits = FormLimits()) async throws -> Query {
        try requireContent(of: "application/x-www-form-urlencoded") { $0 == "application/x-www-form-urlencoded" }
        let bytes = try await body.collect(upTo: limits.fieldBytes)
        // Counted before anything is decoded.
        let separators = bytes.count { $0 == UInt8(ascii: "&") }
        if separators >= limits.fields { throw HTTPProblem.tooManyFields(limit: limits.fields) }
        do throws(TargetError) {
            return try Query(parsing: bytes)
        } catch {
            throw HTTPProblem(.badRequest, code: "malformed-form", detail: "The form is malformed.")
        }
    }

    /// Refuses a body of another media type, or none, or an encoded one.
    ///
    /// - Parameters:
    ///   - type: the media type to name in the answer (`Accept`, RFC 9110 section 15.5.16).
    ///   - isRequired: whether a request without `Content-Type` is refused.
    ///   - matches: judges the type in lower case, without parameters.
    /// - Throws: 411 when neither a length nor chunks announce a body, 415.
    public func requireContent(
        of type: String,
        isRequired: Bool = true,
        where matches: (String) -> Bool
    ) throws(HTTPProblem) {
        if body.isEmpty, headers[.contentLength] == nil { throw .lengthRequired }
        if let coding = headers[.contentEncoding], coding.lowercased() != "identity" {
            throw HTTPProblem(
                .unsupportedMediaType,
                code: "unsupported-content-coding",
                detail: "The body must not be encoded.",
                headers: [.acceptEncoding: "identity"]
            )
        }
        guard let field = headers[.contentType] else {
            if isRequired { throw .unsupportedMediaType(type) }
            return
        }
        guard let value = ParameterizedValue(parsing: field), matches(value.value) else {
            throw .unsupportedMediaType(type)
        }
    }
}

extension HTTPProblem {
    static let lengthRequired = HTTPProblem(
        .lengthRequired,
        code: "length-required",
        detail: "A body is expected here, with Content-Length or in chunks."
    )

    static func unsupportedMediaType(_ expected: String) -> HTTPProblem {
        HTTPProblem(
            .unsupportedMediaType,
            code: "unsupported-media-type",
            detail: "The body must be \(expected).",
            headers: [.accept: expected]
        )
    }

    static func tooManyFields(limit: Int) -> HTTPProblem {
        HTTPProblem(
            .contentTooLarge,
            code: "too-many-fields",
            detail: "A form may have at most \(limit) fields.",
            members: ["limit": .integer(Int64(limit))]
        )
    }
}
