import ERPConnectors
import HTTPClient
import Primitives

// What is known about a way to an ERP before, and after, it is tried.
extension ConnectorConnection {
    /// Certificates that end sooner than this are told.
    private static let warningDays = 30.0
    /// So often a way is tried before a lost connection is believed.
    private static let attempts = 3

    /// What stands against saving it now: a refused proxy address, certificates that are not valid.
    func issues(_ policy: OutboundPolicy, at time: Timestamp) -> [InputIssue] {
        var issues: [InputIssue] = []
        if let proxy = route.proxy, let refusal = policy.check(proxy.address) {
            issues.append(
                InputIssue(pointer: "/options/proxy", code: refusal.reason.rawValue, detail: refusal.detail)
            )
        }
        for authority in authorities where authority.notAfter <= time {
            let detail = "The certificate of \(authority.subject) expired on \(Self.day(authority.notAfter))."
            issues.append(
                InputIssue(pointer: "/options/certificateAuthority", code: "certificate-expired", detail: detail)
            )
        }
        guard let certificate else { return issues }
        let pointer = "/credentials/clientCertificate"
        if certificate.notAfter <= time {
            let detail = "This certificate expired on \(Self.day(certificate.notAfter))."
            issues.append(InputIssue(pointer: pointer, code: "certificate-expired", detail: detail))
        } else if certificate.notBefore > time {
            let detail = "This certificate is not valid before \(Self.day(certificate.notBefore))."
            issues.append(InputIssue(pointer: pointer, code: "certificate-not-yet-valid", detail: detail))
        }
        return issues
    }

    /// Tries the way and looks at the certificates; nothing for a connector that goes straight to its ERP and trusts
    /// the system's authorities.
    ///
    /// - Parameters:
    ///   - address: the ERP's.
    ///   - time: now.
    ///   - send: makes requests along the way.
    /// - Returns: what was found out; the last one, `connection`, says whether the ERP was reached.
    func preflight(to address: String, at time: Timestamp, send: ERPCaller.Send) async -> [PreflightCheck] {
        if route == .direct { return [] }
        var checks: [PreflightCheck] = []
        if let certificate {
            checks.append(
                Self.check(
                    "client-certificate",
                    "The client certificate is valid",
                    certificate,
                    at: time,
                    remedy: "Have a new certificate made, and enter it with its key under Connection."
                )
            )
        }
        if let authority = authorities.min(by: { $0.notAfter < $1.notAfter }) {
            checks.append(
                Self.check(
                    "certificate-authority",
                    "The certificate authority is valid",
                    authority,
                    at: time,
                    remedy: "Enter the authority's new certificate under Connection."
                )
            )
        }
        return checks + [await attempt(address, send)]
    }

    private func attempt(_ address: String, _ send: ERPCaller.Send) async -> PreflightCheck {
        let title = "The ERP can be reached on this way"
        let way = route.proxy.map { " through \($0.address)" } ?? ""
        do throws(OutboundError) {
            let answer = try await ask(address, send)
            return PreflightCheck("connection", title, .ok, "HEAD \(address)\(way) was answered \(answer.status).")
        } catch {
            let detail = "HEAD \(address)\(way): \(error.detail)"
            // Some servers close on HEAD; what the kind asks for decides then.
            guard let remedy = Self.remedy(for: error.kind) else {
                return PreflightCheck("connection", title, .warning, detail)
            }
            return PreflightCheck("connection", title, .failed, detail, remedy: remedy)
        }
    }

    /// Asks again after a lost connection: in TLS 1.3 a server refuses a certificate only after our first request is on
    /// its way, and its reason can be overtaken by the end of the connection.
    private func ask(_ address: String, _ send: ERPCaller.Send) async throws(OutboundError) -> OutboundResponse {
        let request = OutboundRequest(method: "HEAD", url: address, timeout: .seconds(10))
        for _ in 1..<Self.attempts {
            do throws(OutboundError) {
                return try await send(request)
            } catch {
                guard error.kind == .connectionLost else { throw error }
            }
        }
        return try await send(request)
    }

    private static func remedy(for kind: OutboundError.Kind) -> String? {
        switch kind {
        case .proxy: "Check the proxy's address, user and password under Connection, and what it allows."
        case .tls: "Check the certificate authority and the client certificate under Connection."
        case .unresolvable, .connectFailed, .timeout: "Check the address, the proxy, and that the server may reach it."
        case .refusedAddress: "Check the address and the proxy; PLANTWRIGHT_OUTBOUND_ALLOW lists exceptions."
        default: nil
        }
    }

    private static func check(
        _ name: String,
        _ title: String,
        _ certificate: X509Certificate,
        at time: Timestamp,
        remedy: String
    ) -> PreflightCheck {
        let days = (certificate.notAfter.seconds(since: time) / 86_400).rounded(.down)
        let end = day(certificate.notAfter)
        if days < 0 {
            return PreflightCheck(name, title, .failed, "\(certificate.subject) expired on \(end).", remedy: remedy)
        }
        let left = days == 1 ? "1 day" : "\(Int(days)) days"
        let detail = "\(certificate.subject) expires in \(left), on \(end)."
        if days < warningDays { return PreflightCheck(name, title, .warning, detail, remedy: remedy) }
        return PreflightCheck(name, title, .ok, detail)
    }

    private static func day(_ time: Timestamp) -> String { String(time.rfc3339.prefix(10)) }
}
