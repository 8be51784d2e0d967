import Primitives
import Synchronization

extension TrytonConnector {
    func preflight(key: String) async -> [PreflightCheck] {
        var trace = CallTrace()
        var checks = [await reachability(&trace)]
        guard checks[0].result != .failed else { return checks }
        let credentials = await credentialsCheck(&trace)
        checks.append(credentials)
        guard credentials.result != .failed else { return checks }
        let title = "What the options name is there"
        let place: TrytonPlace
        do throws(TrytonFailure) {
            place = try await findPlaceAgain(&trace)
            let detail = "Company and places that the options name are there."
            checks.append(PreflightCheck("options", title, .ok, detail))
        } catch {
            let remedy =
                "Check the options and the account's company; its groups must let it read companies and places."
            return checks + [PreflightCheck("options", title, .failed, error.failure.detail, remedy: remedy)]
        }
        let context = requests.context(company: place.company)
        checks.append(await permission(options.orderModel.rawValue, isNeeded: true, context, &trace))
        checks.append(await permission("ir.note", isNeeded: true, context, &trace))
        for model in ["stock.shipment.internal", "stock.inventory"] {
            checks.append(await permission(model, isNeeded: false, context, &trace))
        }
        checks.append(await lookUpCheck(key, context, &trace))
        return checks
    }

    private func reachability(_ trace: inout CallTrace) async -> PreflightCheck {
        let title = "Tryton answers"
        do throws(TrytonFailure) {
            let version = try await client.version(&trace)
            let major = version.split(separator: ".").first.flatMap { Int($0) } ?? 0
            let detail = "Tryton \(version) answers at \(requests.base)."
            if (6...7).contains(major) { return PreflightCheck("reachable", title, .ok, detail) }
            let remedy = "This was made for Tryton 6.0 to 7.x: try it on a copy first."
            return PreflightCheck("reachable", title, .warning, detail, remedy: remedy)
        } catch {
            let remedy = "Check the address: it is that of Tryton's server, without the database."
            return PreflightCheck("reachable", title, .failed, error.failure.detail, remedy: remedy)
        }
    }

    private func credentialsCheck(_ trace: inout CallTrace) async -> PreflightCheck {
        let title = "The credentials are accepted"
        do throws(TrytonFailure) {
            try await client.signIn(&trace)
            let detail = "Tryton gave a session in the database “\(options.database)”."
            return PreflightCheck("credentials", title, .ok, detail)
        } catch {
            let remedy =
                error.failure.reason == "unknown-database"
                ? "Check the option “database”." : "Check login and password: Administration › Users › Users."
            return PreflightCheck("credentials", title, .failed, error.failure.detail, remedy: remedy)
        }
    }

    private func findPlaceAgain(_ trace: inout CallTrace) async throws(TrytonFailure) -> TrytonPlace {
        knownPlace.withLock { $0 = nil }
        return try await place(&trace)
    }

    private static let groups = [
        "production": "Production", "project.work": "Project Administration", "ir.note": "any",
        "stock.shipment.internal": "Stock", "stock.inventory": "Stock",
    ]

    private func permission(
        _ model: String,
        isNeeded: Bool,
        _ context: JSONObject,
        _ trace: inout CallTrace
    ) async -> PreflightCheck {
        let name = isNeeded ? (model == "ir.note" ? "note-permission" : "create-permission") : "\(model)-permission"
        let title = "The account may make “\(model)”"
        let failed = isNeeded ? PreflightCheck.Result.failed : .warning
        let group = Self.groups[model] ?? model
        let call = requests.call("ir.model.access.get_access", [[.string(model)]], context)
        do throws(TrytonFailure) {
            let access = try await client.ask(call, &trace)[model]
            let lacking = ["read", "write", "create"].filter { TrytonValue.bool(access?[$0]) != true }
            if lacking.isEmpty {
                return PreflightCheck(name, title, .ok, "Tryton lets it read, write and create “\(model)”.")
            }
            let detail = "Tryton does not let it \(lacking.joined(separator: ", ")) “\(model)”."
            let remedy = "Add the account to the group “\(group)”: Administration › Users › Users."
            return PreflightCheck(name, title, failed, detail, remedy: remedy)
        } catch {
            let remedy = "Activate the module that has it: Administration › Modules › Modules."
            return PreflightCheck(name, title, failed, error.failure.detail, remedy: remedy)
        }
    }

    private func lookUpCheck(_ key: String, _ context: JSONObject, _ trace: inout CallTrace) async -> PreflightCheck {
        let title = "Orders are found by their key"
        do throws(TrytonFailure) {
            let found = try await records(requests.search(forKey: key), context, &trace)
            if found.isEmpty {
                return PreflightCheck("look-up", title, .ok, "Tryton has no order with a new key, as expected.")
            }
            let detail = "Tryton found an order for a key that cannot exist."
            return PreflightCheck("look-up", title, .failed, detail)
        } catch {
            return PreflightCheck("look-up", title, .failed, error.failure.detail)
        }
    }
}
