import Embedded
import Foundation
import PostgreSQL
import Primitives

/// How a command ends when it cannot do its work: the codes of sysexits.h.
enum CommandEnd: Int32 {
    case badData = 65
    case noInput = 66
    case unavailable = 69
    case cannotCreate = 73

    /// Prints why, and ends the process.
    func end(_ reason: String) -> Never {
        Console.printError(reason)
        exit(rawValue)
    }

    /// Ends the process for an error on the way to an installation or of it: refused credentials are wrong settings (78),
    /// a silent database is another matter, and so is what a person typed wrong.
    static func fail(_ error: any Error) -> Never {
        switch error {
        case let input as InvalidInput: badData.end(input.issues.map(\.line).joined(separator: "\n"))
        case ResourceFailure.conflict(_, let detail): badData.end(detail)
        case is EmbeddedError: unavailable.end("\(error)")
        case let error where StartFailure.isFinal(error):
            Console.end(InvalidConfiguration(reasons: ["DATABASE_URL: \(error)"]))
        default: unavailable.end("\(error)")
        }
    }
}

extension InputIssue {
    /// The issue as a line for people.
    var line: String { "\(pointer.isEmpty ? "/" : pointer): \(detail) (\(code))" }
}
