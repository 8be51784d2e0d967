import Primitives

/// An operation as a sequence of requests: what must be known first, what then changes, and how to find it again.
///
/// Pure: previews render it, ``PlanRunner`` carries it out. The first change carries the delivery's key; changes after
/// it do no harm when they are repeated.
struct OrderPlan: Sendable {
    /// What must be known before anything is sent, in order; later ones may use the answers of earlier ones.
    var questions: [PlanQuestion] = []
    /// The changing requests, in order.
    var steps: [PlanStep]
    /// How an earlier attempt is found; nil when the ERP cannot tell.
    var lookUp: PlanLookUp?
    /// What is worth reading beside success, such as what a stock figure was.
    var note: (@Sendable (PlanAnswers) -> String?)?

    /// Every request, with placeholders for what only answers can tell.
    var preview: [RenderedRequest] {
        let unknown = PlanAnswers(placeholders: questions)
        let requests = questions.map { $0.request(unknown) } + steps.compactMap { $0.request(unknown) }
        return requests.map { request in
            var request = request
            // Placeholders stay readable in addresses.
            for text in unknown.texts { request.url = request.url.replacing(PercentEncoding.encode(text), with: text) }
            return request
        }
    }
}

/// What the questions of a plan were answered, by name.
struct PlanAnswers: Sendable {
    /// The name under which the identifier of what the first step made is known.
    static let made = "made"

    private var values: [String: String]

    init() { values = [:] }

    init(placeholders questions: [PlanQuestion]) {
        values = questions.reduce(into: [Self.made: "‹new order›"]) { $0.merge($1.placeholders) { first, _ in first } }
    }

    /// An answer; a placeholder when there is none.
    subscript(_ name: String) -> String {
        get { values[name] ?? "‹\(name)›" }
        set { values[name] = newValue }
    }

    /// Whether a question gave this answer.
    func isKnown(_ name: String) -> Bool { values[name] != nil }

    /// All answers.
    var texts: [String] { values.values.filter { !$0.isEmpty }.sorted() }

    /// Adds the answers of a question.
    mutating func add(_ answers: [String: String]) { values.merge(answers) { $1 } }

    /// An answer as a number; nil when it is none, as in previews.
    func number(_ name: String) -> Double? { values[name].flatMap(Double.init) }
}

/// A question before a change, such as for the identifier behind a tag.
struct PlanQuestion: Sendable {
    /// What the answers are known by, with what stands for them in previews: `‹equipment PUMP-7›`.
    var placeholders: [String: String]
    /// The request.
    var request: @Sendable (PlanAnswers) -> RenderedRequest
    /// The answers in the ERP's document; nil when they are not there.
    var read: @Sendable (JSONValue) -> [String: String]?
    /// Why the operation cannot be done without it.
    var missing: CallFailure
}

/// A changing request.
struct PlanStep: Sendable {
    /// The request; nil when there is nothing to change.
    var request: @Sendable (PlanAnswers) -> RenderedRequest?
    /// Whether a repeat does no harm.
    var isRepeatable = false
    /// What the answer means.
    var read: @Sendable (ChangeAnswer) -> PlanStepEnd
}

/// How a step ended.
enum PlanStepEnd: Hashable, Sendable {
    /// It was done; with the identifier of what was made, if anything was.
    case done(String?)
    /// The ERP has one with this key already.
    case exists
    /// It was refused, perhaps because the ERP has one with this key: the look-up tells.
    case refusedUnlessThere(CallFailure)
    /// It was not, or perhaps not, done.
    case ended(CallOutcome)
}

extension PlanStepEnd {
    /// The same, where what was made is not what the delivery is about, such as a picture of an order.
    func about(_ id: String?) -> PlanStepEnd {
        if case .done = self { .done(id) } else { self }
    }
}

/// The question for what an earlier attempt made.
struct PlanLookUp: Sendable {
    /// The request.
    var request: @Sendable (PlanAnswers) -> RenderedRequest
    /// What was found; a failure when the answer cannot be relied on.
    var read: @Sendable (JSONValue) -> PlanFinding
    /// Whether a 404 says that there is none, as for an address that holds the key.
    var missingIs404 = false
    /// Whether its request is made of the answers to the plan's questions.
    var needsAnswers = false
}

/// What a look-up found.
enum PlanFinding: Hashable, Sendable {
    /// It is there.
    case found(String?)
    /// It is not.
    case absent
    /// Something else stands where it should be.
    case stuck(CallFailure)
    /// The answer says nothing.
    case unclear(CallFailure)
}
