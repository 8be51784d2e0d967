import NIOCore

extension ResponseBody {
    /// A part of the body, without copying it.
    ///
    /// - Parameter range: which bytes.
    /// - Returns: the part; nil for a stream, and when the range does not lie inside the body.
    func slice(_ range: Range<Int>) -> ResponseBody? {
        switch content {
        case .bytes(let bytes):
            guard range.lowerBound >= 0, range.upperBound <= bytes.readableBytes else { return nil }
            let slice = bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count)
            return slice.map { ResponseBody(content: .bytes($0)) }
        case .file(let file): return file.slice(range).map { ResponseBody(content: .file($0)) }
        case .stream, .webSocket: return nil
        }
    }
}
