/// The checks that a preflight begins with: whether the ERP answers, and whether it takes the credentials.
struct EntryChecks {
    /// “The server answers”.
    var reachable = "The server answers"
    /// “The API key is accepted”.
    var credentials: String
    /// What to do when something else answers, or nothing.
    var addressRemedy: String
    /// What to do about refused credentials.
    var credentialsRemedy: String

    func answered(_ detail: String) -> PreflightCheck { PreflightCheck("reachable", reachable, .ok, detail) }

    func unreached(_ detail: String) -> PreflightCheck {
        PreflightCheck("reachable", reachable, .failed, detail, remedy: addressRemedy)
    }

    func accepted(_ detail: String) -> PreflightCheck { PreflightCheck("credentials", credentials, .ok, detail) }

    func refused(_ detail: String) -> PreflightCheck {
        PreflightCheck("credentials", credentials, .failed, detail, remedy: credentialsRemedy)
    }
}

extension CallFailure {
    /// Whether the credentials were refused: by the ERP, or by the server that gives tokens for it, which a caller tells
    /// as a call that could not be made.
    var isAboutCredentials: Bool {
        ["http-401", "http-403"].contains(reason) || detail.hasPrefix("The token server")
    }
}
