import HTTPWire
import NIOCore

/// What is deflated inflates to itself; what is inflated never exceeds its limit, and does not depend on what the pooled
/// context did before.
public enum DeflateProperty: Property {
    private static let deflater = MessageDeflater(minimumLength: 0)
    private static let inflater = MessageInflater()

    /// Says what is wrong, or nil when the property holds.
    public static func violation(_ input: [UInt8]) -> String? {
        let bytes = ByteBuffer(bytes: input)
        if let deflated = deflater.deflate(bytes) {
            guard (try? inflater.inflate(deflated, limit: input.count)) == bytes else { return "not itself again" }
            if !input.isEmpty, (try? inflater.inflate(deflated, limit: input.count - 1)) != nil {
                return "a limit that is one byte short does not hold"
            }
        }
        let limit = 4_096
        let first = inflate(bytes, limit: limit)
        _ = inflate(ByteBuffer(bytes: input.reversed()), limit: limit)
        if first != inflate(bytes, limit: limit) { return "the second time differs" }
        if first != inflate(bytes, limit: limit, with: MessageInflater()) { return "a new context differs" }
        if case .success(let output) = first, output.readableBytes > limit { return "longer than the limit" }
        return nil
    }

    private static func inflate(
        _ bytes: ByteBuffer,
        limit: Int,
        with inflater: MessageInflater = inflater
    ) -> Result<ByteBuffer, WebSocketError> {
        do throws(WebSocketError) {
            return .success(try inflater.inflate(bytes, limit: limit))
        } catch {
            return .failure(error)
        }
    }
}
