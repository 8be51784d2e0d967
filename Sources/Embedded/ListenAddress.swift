import Foundation

/// Where the private broker listens.
struct ListenAddress: Hashable, Sendable {
    var host: String
    /// TCP port; 0 for any free one.
    var port: Int

    /// Checks that the address can be listened on now, and chooses a port if it is 0.
    ///
    /// - Returns: the port.
    func reservePort() throws(EmbeddedError) -> Int {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0, let first = list else {
            throw .addressUnusable(host: host, port: port, reason: String(cString: gai_strerror(code)))
        }
        defer { freeaddrinfo(list) }
        var chosen = port
        var entry: UnsafeMutablePointer<addrinfo>? = first
        while let current = entry {
            chosen = try bindOnce(current.pointee)
            if port == 0 { return chosen }
            entry = current.pointee.ai_next
        }
        return chosen
    }

    private func bindOnce(_ address: addrinfo) throws(EmbeddedError) -> Int {
        let descriptor = socket(address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            throw .addressUnusable(host: host, port: port, reason: systemMessage(errno))
        }
        defer { close(descriptor) }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        if address.ai_family == AF_INET6 {
            setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        guard bind(descriptor, address.ai_addr, address.ai_addrlen) == 0, listen(descriptor, 1) == 0 else {
            if errno == EADDRINUSE { throw .addressInUse(host: host, port: port) }
            throw .addressUnusable(host: host, port: port, reason: systemMessage(errno))
        }
        return boundPort(descriptor) ?? port
    }

    private func boundPort(_ descriptor: Int32) -> Int? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &storage) { bytes -> Int? in
            guard let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                getsockname(descriptor, address, &size) == 0
            else { return nil }
            // The port is at the same place for IPv4 and IPv6, in network byte order.
            return Int(bytes[2]) << 8 | Int(bytes[3])
        }
    }

    /// The host that a client on this machine connects to.
    var localHost: String {
        switch host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: host
        }
    }
}
