import HTTPTypes
import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// Why a tile archive cannot be used.
public enum TileArchiveError: Error, Hashable, Sendable {
    /// The file cannot be opened or read; the system's number.
    case unreadable(Int32)
    /// The file is no PMTiles archive of version 3.
    case notAnArchive
    /// The file says something impossible about itself.
    case malformed
    /// Directories or tiles are compressed by something other than gzip.
    case unsupportedCompression
}

/// A PMTiles v3 archive of vector tiles on disk.
///
/// Directories are kept, tiles are read when asked for.
public final class TileArchive: Sendable {
    private struct Cache {
        var leaves: [UInt64: TileDirectory] = [:]
    }

    private static let directoryLimit = 16 * 1_024 * 1_024
    private static let tileLimit = 8 * 1_024 * 1_024
    private static let cachedLeaves = 64

    private let file: ReadOnlyFile
    private let header: TileArchiveHeader
    private let root: TileDirectory
    private let cache = Mutex(Cache())

    /// Names the contents; changes when the file does.
    public let version: String
    /// The least zoom level.
    public var minimumZoom: Int { Int(header.minimumZoom) }
    /// The greatest zoom level.
    public var maximumZoom: Int { Int(header.maximumZoom) }
    /// West, south, east and north in degrees.
    public var bounds: [Double] { header.bounds }
    /// Whether the tiles are gzip on disk, and are sent so.
    public var isCompressed: Bool { header.tilesAreCompressed }

    /// Opens an archive and reads its header and root directory.
    ///
    /// Blocks while reading: call it at start.
    public init(path: String) throws(TileArchiveError) {
        file = try ReadOnlyFile(path: path)
        let start = try file.read(at: 0, length: TileArchiveHeader.length)
        header = try TileArchiveHeader(parsing: start)
        let rootBytes = try file.read(at: header.root.offset, length: header.root.length)
        root = try TileArchive.directory(rootBytes, isCompressed: header.directoriesAreCompressed)
        var hash = ContentHash()
        hash.add(start)
        hash.add(rootBytes)
        hash.add(file.identity)
        version = hash.text
    }

    private static func directory(_ bytes: ByteBuffer, isCompressed: Bool) throws(TileArchiveError) -> TileDirectory {
        guard isCompressed else { return try TileDirectory(parsing: bytes) }
        guard let plain = try? Gzip.decompress(bytes, limit: directoryLimit) else { throw .malformed }
        return try TileDirectory(parsing: plain)
    }

    /// The bytes of a tile as they are on disk, or nil when there is none.
    func tile(z: Int, x: Int, y: Int) async throws -> ByteBuffer? {
        guard let number = TileID.number(z: z, x: x, y: y) else { return nil }
        // Disk reads do not belong on the cooperative pool.
        return try await NIOThreadPool.singleton.runIfActive { try self.find(number) }
    }

    private func find(_ tile: UInt64) throws(TileArchiveError) -> ByteBuffer? {
        var directory = root
        // The format allows three levels; more would be a loop.
        for _ in 0..<4 {
            guard let entry = directory.entry(for: tile) else { return nil }
            if entry.runLength > 0 {
                guard Int(entry.length) <= TileArchive.tileLimit else { throw .malformed }
                return try file.read(at: header.tiles.offset, plus: entry.offset, length: Int(entry.length))
            }
            directory = try leaf(at: entry)
        }
        throw .malformed
    }

    private func leaf(at entry: TileDirectory.Entry) throws(TileArchiveError) -> TileDirectory {
        if let known = cache.withLock({ $0.leaves[entry.offset] }) { return known }
        guard Int(entry.length) <= TileArchive.directoryLimit else { throw .malformed }
        let bytes = try file.read(at: header.leaves.offset, plus: entry.offset, length: Int(entry.length))
        let directory = try TileArchive.directory(bytes, isCompressed: header.directoriesAreCompressed)
        cache.withLock { cache in
            if cache.leaves.count >= TileArchive.cachedLeaves { cache.leaves.removeAll() }
            cache.leaves[entry.offset] = directory
        }
        return directory
    }
}

