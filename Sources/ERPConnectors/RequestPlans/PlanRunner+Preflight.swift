import Primitives

extension PlanRunner {
    /// The first question of a preflight: whether the ERP answers and takes the credentials.
    ///
    /// What `read` returns is what later checks need of the answer; nil when it is not the expected one.
    func entry<Answer: Sendable>(
        _ request: RenderedRequest,
        _ read: (JSONValue) -> Answer?
    ) async -> (checks: [PreflightCheck], answer: Answer?) {
        let entry = EntryChecks(
            reachable: "The ERP answers",
            credentials: "The credentials are accepted",
            addressRemedy: "Check the address, and that the server may reach it.",
            credentialsRemedy: "Check the credentials, and that their account is active and has a role in the ERP."
        )
        let asked = "\(request.method) \(request.url)"
        do throws(CallFailure) {
            let document = try await json(request)
            guard let answer = read(document) else {
                var check = entry.unreached("\(asked) was answered, but not as this kind of ERP does.")
                check.remedy = "Check that the address is that of the ERP."
                return ([check], nil)
            }
            return ([entry.answered("\(asked) was answered."), entry.accepted("They were accepted.")], answer)
        } catch {
            let detail = "\(asked): \(error.detail)"
            return ([error.isAboutCredentials ? entry.refused(detail) : entry.unreached(detail)], nil)
        }
    }

    /// Asks, and says how it went.
    ///
    /// `remedies` says what to do about a status.
    func check(
        _ name: String,
        _ title: String,
        _ request: RenderedRequest,
        remedies: [Int: String] = [:],
        _ read: (JSONValue) -> PreflightCheck
    ) async -> PreflightCheck {
        do throws(CallFailure) {
            return read(try await json(request))
        } catch {
            let status = error.reason.hasPrefix("http-") ? Int(error.reason.dropFirst(5)) : nil
            let usual =
                switch status {
                case 401: "Check the credentials of this connector."
                case 403: "Give the account of this connector the permission that the kind's README names."
                case 404: "Check the address and the options of this connector."
                default: "Check that the server can reach the ERP, then try again."
                }
            let remedy = status.flatMap { remedies[$0] } ?? usual
            let detail = "\(request.method) \(request.url): \(error.detail)"
            return PreflightCheck(name, title, .failed, detail, remedy: remedy)
        }
    }
}
