import HTTPClient
import Primitives

/// What the answer to a changing request means by the rules of HTTP alone.
///
/// A kind looks into the body of a success, since some ERPs answer 200 for a refusal, and of a refusal or an unclear
/// end, since some answer 500 for good (``ERPCaller/change(_:isRepeatable:authorization:trace:)``).
public enum ChangeAnswer: Hashable, Sendable {
    /// A status of 2xx.
    case success(OutboundResponse)
    /// It did not happen and will not; the answer, if the kind wants to look into it.
    case refused(CallFailure, OutboundResponse)
    /// It did not happen; try again.
    case transient(CallFailure)
    /// It may have happened; the answer, if there was one.
    case uncertain(CallFailure, OutboundResponse?)

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - answer: the answer, or why there is none.
    ///   - isRepeatable: whether a repeat does no harm.
    public init(_ answer: ERPCaller.Answer, isRepeatable: Bool = false) {
        switch answer {
        case .failure(let error):
            self = error.mayHaveReachedServer ? .uncertain(CallFailure(error), nil) : .transient(CallFailure(error))
        case .success(let response):
            let failure = CallFailure(response)
            switch response.status {
            case 200..<300: self = .success(response)
            case 408, 425, 429, 503: self = .transient(failure)
            case 500 where isRepeatable: self = .transient(failure)
            // These promise that the method is kept, so the work was not done here.
            case 301, 307, 308, 400..<500: self = .refused(failure, response)
            case 300..<400 where isRepeatable: self = .refused(failure, response)
            default: self = .uncertain(failure, response)
            }
        }
    }
}
