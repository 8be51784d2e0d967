import Foundation

/// A piece of a PEM text (RFC 7468), such as a certificate or a key.
public struct PEMBlock: Sendable {
    /// What it is: `CERTIFICATE`, `PRIVATE KEY`.
    public let label: String
    /// What it holds.
    public let bytes: [UInt8]
    /// Whether header fields stand before the bytes, as in keys under a pass phrase (RFC 1421).
    public let hasHeaders: Bool

    /// Reads all pieces of a text; what stands between them is explanation.
    ///
    /// - Returns: nil when a piece is malformed.
    public static func all(in text: String) -> [PEMBlock]? {
        var blocks: [PEMBlock] = []
        var label: String?
        var body = ""
        var hasHeaders = false
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimmed
            if let begun = label {
                if line == "-----END \(begun)-----" {
                    guard let data = Data(base64Encoded: body), !data.isEmpty || hasHeaders else { return nil }
                    blocks.append(PEMBlock(label: begun, bytes: Array(data), hasHeaders: hasHeaders))
                    label = nil
                } else if line.hasPrefix("-----") {
                    return nil
                } else if line.contains(":") {
                    hasHeaders = true
                } else {
                    body += line
                }
            } else if line.hasPrefix("-----BEGIN "), line.hasSuffix("-----"), line.count > 16 {
                label = String(line.dropFirst(11).dropLast(5))
                body = ""
                hasHeaders = false
            }
        }
        return label == nil ? blocks : nil
    }
}

extension Substring {
    fileprivate var trimmed: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
