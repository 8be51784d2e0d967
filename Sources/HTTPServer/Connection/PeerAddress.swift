import NIOCore

/// The address of the other side, in the form that logs and limits use.
struct PeerAddress {
    /// The IP address without port; an IPv4 address mapped into IPv6 in its IPv4 form; `unix` for a local socket.
    let text: String
    /// Whether the other side is on this machine.
    let isLoopback: Bool

    init(_ address: SocketAddress?) {
        guard var ip = address?.ipAddress else {
            text = "unix"
            isLoopback = true
            return
        }
        if ip.hasPrefix("::ffff:"), ip.contains(".") { ip.removeFirst(7) }
        text = ip
        isLoopback = ip.hasPrefix("127.") || ip == "::1"
    }
}
