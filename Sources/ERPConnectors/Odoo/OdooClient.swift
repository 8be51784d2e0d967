import HTTPClient
import Primitives
import Synchronization

/// Talks to one Odoo: finds out once which version it is and how to talk to it, and signs in.
///
/// What it remembers can be found out again at any time.
final class OdooClient: Sendable {
    private let caller: ERPCaller
    private let writer: OdooRequestWriter
    private let username: String?
    private let known = Mutex<OdooFlavour?>(nil)

    init(_ setup: ConnectorSetup, _ options: OdooOptions) {
        caller = setup.caller
        var password: Redacted<String>?
        if case .basic(let name, let secret) = setup.caller.credentials {
            username = name
            password = secret
        } else {
            username = nil
        }
        writer = OdooRequestWriter(base: setup.base, database: options.database, password: password)
    }

    /// What is known of the server, or the newest that the credentials are for: previews ask nobody.
    var assumedFlavour: OdooFlavour {
        recalled
            ?? (username == nil
                ? OdooFlavour(major: 19, wire: .json2) : OdooFlavour(major: 18, wire: .jsonRPC(user: nil)))
    }

    /// The request of a call.
    func request(_ call: OdooCall, _ flavour: OdooFlavour) -> RenderedRequest {
        writer.request(call, over: flavour.wire)
    }

    // MARK: Calls

    /// A question.
    func ask(_ call: OdooCall, _ trace: inout CallTrace) async throws(OdooTrouble) -> JSONValue {
        switch await send(call, as: .question, try await flavour(&trace), &trace) {
        case .result(let value): return value
        case .refused(let failure): throw OdooTrouble(failure: failure, isFinal: true)
        case .transient(let failure), .uncertain(let failure): throw OdooTrouble(failure: failure, isFinal: false)
        }
    }

    /// A change, sent once.
    func change(_ call: OdooCall, _ trace: inout CallTrace) async throws(OdooTrouble) -> OdooAnswer {
        let answer = await send(call, as: .change, try await flavour(&trace), &trace)
        if call.method == "load", case .result(let value) = answer { return OdooAnswer.loaded(value) }
        return answer
    }

    private func send(
        _ call: OdooCall,
        as purpose: ERPCaller.Purpose,
        _ flavour: OdooFlavour,
        _ trace: inout CallTrace
    ) async -> OdooAnswer {
        let answer = await caller.answer(
            to: request(call, flavour),
            as: purpose,
            authorization: authorization(flavour.wire),
            trace: &trace
        )
        let read = OdooAnswer(answer, over: flavour.wire)
        // The server may have been upgraded, or the user's number changed: find out anew next time.
        if case .refused(let failure) = read, ["credentials-refused", "http-404"].contains(failure.reason) {
            remember(nil)
        }
        return read
    }

    private func authorization(_ wire: OdooWire) -> ERPCaller.Authorization {
        guard case .json2 = wire else { return .none }
        guard let password = writer.password else { return .standard }
        return .fields([(name: "Authorization", value: Redacted("Bearer " + password.reveal()))])
    }

    // MARK: Finding out

    private var recalled: OdooFlavour? {
        @inline(never) get { known.withLock { $0 } }  // see “Mutexes and suspensions” in docs/architecture.md
    }

    @inline(never)
    private func remember(_ flavour: OdooFlavour?) {
        known.withLock { $0 = flavour }
    }

    /// What is known of the server; asks it when nothing is.
    func flavour(_ trace: inout CallTrace) async throws(OdooTrouble) -> OdooFlavour {
        if let flavour = recalled { return flavour }
        let major = try await version(&trace)
        let flavour = OdooFlavour(major: major, wire: try await wire(major, &trace))
        remember(flavour)
        return flavour
    }

