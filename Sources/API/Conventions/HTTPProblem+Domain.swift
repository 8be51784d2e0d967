import HTTPServer
import HTTPTypes
import PostgreSQL
import Primitives
import Telemetry

extension HTTPProblem {
    /// The answer to an error of the domain; nil for one that says nothing to a client.
    init?(domain error: any Error) {
        switch error {
        case let problem as HTTPProblem: self = problem
        case let input as InvalidInput: self.init(input)
        case let failure as ResourceFailure: self.init(failure)
        case let error as PostgresError where error.isTransient || error.isOutcomeUnknown:
            self.init(
                .serviceUnavailable,
                code: "database-unavailable",
                detail: "The database does not answer now. Try again in a moment.",
                headers: [.retryAfter: "2"]
            )
        case is NotIngesting:
            self.init(
                .serviceUnavailable,
                code: "standby",
                detail: "Another server process ingests now; this one stands by. Send readings to that one.",
                headers: [.retryAfter: "2"]
            )
        default: return nil
        }
    }

    private init(_ input: InvalidInput) {
        let errors = input.issues.map { issue in
            JSONValue.object([
                "pointer": .string(issue.pointer), "code": .string(issue.code), "detail": .string(issue.detail),
            ])
        }
        let detail =
            input.issues.count == 1
            ? input.issues[0].detail : "\(input.issues.count) fields need attention."
        self.init(
            .unprocessableContent,
            code: "invalid-input",
            detail: detail,
            members: ["errors": .array(errors)]
        )
    }

    private init(_ failure: ResourceFailure) {
        switch failure {
        case .notFound(let what):
            self.init(.notFound, code: "not-found", detail: "There is no \(what).")
        case .conflict(let code, let detail):
            self.init(.conflict, code: code, detail: detail)
        case .preconditionFailed(let current):
            self.init(
                .preconditionFailed,
                code: "precondition-failed",
                detail: "It was changed by someone else since you read it. Read it again and repeat your change.",
                headers: current.map { [.eTag: "\"\($0.text)\""] } ?? [:]
            )
        }
    }
}
