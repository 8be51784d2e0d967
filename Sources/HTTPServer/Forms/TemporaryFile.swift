import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#endif

/// Why a temporary file cannot be used.
public struct TemporaryFileError: Error, Hashable, Sendable {
    /// The call that failed.
    public let call: String
    /// Its `errno`.
    public let code: Int32
}

/// A file without a name: made with mode 0600, and unlinked at once, so that nothing of it stays behind, not even after
/// a crash.
///
/// All input and output happens on NIO's thread pool.
public final class TemporaryFile: Sendable {
    /// Owns the descriptor.
    private struct Descriptor: ~Copyable {
        let number: Int32

        deinit {
            // Freeing the blocks of a large file may take a while.
            let number = number
            NIOThreadPool.singleton.submit { _ in _ = close(number) }
        }
    }

    private let descriptor: Descriptor

    private init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    /// Makes a file.
    ///
    /// - Parameter directory: where its blocks are.
    /// - Returns: the empty file.
    /// - Throws: ``TemporaryFileError``.
    public static func make(in directory: String) async throws -> TemporaryFile {
        let number = try await NIOThreadPool.singleton.runIfActive {
            let name = String(UInt64.random(in: .min ... .max), radix: 36)
            let path = "\(directory)/.plantwright-upload-\(name)"
            let number = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard number >= 0 else { throw TemporaryFileError(call: "open", code: errno) }
            guard unlink(path) == 0 else {
                let code = errno
                _ = close(number)
                throw TemporaryFileError(call: "unlink", code: code)
            }
            return number
        }
        return TemporaryFile(Descriptor(number: number))
    }

    /// Writes bytes at a place.
    public func write(_ bytes: ByteBuffer, at offset: Int) async throws {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            try bytes.withUnsafeReadableBytes { pointer in
                var done = 0
                while done < pointer.count, let base = pointer.baseAddress {
                    let count = pwrite(descriptor.number, base + done, pointer.count - done, off_t(offset + done))
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { throw TemporaryFileError(call: "pwrite", code: errno) }
                    done += count
                }
            }
        }
    }

    /// Reads up to so many bytes from a place; fewer only at the end.
    public func read(at offset: Int, upTo count: Int) async throws -> ByteBuffer {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            var buffer = ByteBuffer()
            try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { pointer in
                var done = 0
                while done < count, let base = pointer.baseAddress {
                    let read = pread(descriptor.number, base + done, count - done, off_t(offset + done))
                    if read < 0, errno == EINTR { continue }
                    guard read >= 0 else { throw TemporaryFileError(call: "pread", code: errno) }
                    if read == 0 { break }
                    done += read
                }
                return done
            }
            return buffer
        }
    }
}
