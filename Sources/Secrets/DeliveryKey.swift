import Crypto

/// The idempotency key of a delivery: derived from its cause, so that the same cause gives the same key for ever.
public enum DeliveryKey {
    /// Makes a key from the parts of a cause, such as mapping, rule, device and time of the alarm.
    ///
    /// - Parameter parts: their order matters; each counts with its length, so `["ab", "c"]` and `["a", "bc"]` differ.
    /// - Returns: `pw-` and 13 characters of `[a-z2-7]`: 65 bits of SHA-256 in 16 characters, which fits the narrowest
    ///   field of an ERP.
    public static func make(parts: [String]) -> String {
        var hash = SHA256()
        for part in parts {
            let bytes = Array(part.utf8)
            withUnsafeBytes(of: UInt64(bytes.count).bigEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: bytes)
        }
        return "pw-" + Base32.encode(hash.finalize(), length: 13)
    }
}
