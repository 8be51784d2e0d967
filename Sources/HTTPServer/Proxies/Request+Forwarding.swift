extension Request {
    /// Takes over what trusted proxies say about the client.
    ///
    /// - Parameter proxies: who is trusted; nil for nobody.
    /// - Returns: why the request is refused, if it is.
    mutating func applyForwarding(_ proxies: TrustedProxies?) -> HTTPProblem? {
        guard let proxies else { return nil }
        do throws(HTTPProblem) {
            guard let client = try proxies.client(of: remoteAddress, headers) else { return nil }
            remoteAddress = client.address
            isLoopback = client.isLoopback
            if let scheme = client.scheme { isSecure = scheme == "https" }
            if let host = client.host { authority = host }
            return nil
        } catch {
            return error
        }
    }
}
