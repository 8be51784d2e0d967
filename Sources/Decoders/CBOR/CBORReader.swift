/// Reads one CBOR data item (RFC 8949) within limits of depth and number; lengths never exceed the bytes there are.
public struct CBORReader {
    private let bytes: [UInt8]
    private let maximumDepth: Int
    private var itemsLeft: Int
    private var position = 0

    private init(_ bytes: [UInt8], maximumDepth: Int, maximumItems: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        itemsLeft = maximumItems
    }

    /// Reads bytes that are exactly one data item.
    ///
    /// - Parameters:
    ///   - bytes: the item.
    ///   - maximumDepth: how many arrays, maps and tags may stand inside one another.
    ///   - maximumItems: how many data items there may be in all.
    /// - Returns: the item.
    /// - Throws: ``CBORError``.
    public static func read(
        _ bytes: [UInt8],
        maximumDepth: Int = DecoderLimits.depth,
        maximumItems: Int = 2 * DecoderLimits.fieldsInAll
    ) throws(CBORError) -> CBORValue {
        var reader = CBORReader(bytes, maximumDepth: maximumDepth, maximumItems: maximumItems)
        let value = try reader.item(depth: 0)
        guard reader.position == bytes.count else { throw reader.fault(.trailingBytes) }
        return value
    }

    /// The first byte of an item, and what follows from it.
    private struct Head {
        var major: UInt8
        var info: UInt8
        /// The argument; for an indefinite length 0.
        var argument: UInt64
        var isIndefinite: Bool
        /// Where the item begins.
        var offset: Int
    }

    private func fault(_ reason: CBORError.Reason, at offset: Int? = nil) -> CBORError {
        CBORError(reason: reason, offset: offset ?? position)
    }

    private mutating func byte() throws(CBORError) -> UInt8 {
        guard position < bytes.count else { throw fault(.unexpectedEnd) }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func bigEndian(_ count: Int) throws(CBORError) -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<count { value = value << 8 | UInt64(try byte()) }
        return value
    }

    private mutating func head() throws(CBORError) -> Head {
        let offset = position
        let first = try byte()
        let info = first & 0x1F
        var head = Head(major: first >> 5, info: info, argument: 0, isIndefinite: false, offset: offset)
        switch info {
        case 0..<24: head.argument = UInt64(info)
        case 24: head.argument = try bigEndian(1)
        case 25: head.argument = try bigEndian(2)
        case 26: head.argument = try bigEndian(4)
        case 27: head.argument = try bigEndian(8)
        case 31 where (2...5).contains(head.major) || head.major == 7: head.isIndefinite = true
        default: throw fault(.malformed, at: offset)
        }
        return head
    }

    private mutating func item(depth: Int) throws(CBORError) -> CBORValue {
        try item(try head(), depth: depth)
    }

    private mutating func item(_ head: Head, depth: Int) throws(CBORError) -> CBORValue {
        itemsLeft -= 1
        guard itemsLeft >= 0 else { throw fault(.tooMany, at: head.offset) }
        switch head.major {
        case 0: return .unsigned(head.argument)
        case 1: return .negative(head.argument)
        case 2: return .bytes(try string(head))
        case 3:
            if !head.isIndefinite { return .text(try text(head)) }
            var result = ""
            while let chunk = try chunk(of: head) { result += try text(chunk) }
            return .text(result)
        case 4: return .array(try array(head, depth: depth + 1))
        case 5: return .map(try map(head, depth: depth + 1))
        case 6:
            guard depth < maximumDepth else { throw fault(.tooDeep, at: head.offset) }
            return .tagged(head.argument, try item(depth: depth + 1))
        default: return try simple(head)
        }
    }

    private mutating func definite(_ head: Head) throws(CBORError) -> [UInt8] {
        guard let length = Int(exactly: head.argument), length <= bytes.count - position else {
            throw fault(.unexpectedEnd)
        }
        defer { position += length }
        return Array(bytes[position..<position + length])
    }

    private mutating func text(_ head: Head) throws(CBORError) -> String {
        let start = position
        guard let text = String(validating: try definite(head), as: UTF8.self) else {
            throw fault(.badUTF8, at: start)
        }
        return text
    }

    private mutating func string(_ head: Head) throws(CBORError) -> [UInt8] {
        if !head.isIndefinite { return try definite(head) }
        var result: [UInt8] = []
        while let chunk = try chunk(of: head) { result += try definite(chunk) }
        return result
    }

    /// The next chunk of a string of indefinite length; nil at its end.
    private mutating func chunk(of head: Head) throws(CBORError) -> Head? {
        let next = try self.head()
        if next.major == 7, next.isIndefinite { return nil }
        guard next.major == head.major, !next.isIndefinite else { throw fault(.malformed, at: next.offset) }
        itemsLeft -= 1
        guard itemsLeft >= 0 else { throw fault(.tooMany, at: next.offset) }
        return next
    }

    /// The next element of an array or map of indefinite length; nil at its end.
    private mutating func element(depth: Int) throws(CBORError) -> CBORValue? {
        let next = try head()
        if next.major == 7, next.isIndefinite { return nil }
        return try item(next, depth: depth)
    }

    private mutating func array(_ head: Head, depth: Int) throws(CBORError) -> [CBORValue] {
        guard depth <= maximumDepth else { throw fault(.tooDeep, at: head.offset) }
        var elements: [CBORValue] = []
        if head.isIndefinite {
            while let element = try element(depth: depth) { elements.append(element) }
            return elements
        }
        var left = head.argument
        // Every element has a byte at least: a length beyond that is not worth a loop.
        guard left <= UInt64(bytes.count - position) else { throw fault(.unexpectedEnd) }
        while left > 0 {
            elements.append(try item(depth: depth))
            left -= 1
        }
        return elements
    }

    private mutating func map(_ head: Head, depth: Int) throws(CBORError) -> [CBORValue.Pair] {
        guard depth <= maximumDepth else { throw fault(.tooDeep, at: head.offset) }
        var pairs: [CBORValue.Pair] = []
        if head.isIndefinite {
            while let key = try element(depth: depth) { pairs.append(.init(key, try item(depth: depth))) }
            return pairs
        }
        var left = head.argument
        guard left <= UInt64((bytes.count - position) / 2) else { throw fault(.unexpectedEnd) }
        while left > 0 {
            let key = try item(depth: depth)
            pairs.append(.init(key, try item(depth: depth)))
            left -= 1
        }
        return pairs
    }

    private func simple(_ head: Head) throws(CBORError) -> CBORValue {
        // A break without something to end.
        if head.isIndefinite { throw fault(.malformed, at: head.offset) }
        switch (head.info, head.argument) {
        case (20, _): return .bool(false)
        case (21, _): return .bool(true)
        case (22, _): return .null
        case (23, _): return .undefined
        case (24, 0..<32): throw fault(.malformed, at: head.offset)
        case (25, let bits): return .float(Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits))))
        case (26, let bits): return .float(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
        case (27, let bits): return .float(Double(bitPattern: bits))
        case (_, let value): return .simple(UInt8(truncatingIfNeeded: value))
        }
    }
}
