import Foundation
import HTTPTypes
import HTTPWire
import NIOCore
import Testing

@testable import HTTPServer

/// Writes small PMTiles v3 archives.
struct ArchiveBuilder {
    var entries: [TileDirectory.Entry] = []
    var leaves: [[TileDirectory.Entry]] = []
    var tiles = ByteBuffer()

    static func varint(_ value: UInt64, into buffer: inout ByteBuffer) {
        var rest = value
        while rest >= 0x80 {
            buffer.writeInteger(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        buffer.writeInteger(UInt8(rest))
    }

    static func directory(_ entries: [TileDirectory.Entry]) -> ByteBuffer {
        var buffer = ByteBuffer()
        varint(UInt64(entries.count), into: &buffer)
        var last: UInt64 = 0
        for entry in entries {
            varint(entry.tile - last, into: &buffer)
            last = entry.tile
        }
        for entry in entries { varint(UInt64(entry.runLength), into: &buffer) }
        for entry in entries { varint(UInt64(entry.length), into: &buffer) }
        for (index, entry) in entries.enumerated() {
            let isNext = index > 0 && entry.offset == entries[index - 1].offset + UInt64(entries[index - 1].length)
            varint(isNext ? 0 : entry.offset + 1, into: &buffer)
        }
        return buffer
    }

    /// Adds contents for a run of tiles.
    mutating func add(_ tile: UInt64, run: UInt32 = 1, _ contents: String) throws {
        var zipped = try Gzip.compress(ByteBuffer(string: contents))
        entries.append(
            TileDirectory.Entry(
                tile: tile,
                runLength: run,
                offset: UInt64(tiles.readableBytes),
                length: UInt32(zipped.readableBytes)
            )
        )
        tiles.writeBuffer(&zipped)
    }

    /// The archive; with `splitAt` the entries from there on go to a directory of their own.
    func build(splitAt: Int? = nil) throws -> Data {
        var root = entries
        var leafBytes = ByteBuffer()
        if let splitAt {
            leafBytes = try Gzip.compress(Self.directory(Array(entries[splitAt...])))
            root = Array(entries[..<splitAt])
            root.append(
                TileDirectory.Entry(
                    tile: entries[splitAt].tile,
                    runLength: 0,
                    offset: 0,
                    length: UInt32(leafBytes.readableBytes)
                )
            )
        }
        let rootBytes = try Gzip.compress(Self.directory(root))
        var header = ByteBuffer(string: "PMTiles")
        header.writeInteger(UInt8(3))
        let leafOffset = 127 + rootBytes.readableBytes
        let tileOffset = leafOffset + leafBytes.readableBytes
        for number in [
            127, rootBytes.readableBytes, 0, 0, leafOffset, leafBytes.readableBytes, tileOffset, tiles.readableBytes,
            0, 0, 0,
        ] {
            header.writeInteger(UInt64(number), endianness: .little)
        }
        for byte in [1, 2, 2, 1, 0, 7] as [UInt8] { header.writeInteger(byte) }
        for degrees in [-180, -85, 180, 85] {
            header.writeInteger(Int32(degrees * 10_000_000), endianness: .little)
        }
        header.writeRepeatingByte(0, count: 127 - header.readableBytes)
        return Data([header, rootBytes, leafBytes, tiles].flatMap { Array($0.readableBytesView) })
    }
}

@Suite struct TileIDTests {
    /// Numbers from the format's own description and its reference implementations' tests.
    @Test func followsTheCurve() {
        #expect(TileID.number(z: 0, x: 0, y: 0) == 0)
        #expect(TileID.number(z: 1, x: 0, y: 0) == 1)
        #expect(TileID.number(z: 1, x: 0, y: 1) == 2)
        #expect(TileID.number(z: 1, x: 1, y: 1) == 3)
        #expect(TileID.number(z: 1, x: 1, y: 0) == 4)
        #expect(TileID.number(z: 2, x: 0, y: 0) == 5)
        #expect(TileID.number(z: 12, x: 3_423, y: 1_763) == 19_078_479)
    }

    @Test func everyTileHasItsOwnNumber() {
        for z in 0...5 {
            let side = 1 << z
            let numbers = Set((0..<side).flatMap { x in (0..<side).compactMap { TileID.number(z: z, x: x, y: $0) } })
            let first = UInt64(((1 << (2 * z)) - 1) / 3)
            #expect(numbers == Set(first..<first + UInt64(side * side)))
        }
    }

    @Test func neighboursOnTheCurveAreNeighboursOnTheMap() {
        var places: [UInt64: (Int, Int)] = [:]
        for x in 0..<16 {
            for y in 0..<16 { places[TileID.number(z: 4, x: x, y: y) ?? 0] = (x, y) }
        }
        for number in places.keys.sorted().dropLast() {
            guard let here = places[number], let next = places[number + 1] else {
                Issue.record("a gap behind \(number)")
                continue
            }
            #expect(abs(here.0 - next.0) + abs(here.1 - next.1) == 1)
        }
    }

    @Test func refusesWhatIsNoTile() {
        #expect(TileID.number(z: 1, x: 2, y: 0) == nil)
        #expect(TileID.number(z: 1, x: 0, y: -1) == nil)
        #expect(TileID.number(z: -1, x: 0, y: 0) == nil)
        #expect(TileID.number(z: 32, x: 0, y: 0) == nil)
        #expect(TileID.number(z: 31, x: (1 << 31) - 1, y: (1 << 31) - 1) != nil)
    }
}

@Suite struct TileArchiveTests {
    private func builder() throws -> ArchiveBuilder {
        var builder = ArchiveBuilder()
        try builder.add(0, "world")
        try builder.add(1, run: 3, "west and more")
        try builder.add(5, "five")
        try builder.add(20, run: 2, "twenty")
        return builder
    }

    private func archive(splitAt: Int? = nil) throws -> TileArchive {
        let directory = try TemporaryDirectory()
        try directory.write(try builder().build(splitAt: splitAt), to: "a.pmtiles")
        return try TileArchive(path: "\(directory.path)/a.pmtiles")
    }

    private func text(_ bytes: ByteBuffer?) throws -> String? {
        try bytes.map { String(buffer: try Gzip.decompress($0, limit: 1_000)) }
    }

    @Test(arguments: [nil, 1, 2, 3])
    func findsTiles(splitAt: Int?) async throws {
        let archive = try archive(splitAt: splitAt)
        #expect(archive.maximumZoom == 7)
        #expect(archive.bounds == [-180, -85, 180, 85])
        #expect(try text(await archive.tile(z: 0, x: 0, y: 0)) == "world")
        #expect(try text(await archive.tile(z: 1, x: 0, y: 0)) == "west and more")
        #expect(try text(await archive.tile(z: 1, x: 1, y: 1)) == "west and more")
        #expect(try await archive.tile(z: 1, x: 1, y: 0) == nil)
        #expect(try text(await archive.tile(z: 2, x: 0, y: 0)) == "five")
        #expect(try await archive.tile(z: 5, x: 0, y: 0) == nil)
        #expect(try await archive.tile(z: 1, x: 5, y: 0) == nil)
    }

    @Test func servesTiles() async throws {
        let archive = try archive(splitAt: 2)
        var router = Router()
        router.addTiles(archive)
        let server = try makeServer(router)
        func get(_ target: String, _ headers: HTTPFields = [:]) async throws -> Response {
            await server.respond(to: try Request(method: .get, target: target, headers: headers))
        }
        let tile = try await get("/tiles/1/0/1.mvt", [.acceptEncoding: "gzip"])
        #expect(tile.status == .ok)
        #expect(tile.headers[.contentEncoding] == "gzip")
        #expect(tile.headers[.contentType] == "application/vnd.mapbox-vector-tile")
        #expect(tile.headers[.cacheControl] == "public, max-age=86400")
        #expect(try text(ByteBuffer(bytes: tile.body.bytes ?? [])) == "west and more")
        let pinned = try await get("/tiles/1/0/1.mvt?v=\(archive.version)", [.acceptEncoding: "gzip"])
        #expect(pinned.headers[.cacheControl]?.contains("immutable") == true)
        let plain = try await get("/tiles/1/0/1.mvt")
        #expect(plain.headers[.contentEncoding] == nil)
        #expect(plain.body.bytes == Array("west and more".utf8))
        let tag = try #require(tile.headers[.eTag])
        #expect(try await get("/tiles/1/0/1.mvt", [.ifNoneMatch: tag]).status == .notModified)
        #expect(try await get("/tiles/5/3/3.mvt").status == .noContent)
        for target in [
            "/tiles/1/2/0.mvt", "/tiles/1/-1/0.mvt", "/tiles/a/0/0.mvt", "/tiles/99/0/0.mvt", "/tiles/1/0/0",
        ] {
            #expect(try await get(target).status == .notFound)
        }
    }

    @Test func anAbsentArchiveIs404() async throws {
        var router = Router()
        router.addTiles(nil)
        let response = try await makeServer(router).respond(to: Request(method: .get, target: "/tiles/0/0/0.mvt"))
        #expect(response.status == .notFound)
        #expect(String(decoding: response.body.bytes ?? [], as: UTF8.self).contains("no-basemap"))
    }

    @Test func refusesBrokenArchives() throws {
        #expect(throws: TileArchiveError.unreadable(ENOENT)) { try TileArchive(path: "/nonexistent.pmtiles") }
        let good = try builder().build()
        let directory = try TemporaryDirectory()
        func open(_ bytes: Data) throws -> TileArchive {
            try directory.write(bytes, to: "b.pmtiles")
            return try TileArchive(path: "\(directory.path)/b.pmtiles")
        }
        #expect(throws: TileArchiveError.malformed) { try open(good.prefix(100)) }
        #expect(throws: TileArchiveError.notAnArchive) { try open(Data(repeating: 1, count: 200)) }
        var other = good
        other[7] = 2
        #expect(throws: TileArchiveError.notAnArchive) { try open(other) }
        other = good
        other[97] = 3
        #expect(throws: TileArchiveError.unsupportedCompression) { try open(other) }
        other = good
        other[130] ^= 0xFF
        #expect(throws: TileArchiveError.malformed) { try open(other) }
    }

    @Test func directoriesNeverTrap() throws {
        let base = Array(ArchiveBuilder.directory(try builder().entries).readableBytesView)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            var bytes = base
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = try? TileDirectory(parsing: ByteBuffer(bytes: bytes)).entry(for: 3)
        }
        let huge = ByteBuffer(bytes: [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1, 1, 1])
        #expect(throws: TileArchiveError.malformed) { try TileDirectory(parsing: huge) }
        let endless = ByteBuffer(bytes: [UInt8](repeating: 0xFF, count: 20))
        #expect(throws: TileArchiveError.malformed) { try TileDirectory(parsing: endless) }
    }
}