/// The fixed first part of an archive (PMTiles v3 section 3).
struct TileArchiveHeader: Sendable {
    struct Section: Sendable {
        let offset: UInt64
        let length: Int
    }

    static let length = 127

    let root: Section
    let leaves: Section
    let tiles: Section
    let directoriesAreCompressed: Bool
    let tilesAreCompressed: Bool
    let minimumZoom: UInt8
    let maximumZoom: UInt8
    let bounds: [Double]

    init(parsing bytes: ByteBuffer) throws(TileArchiveError) {
        guard bytes.readableBytes >= TileArchiveHeader.length,
            bytes.getString(at: bytes.readerIndex, length: 7) == "PMTiles"
        else { throw .notAnArchive }
        let start = bytes.readerIndex
        func byte(_ offset: Int) -> UInt8 { bytes.getInteger(at: start + offset) ?? 0 }
        func word(_ offset: Int) -> UInt64 { bytes.getInteger(at: start + offset, endianness: .little) ?? 0 }
        func degrees(_ offset: Int) -> Double {
            Double(bytes.getInteger(at: start + offset, endianness: .little, as: Int32.self) ?? 0) / 10_000_000
        }
        func section(_ offset: Int) -> Section {
            Section(offset: word(offset), length: Int(clamping: word(offset + 8)))
        }
        guard byte(7) == 3 else { throw .notAnArchive }
        root = section(8)
        leaves = section(40)
        tiles = section(56)
        guard root.length <= 16 * 1_024 * 1_024 else { throw .malformed }
        directoriesAreCompressed = try TileArchiveHeader.isCompressed(byte(97))
        tilesAreCompressed = try TileArchiveHeader.isCompressed(byte(98))
        minimumZoom = byte(100)
        maximumZoom = byte(101)
        bounds = [degrees(102), degrees(106), degrees(110), degrees(114)]
    }

    private static func isCompressed(_ code: UInt8) throws(TileArchiveError) -> Bool {
        switch code {
        case 1: false
        case 2: true
        default: throw .unsupportedCompression
        }
    }
}

/// A file that is read at given places; closed when it goes.
struct ReadOnlyFile: ~Copyable, Sendable {
    private let descriptor: Int32

    init(path: String) throws(TileArchiveError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw .unreadable(errno) }
    }

    deinit {
        close(descriptor)
    }

    /// Size and time of change, to tell two versions of the file apart.
    var identity: String {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return "" }
        return "\(status.st_size)-\(status.st_mtim.tv_sec)-\(status.st_mtim.tv_nsec)"
    }

    func read(at base: UInt64, plus offset: UInt64 = 0, length: Int) throws(TileArchiveError) -> ByteBuffer {
        let (sum, overflows) = base.addingReportingOverflow(offset)
        guard !overflows, let position = off_t(exactly: sum), length >= 0 else { throw .malformed }
        var buffer = ByteBuffer()
        var failure: Int32 = 0
        while buffer.readableBytes < length, failure == 0 {
            let missing = length - buffer.readableBytes
            let place = position + off_t(buffer.readableBytes)
            let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: missing) { room in
                max(0, readOnce(into: room, count: missing, at: place, failure: &failure))
            }
            if count == 0, failure == 0 { throw .malformed }
        }
        if failure != 0 { throw .unreadable(failure) }
        return buffer
    }

    private func readOnce(
        into room: UnsafeMutableRawBufferPointer,
        count: Int,
        at place: off_t,
        failure: inout Int32
    ) -> Int {
        while true {
            let result = pread(descriptor, room.baseAddress, count, place)
            if result >= 0 { return result }
            if errno != EINTR {
                failure = errno
                return 0
            }
        }
    }
}
