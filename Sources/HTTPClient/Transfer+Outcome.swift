import CCurl

extension Transfer {
    /// The request's outcome after curl is done with it.
    func result(_ code: CURLcode) -> Result<OutboundResponse, OutboundError> {
        if code == CURLE_OK, !isTooLarge {
            let status = easy.number(CURLINFO_RESPONSE_CODE)
            return .success(OutboundResponse(status: status, headers: headers, body: body))
        }
        let kind = kind(of: code)
        let detail = if kind == .refusedAddress, let refusal { refusal.detail } else { detail(of: code, kind) }
        return .failure(OutboundError(kind, mayHaveReachedServer: mayHaveReachedServer(code), detail: detail))
    }

    /// The outcome of a transfer that is taken away from curl before it was done.
    func interrupted(_ kind: OutboundError.Kind, detail: String) -> Result<OutboundResponse, OutboundError> {
        .failure(OutboundError(kind, mayHaveReachedServer: hasSentAnything, detail: detail))
    }

    /// curl counts what it wrote to the socket, a proxy's share included, and tells when it is about to write.
    private var hasSentAnything: Bool {
        if isProxied { return hasBegun }
        return hasBegun || easy.number(CURLINFO_REQUEST_SIZE) > 0 || easy.microseconds(CURLINFO_PRETRANSFER_TIME_T) > 0
    }

    /// False only for failures before a connection was ready; whatever is not known to be one counts as reached.
    private func mayHaveReachedServer(_ code: CURLcode) -> Bool {
        // Until then only the proxy was spoken to.
        if isProxied, !hasBegun { return false }
        return switch kind(of: code) {
        case .invalidRequest, .refusedAddress, .unresolvable, .connectFailed, .proxy, .tls, .timeout: hasSentAnything
        default: true
        }
    }

    private func kind(of code: CURLcode) -> OutboundError.Kind {
        if isTooLarge { return .responseTooLarge }
        if proxyRefusal != nil { return .proxy }
        if TLSRefusal(alertIn: easy.errorText) != nil { return .tls }
        switch code {
        case CURLE_PROXY: return .proxy
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return .unresolvable
        case CURLE_COULDNT_CONNECT: return refusal != nil && openedSockets == 0 ? .refusedAddress : .connectFailed
        case CURLE_OPERATION_TIMEDOUT: return .timeout
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            return .tls
        case CURLE_URL_MALFORMAT, CURLE_LOGIN_DENIED: return .invalidRequest
        // Also said of an answer without a status line ("HTTP/0.9").
        case CURLE_UNSUPPORTED_PROTOCOL: return hasSentAnything ? .malformedResponse : .invalidRequest
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: return .malformedResponse
        default: return .connectionLost
        }
    }

    private var isProxied: Bool { job.request.route.proxy != nil }

    /// The status with which the proxy refused to make a tunnel; nil when it did not refuse.
    private var proxyRefusal: Int? {
        guard isProxied, !hasBegun else { return nil }
        let status = easy.number(CURLINFO_HTTP_CONNECTCODE)
        return status == 0 || (200..<300).contains(status) ? nil : status
    }

    /// Our own words where they tell more than curl's sentence for a code; neither names an address, header or body.
    private func detail(of code: CURLcode, _ kind: OutboundError.Kind) -> String {
        if kind == .responseTooLarge { return "The answer is larger than is accepted." }
        if let proxyRefusal { return Self.words(forProxyStatus: proxyRefusal) }
        if kind == .tls, let refusal = tlsRefusal {
            return refusal.detail(hasIdentity: job.request.route.identity != nil)
        }
        if isProxied, !hasBegun {
            switch code {
            case CURLE_COULDNT_RESOLVE_PROXY: return "The proxy's name has no address."
            case CURLE_COULDNT_CONNECT: return "No connection to the proxy could be made."
            case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING: return "The proxy ended the connection."
            default: break
            }
        }
        return curl_easy_strerror(code).map { String(cString: $0) } ?? "libcurl error \(code.rawValue)"
    }

    private var tlsRefusal: TLSRefusal? {
        // 1 is also what curl has before OpenSSL was asked, and when it compares the name by itself.
        let results = (easy.number(CURLINFO_PROXY_SSL_VERIFYRESULT), easy.number(CURLINFO_SSL_VERIFYRESULT))
        if results.0 > 1 { return TLSRefusal(results.0, by: .proxy) }
        if results.1 > 1 { return TLSRefusal(results.1, by: .server) }
        if let alert = TLSRefusal(alertIn: easy.errorText) { return alert }
        let party: TLSRefusal.Party = isProxied && !hasBegun && results.0 == 1 ? .proxy : .server
        return TLSRefusal(nameIn: easy.errorText, by: party)
    }

    private static func words(forProxyStatus status: Int) -> String {
        let meaning =
            switch status {
            case 407: "it wants a user name and password, or does not accept those of this connector"
            case 403, 405: "it does not let us through to that host and port"
            case 502, 503, 504: "it cannot reach the server"
            default: "it makes no tunnel to the server"
            }
        return "The proxy answered \(status): \(meaning)."
    }
}
