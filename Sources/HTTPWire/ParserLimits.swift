/// The most that a request may bring, in bytes unless said otherwise; whatever exceeds it is refused while it arrives.
public struct ParserLimits: Hashable, Sendable {
    /// Method, target and version together; beyond it the answer is 414.
    public var requestLine = 16 * 1_024
    /// One field line; beyond it the answer is 431.
    public var field = 16 * 1_024
    /// Number of field lines, of the head and again of the trailer section; beyond it the answer is 431.
    public var fieldCount = 300
    /// The whole head with its line ends, without the empty last line; beyond it the answer is 431.
    public var head = 64 * 1_024
    /// The extensions of one chunk (RFC 9112 section 7.1.1); beyond it the answer is 400.
    public var chunkExtension = 4 * 1_024
    /// The extensions of all chunks of one body together; beyond it the answer is 400.
    public var chunkExtensions = 64 * 1_024
    /// The whole trailer section with its line ends, without the empty last line; beyond it the answer is 431.
    public var trailers = 16 * 1_024

    /// Makes the default limits.
    public init() {}
}
