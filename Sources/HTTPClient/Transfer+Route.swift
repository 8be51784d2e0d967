import CCurl
import Primitives

extension Transfer {
    /// Sets proxy, trust and identity.
    func configureRoute(_ route: OutboundRoute) {
        easy.set(CURLOPT_SSL_VERIFYPEER, 1)
        easy.set(CURLOPT_SSL_VERIFYHOST, 2)
        // A folder of authorities, as the system has it, stays in force beside these.
        if let authorities = route.authorities { easy.set(CURLOPT_CAINFO_BLOB, blob: authorities) }
        if let identity = route.identity {
            easy.set(CURLOPT_SSLCERTTYPE, "PEM")
            easy.set(CURLOPT_SSLCERT_BLOB, blob: identity.certificates)
            easy.set(CURLOPT_SSLKEYTYPE, "PEM")
            easy.set(CURLOPT_SSLKEY_BLOB, blob: identity.key.reveal())
        }
        guard let proxy = route.proxy else {
            // An empty proxy also hides the proxy variables of the environment.
            easy.set(CURLOPT_PROXY, "")
            easy.set(CURLOPT_NOPROXY, "*")
            return
        }
        easy.set(CURLOPT_PROXY, proxy.address)
        easy.set(CURLOPT_NOPROXY, "")
        easy.set(CURLOPT_HTTPPROXYTUNNEL, 1)
        // Our fields, credentials among them, are for the destination alone; the proxy's are not part of its answer.
        easy.set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
        easy.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        easy.set(CURLOPT_PROXY_SSL_VERIFYPEER, 1)
        easy.set(CURLOPT_PROXY_SSL_VERIFYHOST, 2)
        if let authorities = route.authorities { easy.set(CURLOPT_PROXY_CAINFO_BLOB, blob: authorities) }
        guard let username = proxy.username else { return }
        // By Basic, unless another way were set.
        easy.set(CURLOPT_PROXYUSERNAME, username)
        easy.set(CURLOPT_PROXYPASSWORD, proxy.password?.reveal() ?? "")
    }
}
