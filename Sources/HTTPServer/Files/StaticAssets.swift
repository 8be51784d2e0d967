import Foundation
import HTTPTypes
import NIOCore

/// The browser's files: read once at start, kept in memory, served under `/assets/{hash}/…` as immutable.
///
/// The hash is made of all names and contents, so that a page and what it loads always belong to one build. HTML files
/// are pages, not assets: they are served by routes of their own through `page(_:for:)`.
public struct StaticAssets: Sendable {
    private struct File: Sendable {
        let contents: ByteBuffer
        let compressed: ByteBuffer?
        let contentType: String
        let entityTag: String
    }

    /// What a page writes where it means the address of its assets.
    public static let placeholder = "__ASSETS__"

    /// The name of this build: sixteen hexadecimal digits.
    public let hash: String
    /// The address under which the assets are: `/assets/{hash}`.
    public var base: String { "/assets/\(hash)" }
    private let files: [String: File]
    private let pages: [String: File]

    /// Reads all files below a directory.
    ///
    /// Blocks while reading: call it at start.
    ///
    /// Files and directories whose name begins with a dot, and map archives (`.pmtiles`), are left out. A directory
    /// that does not exist counts as empty.
    ///
    /// - Parameter directory: the path of the directory.
    /// - Throws: when a file cannot be read.
    public init(directory: String) throws {
        var hash = ContentHash()
        var contents: [(path: String, bytes: ByteBuffer)] = []
        for path in StaticAssets.paths(below: directory) {
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(path)"))
            let bytes = ByteBuffer(bytes: data)
            hash.add("\(path)\0\(bytes.readableBytes)\0")
            hash.add(bytes)
            contents.append((path, bytes))
        }
        self.hash = hash.text
        let base = "/assets/\(hash.text)"
        var files: [String: File] = [:]
        var pages: [String: File] = [:]
        for (path, bytes) in contents {
            if path.hasSuffix(".html") {
                let text = String(buffer: bytes).replacingOccurrences(of: StaticAssets.placeholder, with: base)
                pages[path] = try StaticAssets.file(ByteBuffer(string: text), path: path)
            } else {
                files[path] = try StaticAssets.file(bytes, path: path)
            }
        }
        self.files = files
        self.pages = pages
    }

    private static func paths(below directory: String) -> [String] {
        guard let enumerator = FileManager.default.enumerator(atPath: directory) else { return [] }
        var paths: [String] = []
        for case let path as String in enumerator {
            if path.split(separator: "/").contains(where: { $0.hasPrefix(".") }) || path.hasSuffix(".pmtiles") {
                continue
            }
            // Follows links: the set-up may have linked a vendor folder.
            var isDirectory: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: "\(directory)/\(path)", isDirectory: &isDirectory)
            if exists, !isDirectory.boolValue { paths.append(path) }
        }
        return paths.sorted()
    }

    private static func file(_ bytes: ByteBuffer, path: String) throws -> File {
        let type = MediaType.forExtension((path as NSString).pathExtension.lowercased())
        var compressed: ByteBuffer?
        if MediaType.isCompressible(type), bytes.readableBytes >= 512 {
            let result = try Gzip.compress(bytes)
            if result.readableBytes < bytes.readableBytes { compressed = result }
        }
        var hash = ContentHash()
        hash.add(bytes)
        return File(contents: bytes, compressed: compressed, contentType: type, entityTag: "\"\(hash.text)\"")
    }

    /// The address of an asset, such as `/assets/…/app.js`.
    public func path(_ name: String) -> String { "\(base)/\(name)" }

    /// The names of all assets, sorted.
    public var names: [String] { files.keys.sorted() }

    /// The names of all pages, sorted.
    public var pageNames: [String] { pages.keys.sorted() }

    /// Answers with an HTML page, in which `__ASSETS__` became the address of the assets.
    ///
    /// - Parameters:
    ///   - name: the file's path below the directory, such as `index.html`.
    ///   - request: the request, for conditions and encodings.
    ///   - status: the status of the answer.
    /// - Returns: the page, or 304.
    /// - Throws: 404 when there is no such page.
    public func page(
        _ name: String,
        for request: Request,
        status: HTTPResponse.Status = .ok
    ) throws(HTTPProblem) -> Response {
        guard let page = pages[name] else { throw .notFound }
        return response(page, for: request, cacheControl: "no-cache", status: status)
    }

    /// Answers a request for an asset of this build; another build's address is 404.
    ///
    /// - Parameters:
    ///   - name: the path below `/assets/{hash}/`.
    ///   - hash: the hash in the address.
    ///   - request: the request, for conditions and encodings.
    /// - Returns: the file, or 304.
    /// - Throws: 404 when there is no such file.
    public func asset(_ name: String, hash: String, for request: Request) throws(HTTPProblem) -> Response {
        guard hash == self.hash, let file = files[name] else { throw .notFound }
        return response(file, for: request, cacheControl: "public, max-age=31536000, immutable", status: .ok)
    }

    private func response(
        _ file: File,
        for request: Request,
        cacheControl: String,
        status: HTTPResponse.Status
    ) -> Response {
        var headers: HTTPFields = [.cacheControl: cacheControl]
        if file.compressed != nil { headers[.vary] = "Accept-Encoding" }
        let compressed = request.acceptsGzip ? file.compressed : nil
        // Two encodings are two representations: a strong tag must tell them apart.
        let tag = compressed == nil ? file.entityTag : "\(file.entityTag.dropLast())-gz\""
        headers[.eTag] = tag
        if status == .ok, request.hasCurrent(entityTag: tag) { return Response(status: .notModified, headers: headers) }
        headers[.contentType] = file.contentType
        if let compressed {
            headers[.contentEncoding] = "gzip"
            return Response(status: status, headers: headers, body: .bytes(compressed))
        }
        return Response(status: status, headers: headers, body: .bytes(file.contents))
    }
}

extension Router {
    /// Adds the route of the assets, `/assets/{hash}/{path...}`.
    public mutating func addAssets(_ assets: StaticAssets, metadata: TypedStorage = TypedStorage()) {
        get("/assets/{hash}/{path...}", metadata: metadata) { request in
            try assets.asset(request.parameters["path"], hash: request.parameters["hash"], for: request)
        }
    }
}
