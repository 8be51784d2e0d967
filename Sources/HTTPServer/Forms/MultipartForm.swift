import HTTPTypes
import NIOCore

/// A form of type `multipart/form-data` (RFC 7578) that was read whole: fields in memory, files on disk.
public struct MultipartForm: Sendable {
    /// A field without a file.
    public struct Field: Hashable, Sendable {
        /// Its name.
        public let name: String
        /// Its value.
        public let value: String
    }

    /// An uploaded file; its bytes are gone with its last copy.
    public struct File: Sendable {
        /// The name of the field.
        public let name: String
        /// What the client calls the file: for people, never a path to write to.
        public let fileName: String
        /// The media type that the client claims.
        public let contentType: String?
        /// The number of bytes.
        public let size: Int
        private let storage: TemporaryFile

        init(name: String, fileName: String, contentType: String?, size: Int, storage: TemporaryFile) {
            self.name = name
            self.fileName = fileName
            self.contentType = contentType
            self.size = size
            self.storage = storage
        }

        /// Reads a part of the file; shorter only at the end.
        public func read(at offset: Int, upTo count: Int) async throws -> [UInt8] {
            let most = max(0, min(count, size - max(0, offset)))
            if most == 0 { return [] }
            return Array(try await storage.read(at: max(0, offset), upTo: most).readableBytesView)
        }
    }

    /// The fields in order.
    public internal(set) var fields: [Field] = []
    /// The files in order.
    public internal(set) var files: [File] = []

    /// The value of the first field with a name.
    public func first(_ name: String) -> String? {
        fields.first { $0.name == name }?.value
    }
}

extension Request {
    /// Reads a `multipart/form-data` body: small fields into memory, files into temporary files while they arrive.
    ///
    /// The files have no name on disk and vanish with the form, also when reading fails or the process is killed. The
    /// route's body limit bounds the whole.
    ///
    /// - Parameters:
    ///   - limits: the most that is taken.
    ///   - directory: where the files' bytes are kept.
    /// - Returns: the form.
    /// - Throws: 415 for another media type, 411 without a body, 413 beyond a limit, 400 for what is malformed; and
    ///   ``TemporaryFileError``.
    public func multipartForm(
        limits: FormLimits = FormLimits(),
        directory: String = "/tmp"
    ) async throws -> MultipartForm {
        try requireContent(of: "multipart/form-data") { $0 == "multipart/form-data" }
        let boundary = headers[.contentType].flatMap { ParameterizedValue(parsing: $0)?["boundary"] } ?? ""
        var reader: MultipartFormReader
        do throws(MultipartError) {
            reader = MultipartFormReader(
                parser: try MultipartParser(boundary: boundary, limits: limits.parts),
                limits: limits,
                directory: directory
            )
        } catch {
            throw HTTPProblem(error)
        }
        for try await piece in body { try await reader.take(ByteBuffer(bytes: piece)) }
        return try reader.finish()
    }
}

extension HTTPProblem {
    init(_ error: MultipartError) {
        self.init(error.isLimit ? .contentTooLarge : .badRequest, code: error.rawValue, detail: error.message)
    }

    static let malformedPart = HTTPProblem(
        .badRequest,
        code: "malformed-part",
        detail: "A part of the form has no valid Content-Disposition, or a field is not UTF-8."
    )
}