    /// Also knows the fields of maintenance requests, which differ most.
    func requestFlavour(_ trace: inout CallTrace) async throws(OdooTrouble) -> OdooFlavour {
        var flavour = try await flavour(&trace)
        if flavour.requestFields != nil { return flavour }
        var call = OdooCall("maintenance.request", "fields_get")
        call.named["attributes"] = ["type"]
        let answer: JSONValue
        do throws(OdooTrouble) {
            answer = try await ask(call, &trace)
        } catch {
            guard error.isFinal,
                error.failure.detail.contains("maintenance.request") || error.failure.reason == "http-404"
            else { throw error }
            throw .final("no-maintenance", "The app Maintenance is not installed in this Odoo database.")
        }
        guard let fields = answer.object, !fields.isEmpty else {
            throw .final("no-maintenance", "Odoo does not tell the fields of maintenance requests.")
        }
        var types: [String: String] = [:]
        for field in fields.members { types[field.name] = field.value["type"]?.string ?? "" }
        flavour.requestFields = types
        remember(flavour)
        return flavour
    }

    /// The major version, by whichever question the server answers.
    private func version(_ trace: inout CallTrace) async throws(OdooTrouble) -> Int {
        let headers = [(name: "Accept", value: "application/json")]
        let newer = RenderedRequest(method: "GET", url: writer.base + "/web/version", headers: headers, body: nil)
        let older = OdooRequestWriter(base: writer.base, database: nil, password: nil)
            .service("common", "version") { _ in [] }
        // It may be the page of a gateway in front of an Odoo that is away.
        let failure = CallFailure(reason: "not-odoo", detail: "What answers at this address is not Odoo.")
        var trouble = OdooTrouble(failure: failure, isFinal: false)
        for request in username == nil ? [newer, older] : [older, newer] {
            switch await caller.answer(to: request, as: .question, authorization: .none, trace: &trace) {
            case .failure(let error): throw OdooTrouble(failure: CallFailure(error), isFinal: false)
            case .success(let response):
                if let major = Self.major(in: response) { return major }
                if case .transient(let failure) = ChangeAnswer(.success(response)) {
                    throw OdooTrouble(failure: failure, isFinal: false)
                }
                if response.status >= 500 {
                    trouble = OdooTrouble(failure: CallFailure(response), isFinal: false)
                }
            }
        }
        throw trouble
    }

    private static func major(in response: OutboundResponse) -> Int? {
        guard (200..<300).contains(response.status), let document = try? JSONValue(parsing: response.body) else {
            return nil
        }
        let version = document["version"]?.string ?? document["result"]?["server_version"]?.string
        return version.flatMap(OdooFlavour.major)
    }

    private func wire(_ major: Int, _ trace: inout CallTrace) async throws(OdooTrouble) -> OdooWire {
        guard let username else {
            if major >= 19 { return .json2 }
            let detail = "Odoo \(major) takes no bearer token: give the login of a user and its API key or password."
            throw .final("credentials-unsuitable", detail)
        }
        if major >= 19, try await takesPasswordAsKey(&trace) { return .json2 }
        return .jsonRPC(user: try await signIn(username, &trace))
    }

    /// Whether the password is an API key that `/json/2` takes.
    private func takesPasswordAsKey(_ trace: inout CallTrace) async throws(OdooTrouble) -> Bool {
        let question = OdooCall("res.users", "context_get")
        let answer = await send(question, as: .question, OdooFlavour(major: 19, wire: .json2), &trace)
        switch answer {
        case .result: return true
        case .refused: return false
        case .transient(let failure), .uncertain(let failure): throw OdooTrouble(failure: failure, isFinal: false)
        }
    }

    /// The user's number.
    private func signIn(_ username: String, _ trace: inout CallTrace) async throws(OdooTrouble) -> Int64 {
        let database = writer.database ?? ""
        let request = writer.service("common", "authenticate") { password in
            [.string(database), .string(username), password, [:]]
        }
        let answer = await caller.answer(to: request, as: .question, authorization: .none, trace: &trace)
        switch OdooAnswer(answer, over: .jsonRPC(user: nil)) {
        case .result(let value):
            guard let user = value.integer else {
                throw OdooTrouble(failure: OdooAnswer.credentialsRefused, isFinal: true)
            }
            return user
        case .refused(let failure): throw OdooTrouble(failure: failure, isFinal: true)
        case .transient(let failure), .uncertain(let failure): throw OdooTrouble(failure: failure, isFinal: false)
        }
    }
}
