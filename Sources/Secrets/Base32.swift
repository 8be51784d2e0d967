/// RFC 4648 section 6 in lower case and without padding: `a` to `z`, `2` to `7`.
enum Base32 {
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    /// The text of some bytes.
    ///
    /// - Parameters:
    ///   - bytes: what to write.
    ///   - length: how many characters at most; all when nil.
    /// - Returns: five bits a character, the last one filled up with zeros.
    static func encode(_ bytes: some Sequence<UInt8>, length: Int? = nil) -> String {
        var text: [UInt8] = []
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            buffer = (buffer << 8 | UInt32(byte)) & 0xFFFF
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[Int(buffer >> bits & 31)])
            }
        }
        if bits > 0 { text.append(alphabet[Int(buffer << (5 - bits) & 31)]) }
        return String(decoding: text.prefix(length ?? .max), as: UTF8.self)
    }
}
