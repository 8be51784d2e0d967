import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#endif

/// A range of an open file: a body that needs no memory until it is sent.
struct FileSlice: Sendable {
    let file: OpenFile
    let offset: Int
    let length: Int

    init(_ file: OpenFile) {
        self.file = file
        offset = 0
        length = file.length
    }

    private init(file: OpenFile, offset: Int, length: Int) {
        self.file = file
        self.offset = offset
        self.length = length
    }

    /// A part of this part; nil when the range lies outside of it.
    func slice(_ range: Range<Int>) -> FileSlice? {
        guard range.lowerBound >= 0, range.upperBound <= length else { return nil }
        return FileSlice(file: file, offset: offset + range.lowerBound, length: range.count)
    }

    /// How many bytes are read from the file at a time when they have to pass through memory.
    private static let pieceSize = 128 * 1_024

    /// Reads the bytes piece by piece on a thread that may block, and hands them on at the taker's pace.
    ///
    /// - Parameter take: gets the pieces in order, none of them empty.
    /// - Throws: `OpenFile.Failure`, or what `take` throws.
    func read(_ take: (ByteBuffer) async throws -> Void) async throws {
        var position = 0
        while position < length {
            let piece = try await NIOThreadPool.singleton.runIfActive { [position] in
                try readPiece(at: position)
            }
            position += piece.readableBytes
            try await take(piece)
        }
    }

    private func readPiece(at position: Int) throws(OpenFile.Failure) -> ByteBuffer {
        let count = min(FileSlice.pieceSize, length - position)
        var piece = ByteBufferAllocator().buffer(capacity: count)
        let start = off_t(offset + position)
        var failure: CInt = 0
        let read = piece.writeWithUnsafeMutableBytes(minimumWritableBytes: count) {
            (pointer: UnsafeMutableRawBufferPointer) -> Int in
            var result = 0
            repeat {
                result = pread(file.descriptor, pointer.baseAddress, count, start)
            } while result < 0 && errno == EINTR
            if result < 0 { failure = errno }
            return max(0, result)
        }
        if failure != 0 { throw .system(step: "pread", errno: failure) }
        if read == 0 { throw .truncated }
        return piece
    }
}

extension FileSlice {
    /// Lets the kernel send the bytes (`sendfile`).
    ///
    /// NIO lets one user at a time use a handle, so every write gets its own on the shared descriptor; when the write is
    /// over it gives the descriptor back instead of closing it.
    func write(to channel: any Channel, promise: EventLoopPromise<Void>) {
        let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: file.descriptor)
        promise.futureResult.whenComplete { _ in
            withExtendedLifetime(file) { _ = try? handle.takeDescriptorOwnership() }
        }
        let region = FileRegion(fileHandle: handle, readerIndex: offset, endIndex: offset + length)
        channel.write(IOData.fileRegion(region), promise: promise)
    }
}
