import NIOPosix
import NIOSSL
import Synchronization

/// The certificate that new connections use, and its renewal.
final class TLSIdentity: Sendable {
    private struct State {
        var context: NIOSSLContext
        /// The files as they were when they were last read, whatever came of it.
        var marks: [TLSCredentials.FileMark]
        var isReloading = false
    }

    private let tls: ServerTLS
    private let state: Mutex<State>
    private let observe: @Sendable (TLSEvent) -> Void

    /// Reads the files, on a thread that may block.
    static func load(
        _ tls: ServerTLS,
        observe: @escaping @Sendable (TLSEvent) -> Void
    ) async throws -> TLSIdentity {
        let identity = try await NIOThreadPool.singleton.runIfActive {
            let marks = TLSCredentials.marks(tls)
            return (try TLSCredentials.load(tls), marks)
        }
        observe(.certificateInUse(identity.0.summary))
        return TLSIdentity(tls, identity.0, identity.1, observe: observe)
    }

    private init(
        _ tls: ServerTLS,
        _ credentials: TLSCredentials,
        _ marks: [TLSCredentials.FileMark],
        observe: @escaping @Sendable (TLSEvent) -> Void
    ) {
        self.tls = tls
        self.observe = observe
        state = Mutex(State(context: credentials.context, marks: marks))
    }

    /// What the next handshake uses.
    var context: NIOSSLContext { state.withLock { $0.context } }

    /// Looks at the files and takes a new pair over; one that cannot be used is reported and changes nothing.
    ///
    /// - Parameter always: also reads files that look unchanged.
    func reload(always: Bool) async {
        let isFirst = state.withLock { state in
            defer { state.isReloading = true }
            return !state.isReloading
        }
        guard isFirst else { return }
        defer { state.withLock { $0.isReloading = false } }
        let known = state.withLock { $0.marks }
        let read: ([TLSCredentials.FileMark], Result<TLSCredentials, TLSFileError>)?? =
            try? await NIOThreadPool.singleton.runIfActive { [tls] in
                // Marks come first: a change while reading is then seen at the next look.
                let marks = TLSCredentials.marks(tls)
                if marks == known, !always { return nil }
                return (marks, TLSIdentity.credentials(tls))
            }
        guard case .some(.some((let marks, let result))) = read else { return }
        switch result {
        case .success(let credentials):
            state.withLock { state in
                state.context = credentials.context
                state.marks = marks
            }
            observe(.certificateInUse(credentials.summary))
        case .failure(let error):
            state.withLock { $0.marks = marks }
            observe(.certificateRefused(error))
        }
    }

    private static func credentials(_ tls: ServerTLS) -> Result<TLSCredentials, TLSFileError> {
        do throws(TLSFileError) {
            return .success(try TLSCredentials.load(tls))
        } catch {
            return .failure(error)
        }
    }

    /// Looks at the files again and again until the task is cancelled.
    func watch() async {
        while (try? await Task.sleep(for: tls.checkInterval)) != nil {
            await reload(always: false)
        }
    }
}
