import Synchronization

/// Makes HTTP requests to other systems over libcurl, on one thread of its own.
///
/// Redirects are not followed, no proxy of the environment is used, certificates are always checked, and every
/// connection's address is judged by the outbound policy after its name was resolved. Behind a proxy, whose address is
/// judged so, the destination's name is judged by the addresses that it has here.
public final class HTTPClient: Sendable {
    /// What a client is made of.
    public struct Options: Sendable {
        /// Which addresses may be called.
        public var policy: OutboundPolicy
        /// The most requests at once; others wait.
        public var maximumConcurrency: Int
        /// The most requests at once to one host and port; others wait.
        public var maximumConcurrencyPerHost: Int

        /// Makes options.
        public init(
            policy: OutboundPolicy = .standard,
            maximumConcurrency: Int = 64,
            maximumConcurrencyPerHost: Int = 16
        ) {
            self.policy = policy
            self.maximumConcurrency = maximumConcurrency
            self.maximumConcurrencyPerHost = maximumConcurrencyPerHost
        }
    }

    private let options: Options
    private let loop: MultiLoop
    private let identifiers = Atomic<UInt64>(0)
    private let resolver: NameResolver
    private let clock = ContinuousClock()

    /// Starts a client and its thread.
    public convenience init(_ options: Options = Options()) {
        self.init(options, resolver: NameResolver())
    }

    init(_ options: Options, resolver: NameResolver) {
        self.options = options
        self.resolver = resolver
        loop = MultiLoop(options)
        loop.start()
    }

    deinit {
        loop.close()
    }

    /// The rules by which addresses are judged.
    public var policy: OutboundPolicy { options.policy }

    /// Ends the client; requests under way and later ones fail.
    public func close() {
        loop.close()
    }

    /// Makes a request and waits for the whole answer.
    ///
    /// Any HTTP status is an answer, not an error. Cancelling the task ends the transfer at once.
    public func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        let url = try validate(request)
        guard !Task.isCancelled else {
            throw OutboundError(.cancelled, mayHaveReachedServer: false, detail: "The request was cancelled.")
        }
        let id = identifiers.wrappingAdd(1, ordering: .relaxed).newValue
        let deadline = clock.now.advanced(by: request.timeout)
        try await judgeDestination(of: request, url)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (reply: CheckedContinuation<Result<OutboundResponse, OutboundError>, _>) in
                let job = OutboundJob(
                    id: id,
                    request: request,
                    peer: request.route.proxy?.host ?? url.host,
                    origin: "\(url.host):\(url.port)",
                    deadline: deadline,
                    reply: reply
                )
                guard loop.submit(job) else {
                    let error = OutboundError(
                        .closed,
                        mayHaveReachedServer: false,
                        detail: "The HTTP client was closed."
                    )
                    return reply.resume(returning: .failure(error))
                }
                // A cancellation between the check above and the hand-over found nothing to cancel.
                if Task.isCancelled { loop.cancel(id) }
            }
        } onCancel: {
            loop.cancel(id)
        }
        return try result.get()
    }

    private func validate(_ request: OutboundRequest) throws(OutboundError) -> OutboundURL {
        func invalid(_ detail: String) -> OutboundError {
            OutboundError(.invalidRequest, mayHaveReachedServer: false, detail: detail)
        }
        guard !request.method.isEmpty, request.method.utf8.allSatisfy(\.isCapitalLetter) else {
            throw invalid("The method must be capital letters.")
        }
        for header in request.headers {
            guard !header.name.isEmpty, header.name.utf8.allSatisfy(\.isTokenCharacter),
                header.value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 })
            else { throw invalid("A header field has a malformed name or value.") }
        }
        guard let url = OutboundURL(request.url), !url.hasCredentials else {
            throw invalid("The address is not an absolute http or https address without credentials.")
        }
        if let refusal = options.policy.check(request.url) {
            throw OutboundError(.refusedAddress, mayHaveReachedServer: false, detail: refusal.detail)
        }
        if let proxy = request.route.proxy, let refusal = options.policy.check(proxy.address) {
            throw OutboundError(.refusedAddress, mayHaveReachedServer: false, detail: "The proxy: \(refusal.detail)")
        }
        return url
    }

    /// A proxy resolves the destination's name itself, so this judges what can be known here before it is asked.
    private func judgeDestination(of request: OutboundRequest, _ url: OutboundURL) async throws(OutboundError) {
        guard request.route.proxy != nil else { return }
        let addresses = await resolver.addresses(of: url.host, within: min(request.timeout, .seconds(5)))
        if let refusal = options.policy.refusal(ofDestination: url.host, addresses: addresses) {
            throw OutboundError(.refusedAddress, mayHaveReachedServer: false, detail: refusal.detail)
        }
    }
}

extension UInt8 {
    fileprivate var isCapitalLetter: Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }

    /// A `tchar` of RFC 9110 section 5.6.2.
    fileprivate var isTokenCharacter: Bool {
        isCapitalLetter || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) || "!#$%&'*+-.^_`|~".utf8.contains(self)
    }
}
