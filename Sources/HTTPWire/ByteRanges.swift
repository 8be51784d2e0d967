/// The value of a `Range` field in bytes (RFC 9110 section 14.1.2), before the length is known.
public struct ByteRanges: Hashable, Sendable {
    /// One element of the list.
    public enum Spec: Hashable, Sendable {
        /// `first-last`, both inclusive.
        case closed(first: Int, last: Int)
        /// `first-`: to the end.
        case from(Int)
        /// `-length`: the last bytes.
        case suffix(Int)
    }

    /// What a list comes to for a representation of known length.
    public enum Resolution: Hashable, Sendable {
        /// The whole representation: the field is to be ignored.
        case whole
        /// These parts, in the order in which they were asked for; none overlaps or touches another.
        case parts([Range<Int>])
        /// Nothing of it exists: 416.
        case unsatisfiable
    }

    /// The elements in order, at least one.
    public let specs: [Spec]

    /// Reads a field; nil for another unit than `bytes` and for what is malformed.
    ///
    /// Both are to be ignored (RFC 9110 section 14.2).
    public init?(parsing text: String) {
        let bytes = Array(text.utf8)
        guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")),
            String(decoding: bytes[..<equals], as: UTF8.self).lowercased() == "bytes"
        else { return nil }
        var specs: [Spec] = []
        for element in bytes[(equals + 1)...].split(separator: UInt8(ascii: ",")) {
            let trimmed = ByteRanges.trimmed(element)
            if trimmed.isEmpty { continue }
            guard let spec = ByteRanges.spec(trimmed) else { return nil }
            specs.append(spec)
        }
        guard !specs.isEmpty else { return nil }
        self.specs = specs
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes.drop(while: \.isBlank)
        while bytes.last?.isBlank == true { bytes.removeLast() }
        return bytes
    }

    private static func spec(_ text: ArraySlice<UInt8>) -> Spec? {
        guard let hyphen = text.firstIndex(of: UInt8(ascii: "-")) else { return nil }
        let before = text[..<hyphen]
        let after = text[(hyphen + 1)...]
        if before.isEmpty { return number(after).map { .suffix($0) } }
        guard let first = number(before) else { return nil }
        if after.isEmpty { return .from(first) }
        guard let last = number(after), last >= first else { return nil }
        return .closed(first: first, last: last)
    }

    /// Digits only; beyond 18 of them it is a number that no length reaches.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let significant = digits.drop { $0 == 0x30 }
        if significant.count > 18 { return 1_000_000_000_000_000_000 }
        return significant.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// Finds the parts of a representation.
    ///
    /// Parts that overlap or touch are sent as one (RFC 9110 section 15.3.7.2), at the place of the first of them: an
    /// answer never has more bytes of the representation than the representation itself.
    ///
    /// - Parameters:
    ///   - length: the length of the representation.
    ///   - maximum: how many elements a list may have; a longer one is ignored, as the RFC advises against attacks
    ///     (section 17.15).
    /// - Returns: what to send.
    public func resolve(length: Int, maximum: Int) -> Resolution {
        if specs.count > maximum { return .whole }
        var parts: [Range<Int>] = []
        for spec in specs {
            switch spec {
            case .closed(let first, let last):
                if first < length { ByteRanges.merge(first..<(min(last, length - 1) + 1), into: &parts) }
            case .from(let first):
                if first < length { ByteRanges.merge(first..<length, into: &parts) }
            case .suffix(let count):
                // The last bytes of nothing are all of it, which no Content-Range can say.
                if count > 0, length == 0 { return .whole }
                if count > 0 { ByteRanges.merge((length - min(count, length))..<length, into: &parts) }
            }
        }
        return parts.isEmpty ? .unsatisfiable : .parts(parts)
    }

    private static func merge(_ part: Range<Int>, into parts: inout [Range<Int>]) {
        var merged = part
        var place = parts.count
        // A part that grows may reach others: go on until it reaches none.
        while let index = parts.firstIndex(where: { reaches($0, merged) }) {
            let other = parts.remove(at: index)
            merged = min(other.lowerBound, merged.lowerBound)..<max(other.upperBound, merged.upperBound)
            place = min(place, index)
        }
        parts.insert(merged, at: min(place, parts.count))
    }

    private static func reaches(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        left.lowerBound <= right.upperBound && right.lowerBound <= left.upperBound
    }
}
