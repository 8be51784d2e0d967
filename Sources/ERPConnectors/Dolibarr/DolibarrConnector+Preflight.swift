import HTTPClient
import Primitives

extension DolibarrConnector {
    func preflight(key: String) async -> [PreflightCheck] {
        var trace = CallTrace()
        var checks = await statusChecks(&trace)
        guard !checks.contains(where: { $0.result == .failed }) else { return checks }
        checks += await rightsChecks(&trace)
        checks.append(await lookUpCheck(key, &trace))
        if let thirdparty = options.thirdparty { checks.append(await thirdpartyCheck(thirdparty, &trace)) }
        checks.append(await movementsCheck(key, &trace))
        if let warehouse = options.warehouse { checks.append(await warehouseCheck(warehouse, &trace)) }
        return checks
    }

    private static let entry = EntryChecks(
        credentials: "The API key is accepted",
        addressRemedy: "Check the address, and switch on the module “API/Web services (REST)”.",
        credentialsRemedy: "Generate the key anew on the user's card, and enter it."
    )

    /// The status needs the key, too: one answer tells both.
    private func statusChecks(_ trace: inout CallTrace) async -> [PreflightCheck] {
        do throws(CallFailure) {
            let status = try await ask(requests.read("/status"), &trace)
            guard let version = status?["success"]?["dolibarr_version"]?.string else {
                return [Self.entry.unreached("Something answers, but it is not Dolibarr's API.")]
            }
            var checks = [Self.entry.answered("Dolibarr \(version) answered.")]
            if let major = Int(version.prefix { $0 != "." }), major < 17, options.document == .intervention {
                let detail = "Interventions have a customer reference from version 17 on; this is \(version)."
                let remedy = "Update Dolibarr, or use tickets: the option “document”."
                checks.append(PreflightCheck("version", "The version fits", .failed, detail, remedy: remedy))
            }
            checks.append(Self.entry.accepted("Dolibarr knows the key."))
            return checks
        } catch {
            guard error.isAboutCredentials else { return [Self.entry.unreached(error.detail)] }
            return [Self.entry.answered("Dolibarr answered."), Self.entry.refused(error.detail)]
        }
    }

    private func rightsChecks(_ trace: inout CallTrace) async -> [PreflightCheck] {
        let name = "create-permission"
        let module = options.document == .ticket ? "ticket" : "ficheinter"
        let needed = options.document == .ticket ? ["read", "write"] : ["lire", "creer"]
        let title = options.document == .ticket ? "May read and write tickets" : "May read and write interventions"
        do throws(CallFailure) {
            let user = try await ask(requests.read("/users/info", [(name: "includepermissions", value: "1")]), &trace)
            guard let rights = user?["rights"] else {
                return [PreflightCheck(name, title, .skipped, "The user's rights are not told.")]
            }
            let missing = needed.filter { Self.number(rights[module]?[$0]) != 1 }
            var checks = [PreflightCheck(name, title, .ok, "The rights are there.")]
            if !missing.isEmpty {
                let detail = "The user lacks: \(missing.map { "\(module)→\($0)" }.joined(separator: ", "))."
                let remedy = "Give the user these rights on the tab “Permissions” of its card."
                checks = [PreflightCheck(name, title, .failed, detail, remedy: remedy)]
            }
            if Self.number(rights["stock"]?["mouvement"]?["creer"]) != 1 {
                let detail = "The user may not create stock movements; only mappings of stock need it."
                let remedy = "Give it the right on the tab “Permissions” of its card, if you map stock."
                checks.append(PreflightCheck("stock-permission", "May book stock", .warning, detail, remedy: remedy))
            }
            return checks
        } catch {
            let detail = "The rights cannot be read; the user lacks the right to see its own card."
            return [PreflightCheck(name, title, .skipped, detail)]
        }
    }

    private func lookUpCheck(_ key: String, _ trace: inout CallTrace) async -> PreflightCheck {
        let title = "Orders are found by their key"
        do throws(CallFailure) {
            // Not lookUpOrder: that would validate what it finds.
            let isThere =
                options.document == .ticket
                ? try await ask(requests.find(key: key), &trace)?["track_id"]?.string == key
                : !(try await matches(requests.find(key: key), ["ref_client"], key, &trace)).isEmpty
            if !isThere { return PreflightCheck("look-up", title, .ok, "A new key is not there, as expected.") }
            return PreflightCheck("look-up", title, .failed, "An order was found for a key that cannot exist.")
        } catch {
            let remedy = "Switch the module on, and give the user the right to read it."
            return PreflightCheck("look-up", title, .failed, error.detail, remedy: remedy)
        }
    }

    private func movementsCheck(_ key: String, _ trace: inout CallTrace) async -> PreflightCheck {
        let title = "Stock movements are found by their code"
        do throws(CallFailure) {
            _ = try await movement(key, &trace)
            return PreflightCheck("stock", title, .ok, "A new key is not there, as expected.")
        } catch {
            let remedy = "Switch the stock module on, and give the user the right to read it, if you map stock."
            return PreflightCheck("stock", title, .warning, error.detail, remedy: remedy)
        }
    }

    private func thirdpartyCheck(_ id: Int64, _ trace: inout CallTrace) async -> PreflightCheck {
        let title = "The third party \(id) exists"
        do throws(CallFailure) {
            guard let party = try await ask(requests.read("/thirdparties/\(id)"), &trace) else {
                let remedy = "Check the option “thirdparty”: it takes the number in the address of its page."
                return PreflightCheck("thirdparty", title, .failed, "Dolibarr has none.", remedy: remedy)
            }
            return PreflightCheck("thirdparty", title, .ok, party["name"]?.string ?? "It is there.")
        } catch {
            let remedy = "Give the user the right to read third parties, to have this checked."
            return PreflightCheck("thirdparty", title, .warning, error.detail, remedy: remedy)
        }
    }

    private func warehouseCheck(_ name: String, _ trace: inout CallTrace) async -> PreflightCheck {
        let title = "The warehouse “\(name)” exists"
        do throws(CallFailure) {
            let id = try await warehouse(name, &trace) ?? 0
            guard try await ask(requests.read("/warehouses/\(id)"), &trace) != nil else {
                throw CallFailure(reason: "no-warehouse", detail: "Dolibarr has no warehouse \(id).")
            }
            return PreflightCheck("warehouse", title, .ok, "It has the number \(id).")
        } catch {
            return PreflightCheck("warehouse", title, .failed, error.detail, remedy: "Check the option “warehouse”.")
        }
    }

    func issues(operation: ERPOperation, fields: [MappingFieldType]) -> [InputIssue] {
        guard traits(of: operation) != nil else {
            let detail = "Dolibarr's API cannot do this with interventions; it can with tickets (option “document”)."
            return [InputIssue(pointer: "/operation", code: "unsupported", detail: detail)]
        }
        var issues = manifest.operation(operation)?.issues(fields) ?? []
        if operation.isAboutStock, options.warehouse == nil, !fields.contains(where: { $0.name == "location" }) {
            let detail = "The connector has no option “warehouse”, so the mapping must name one."
            issues.append(InputIssue(pointer: "/fields/location", code: "required", detail: detail))
        }
        return issues
    }
}
