import HTTPTypes
import NIOCore

/// Takes the parts of a form as they arrive and puts each where it belongs.
struct MultipartFormReader {
    private enum Part {
        case field(name: String, ByteBuffer)
        case file(OpenFile)
    }

    private struct OpenFile {
        let name: String
        let fileName: String
        let contentType: String?
        let storage: TemporaryFile
        /// Bytes that wait to be written together.
        var waiting = ByteBuffer()
        var written = 0

        var size: Int { written + waiting.readableBytes }
    }

    private static let writeSize = 256 * 1_024
    private let limits: FormLimits
    private let directory: String
    private var parser: MultipartParser
    private var part: Part?
    private var form = MultipartForm()
    private var fieldBytes = 0

    init(parser: MultipartParser, limits: FormLimits, directory: String) {
        self.parser = parser
        self.limits = limits
        self.directory = directory
    }

    /// Takes the next bytes of the body.
    mutating func take(_ bytes: ByteBuffer) async throws {
        parser.receive(bytes)
        while let event = try next() {
            switch event {
            case .part(let fields): try await begin(fields)
            case .body(let bytes): try await add(bytes)
            case .endOfPart: try await endPart()
            case .end: break
            }
        }
    }

    /// The whole form, after all bytes.
    mutating func finish() throws -> MultipartForm {
        do throws(MultipartError) {
            try parser.finish()
        } catch {
            throw HTTPProblem(error)
        }
        return form
    }

    private mutating func next() throws(HTTPProblem) -> MultipartEvent? {
        do throws(MultipartError) {
            return try parser.next()
        } catch {
            throw HTTPProblem(error)
        }
    }

    private mutating func begin(_ fields: HTTPFields) async throws {
        guard let text = fields[.contentDisposition], let disposition = ParameterizedValue(parsing: text),
            disposition.value == "form-data", let name = disposition["name"]
        else { throw HTTPProblem.malformedPart }
        guard let fileName = disposition["filename"] else {
            if form.fields.count == limits.fields { throw HTTPProblem.tooManyFields(limit: limits.fields) }
            try count(name.utf8.count)
            part = .field(name: name, ByteBuffer())
            return
        }
        if form.files.count == limits.files {
            throw HTTPProblem(
                .contentTooLarge,
                code: "too-many-files",
                detail: "A form may have at most \(limits.files) files."
            )
        }
        part = .file(
            OpenFile(
                name: name,
                fileName: fileName,
                contentType: fields[.contentType],
                storage: try await TemporaryFile.make(in: directory)
            )
        )
    }

    private mutating func count(_ bytes: Int) throws(HTTPProblem) {
        fieldBytes += bytes
        if fieldBytes > limits.fieldBytes { throw .contentTooLarge(limit: limits.fieldBytes) }
    }

    private mutating func add(_ bytes: ByteBuffer) async throws {
        switch part {
        case .field(let name, var value):
            try count(bytes.readableBytes)
            part = nil
            value.writeImmutableBuffer(bytes)
            part = .field(name: name, value)
        case .file(var file):
            if file.size + bytes.readableBytes > limits.fileBytes {
                throw HTTPProblem.contentTooLarge(limit: limits.fileBytes)
            }
            part = nil
            file.waiting.writeImmutableBuffer(bytes)
            if file.waiting.readableBytes >= Self.writeSize { try await Self.write(&file) }
            part = .file(file)
        case nil: break
        }
    }

    private static func write(_ file: inout OpenFile) async throws {
        if file.waiting.readableBytes == 0 { return }
        try await file.storage.write(file.waiting, at: file.written)
        file.written += file.waiting.readableBytes
        file.waiting.clear()
    }

    private mutating func endPart() async throws {
        switch part {
        case .field(let name, let value):
            guard let text = String(validating: value.readableBytesView, as: UTF8.self) else {
                throw HTTPProblem.malformedPart
            }
            form.fields.append(MultipartForm.Field(name: name, value: text))
        case .file(var file):
            try await Self.write(&file)
            form.files.append(
                MultipartForm.File(
                    name: file.name,
                    fileName: file.fileName,
                    contentType: file.contentType,
                    size: file.written,
                    storage: file.storage
                )
            )
        case nil: break
        }
        part = nil
    }
}
