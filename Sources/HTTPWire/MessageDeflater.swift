import Compression
import NIOCore

/// Compresses messages for any number of WebSockets (RFC 7692 section 7.2.1), each by itself: no context is taken over.
public final class MessageDeflater: Sendable {
    private let pool: ZlibPool<Deflater>
    private let level: Int
    private let minimumLength: Int

    /// Makes a compressor.
    ///
    /// - Parameters:
    ///   - level: zlib's level, 1 (fast) to 9 (small).
    ///   - minimumLength: messages with fewer bytes are not compressed.
    ///   - contexts: how many messages can be compressed at the same time; each takes 268 kB once it was needed.
    public init(level: Int = 3, minimumLength: Int = 512, contexts: Int = System.coreCount) {
        self.level = level
        self.minimumLength = minimumLength
        pool = ZlibPool(size: contexts)
    }

    /// The payload of a compressed message.
    ///
    /// Always made with zlib's largest window. Since no context is taken over, nothing in a message can refer further
    /// back than its own beginning: a peer with a smaller window can inflate it as long as it fits into that window.
    /// What does not fit is sent as it is.
    ///
    /// - Parameters:
    ///   - message: the whole message.
    ///   - windowBits: the other side's window as a power of two.
    /// - Returns: nil when the message is better sent as it is: too short, too long for the window, incompressible.
    public func deflate(_ message: ByteBuffer, windowBits: Int = 15) -> ByteBuffer? {
        guard message.readableBytes >= minimumLength, fits(message.readableBytes, windowBits) else { return nil }
        return pool.lend { slot in
            guard var deflater = slot.take() ?? (try? Deflater(.raw, level: level)) else { return nil }
            deflater.reset()
            var output = ByteBuffer()
            let isDone: Void? = try? deflater.compress(message, flush: .sync, into: &output)
            slot = consume deflater
            // The empty block at the end is understood: section 7.2.1.
            output.moveWriterIndex(to: max(0, output.writerIndex - PerMessageDeflate.tail.count))
            return isDone != nil && output.readableBytes < message.readableBytes ? output : nil
        }
    }

    private func fits(_ length: Int, _ windowBits: Int) -> Bool {
        windowBits >= 15 || length <= 1 << max(0, windowBits)
    }
}

/// Inflates messages for any number of WebSockets (RFC 7692 section 7.2.2), each by itself: no context is taken over.
public final class MessageInflater: Sendable {
    private let pool: ZlibPool<Inflater>

    /// Makes a decompressor.
    ///
    /// - Parameter contexts: how many messages can be inflated at the same time; each takes 40 kB once it was needed.
    public init(contexts: Int = System.coreCount) {
        pool = ZlibPool(size: contexts)
    }

    /// The message that was compressed.
    ///
    /// - Parameters:
    ///   - payload: the payloads of all its frames.
    ///   - limit: the most bytes the message may have, enforced while they come out.
    /// - Returns: the whole message.
    /// - Throws: `messageTooBig`, `corruptDeflate`, `outOfMemory`.
    public func inflate(_ payload: ByteBuffer, limit: Int) throws(WebSocketError) -> ByteBuffer {
        // Senders should write 0x00 for an empty message, but what is empty can mean nothing else.
        if payload.readableBytes == 0 { return ByteBuffer() }
        return try pool.lend { slot -> Result<ByteBuffer, WebSocketError> in
            guard var inflater = slot.take() ?? (try? Inflater(.raw)) else { return .failure(.outOfMemory) }
            inflater.reset()
            let result = inflater.message(payload, limit: limit)
            slot = consume inflater
            return result
        }.get()
    }
}

extension Inflater {
    /// Inflates one message, which must end between two blocks.
    fileprivate mutating func message(_ payload: ByteBuffer, limit: Int) -> Result<ByteBuffer, WebSocketError> {
        var input = payload
        input.writeBytes(PerMessageDeflate.tail)
        var output = ByteBuffer()
        do throws(CompressionError) {
            // A sender may end blocks with BFINAL: section 7.2.3.4.
            while try decompress(&input, into: &output, limit: limit) == .finished { reset() }
        } catch {
            switch error {
            case .limitExceeded: return .failure(.messageTooBig)
            case .outOfMemory: return .failure(.outOfMemory)
            case .corrupt, .truncated, .failed: return .failure(.corruptDeflate)
            }
        }
        return isAtFlushPoint ? .success(output) : .failure(.corruptDeflate)
    }
}
