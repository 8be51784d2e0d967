import NIOCore

#if canImport(Glibc)
import Glibc
#endif

/// Why a server could not begin to listen.
public enum ListenError: Error, Hashable, Sendable {
    /// Another process listens on this address.
    case addressInUse(ListenAddress)
    /// The address does not belong to this machine or is no address; or the socket's directory does not exist.
    case addressNotAvailable(ListenAddress)
    /// The user may not listen there.
    case notPermitted(ListenAddress)
    /// Something that is no socket has the name that the socket should have.
    case notASocket(ListenAddress)
    /// Certificate and key cannot be used.
    case credentials(TLSFileError)
    /// Anything else; the system's words.
    case other(ListenAddress, reason: String)

    /// One sentence for people.
    public var message: String {
        switch self {
        case .addressInUse(let address): "\(address) is in use by another process."
        case .addressNotAvailable(let address): "\(address) is not an address of this machine."
        case .notPermitted(let address): "Listening on \(address) is not permitted."
        case .notASocket(let address): "\(address) exists and is not a socket."
        case .credentials(let error): error.message
        case .other(let address, let reason): "Cannot listen on \(address): \(reason)"
        }
    }

    init(_ error: any Error, _ address: ListenAddress) {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE: self = .addressInUse(address)
        case EADDRNOTAVAIL: self = .addressNotAvailable(address)
        case ENOENT, ENOTDIR: self = .addressNotAvailable(address)
        case EACCES, EPERM: self = .notPermitted(address)
        default: self = .other(address, reason: "\(error)")
        }
    }
}
