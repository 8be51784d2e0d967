import HTTPClient
import Primitives

extension ERPNextConnector {
    private static let referenceStep = "reference-field"

    func preflight(key: String) async -> [PreflightCheck] {
        var trace = CallTrace()
        let reachable = await reachability(&trace)
        guard reachable.result == .ok else { return [reachable] }
        let credentials = await credentialsCheck(&trace)
        guard credentials.result == .ok else { return [reachable, credentials] }
        var checks = [reachable, credentials, await timeCheck(&trace)]
        for type in options.referencedTypes {
            let isOrder = type == options.document.rawValue
            let permission = await permissionCheck(type, isOrder, &trace)
            checks.append(permission)
            if permission.result == .ok { checks.append(await fieldCheck(type, isOrder, key, &trace)) }
        }
        if options.document == .assetRepair { checks.append(await readCheck("Asset", &trace)) }
        if let company = options.company { checks.append(await existenceCheck("Company", company, &trace)) }
        if let warehouse = options.warehouse { checks.append(await existenceCheck("Warehouse", warehouse, &trace)) }
        return checks
    }

    private func reachability(_ trace: inout CallTrace) async -> PreflightCheck {
        let title = "The site answers"
        do throws(CallFailure) {
            guard try await ask(requests.ask("ping"), &trace)["message"]?.string == "pong" else {
                let detail = "Something answers, but it is no Frappe site."
                return PreflightCheck("reachable", title, .failed, detail, remedy: "Check the address.")
            }
            return PreflightCheck("reachable", title, .ok, "\(requests.base) answered as a Frappe site.")
        } catch {
            // Frappe checks the token of every request.
            guard error.reason == "http-401" else {
                let remedy = "Check the address and, where it serves several sites, the option “site”."
                return PreflightCheck("reachable", title, .failed, error.detail, remedy: remedy)
            }
            return PreflightCheck("reachable", title, .ok, "\(requests.base) answered as a Frappe site.")
        }
    }

    private func credentialsCheck(_ trace: inout CallTrace) async -> PreflightCheck {
        let title = "The API key is accepted"
        let remedy = "Generate the keys anew at User → Settings → API Access, and enter both."
        do throws(CallFailure) {
            let user = try await ask(requests.ask("frappe.auth.get_logged_user"), &trace)["message"]?.string ?? "Guest"
            if user == "Guest" {
                return PreflightCheck("credentials", title, .failed, "The site takes us for a guest.", remedy: remedy)
            }
            return PreflightCheck("credentials", title, .ok, "The site knows us as \(user).")
        } catch {
            return PreflightCheck("credentials", title, .failed, error.detail, remedy: remedy)
        }
    }

    private func timeCheck(_ trace: inout CallTrace) async -> PreflightCheck {
        let title = "The site's time zone is known"
        do throws(CallFailure) {
            let zone = try await siteTime(&trace).name
            let source = options.timeZone == nil ? "the site says so" : "by the option “timeZone”"
            return PreflightCheck("time-zone", title, .ok, "\(zone): \(source).")
        } catch {
            let remedy = "Give the connector the option “timeZone”."
            return PreflightCheck("time-zone", title, .failed, error.detail, remedy: remedy)
        }
    }

    private func permissionCheck(_ type: String, _ isOrder: Bool, _ trace: inout CallTrace) async -> PreflightCheck {
        let name = "create-permission"
        let title = "\(type): may read and create"
        let result: PreflightCheck.Result = isOrder ? .failed : .warning
        let need = isOrder ? "" : " Only mappings of stock need it."
        let remedy = "Give the API user a role with read, create and write (stock: submit) on \(type).\(need)"
        do throws(CallFailure) {
            for permission in isOrder ? ["read", "create", "write"] : ["read", "create", "submit"] {
                let request = requests.ask(
                    "frappe.client.has_permission",
                    [
                        (name: "doctype", value: type), (name: "docname", value: ""),
                        (name: "perm_type", value: permission),
                    ]
                )
                let answer = try await ask(request, &trace)["message"]?["has_permission"]
                guard answer == .bool(true) || answer?.integer == 1 else {
                    let detail = "The API user has no permission to \(permission) \(type)."
                    return PreflightCheck(name, title, result, detail, remedy: remedy)
                }
            }
            return PreflightCheck(name, title, .ok, "The site allows it.")
        } catch {
            return PreflightCheck(name, title, result, error.detail, remedy: remedy)
        }
    }

    private func fieldCheck(
        _ type: String,
        _ isOrder: Bool,
        _ key: String,
        _ trace: inout CallTrace
    ) async -> PreflightCheck {
        let name = "reference-field"
        let title = "\(type): the key has a unique field"
        let bad: PreflightCheck.Result = isOrder ? .failed : .warning
        let remedy =
            "Let Plantwright create the custom field “\(options.referenceField)”, or create it by hand: Data, unique."
        do throws(CallFailure) {
            if case .document(let document, _) = try await find(type, key: key, &trace) {
                let detail = "\(document) was found for a key that cannot exist."
                return PreflightCheck(name, title, bad, detail, remedy: "Check the option “referenceField”.")
            }
        } catch {
            let step = error.reason == "reference-field-missing" ? Self.referenceStep : nil
            return PreflightCheck(name, title, bad, error.detail, remedy: remedy, step: step)
        }
        do throws(CallFailure) {
            let isUnique = try await customField(type, &trace)?["unique"]?.integer == 1
            if isUnique { return PreflightCheck(name, title, .ok, "“\(options.referenceField)” is there and unique.") }
            let detail = "“\(options.referenceField)” is there, but not unique: a second order would not be refused."
            return PreflightCheck(name, title, bad, detail, remedy: remedy, step: Self.referenceStep)
        } catch {
            let detail = "“\(options.referenceField)” is there; whether it is unique only an administrator can see."
            let remedy = "Look at Customize Form → \(type): the field must be unique."
            return PreflightCheck(name, title, .warning, detail, remedy: remedy)
        }
    }

    private func customField(_ type: String, _ trace: inout CallTrace) async throws(CallFailure) -> JSONValue? {
        let filters: [[JSONValue]] = [
            ["dt", "=", .string(type)], ["fieldname", "=", .string(options.referenceField)],
        ]
        return try await rows(requests.list("Custom Field", filters, fields: ["name", "unique"]), &trace).first
    }

    private func readCheck(_ type: String, _ trace: inout CallTrace) async -> PreflightCheck {
        let title = "\(type): may read"
        do throws(CallFailure) {
            let isEmpty = try await rows(requests.list(type, [], fields: ["name"]), &trace).isEmpty
            if !isEmpty { return PreflightCheck("equipment", title, .ok, "There are assets to choose from.") }
            let remedy = "Create the assets in ERPNext, or use issues: the option “document”."
            return PreflightCheck("equipment", title, .warning, "The site has no asset.", remedy: remedy)
        } catch {
            let remedy = "Give the API user a role that may read \(type)."
            return PreflightCheck("equipment", title, .failed, error.detail, remedy: remedy)
        }
    }

    private func existenceCheck(_ type: String, _ name: String, _ trace: inout CallTrace) async -> PreflightCheck {
        let check = type.lowercased()
        let title = "The \(check) “\(name)” exists"
        do throws(CallFailure) {
            _ = try await ask(requests.read(type, name), &trace)
            return PreflightCheck(check, title, .ok, "The site has it.")
        } catch {
            let remedy = "Check the option “\(check)”; warehouses end with the company's abbreviation."
            return PreflightCheck(check, title, .failed, error.detail, remedy: remedy)
        }
    }

    // MARK: Consented steps

    func prepare(_ step: String) async -> PreflightCheck {
        let title = "The unique field for the key"
        guard step == Self.referenceStep else {
            return PreflightCheck(step, step, .failed, "There is no such step.")
        }
        var trace = CallTrace()
        var failures: [String] = []
        var orderFailed = false
        for type in options.referencedTypes {
            guard let failure = await makeField(type, &trace) else { continue }
            failures.append("\(type): \(failure.detail)")
            if type == options.document.rawValue { orderFailed = true }
        }
        if failures.isEmpty {
            let types = options.referencedTypes.joined(separator: ", ")
            return PreflightCheck(step, title, .ok, "“\(options.referenceField)” is there and unique on \(types).")
        }
        let remedy =
            "Give the API user the role System Manager for this step, or create the field by hand: Data, unique."
        let result: PreflightCheck.Result = orderFailed ? .failed : .warning
        return PreflightCheck(step, title, result, failures.joined(separator: " "), remedy: remedy)
    }

    /// - Returns: why the field is not there and unique; nil when it is.
    private func makeField(_ type: String, _ trace: inout CallTrace) async -> CallFailure? {
        do throws(CallFailure) {
            let change: ERPNextAnswer.Change
            if let field = try await customField(type, &trace), let name = field["name"]?.string {
                if field["unique"]?.integer == 1 { return nil }
                change = await self.change(requests.update("Custom Field", name, ["unique": 1]), &trace)
            } else {
                // Copies of a document must not carry its key: they would be refused.
                let body: JSONValue = [
                    "dt": .string(type), "fieldname": .string(options.referenceField), "label": "Plantwright reference",
                    "fieldtype": "Data", "unique": 1, "no_copy": 1, "read_only": 1,
                    "insert_after": type == "Issue" ? "subject" : "company",
                ]
                change = await self.change(requests.create("Custom Field", body), &trace)
            }
            switch change {
            case .done, .unchanged, .duplicate: return nil
            case .refused(let failure), .transient(let failure), .uncertain(let failure): return failure
            }
        } catch {
            return error
        }
    }

    func issues(operation: ERPOperation, fields: [MappingFieldType]) -> [InputIssue] {
        var issues = manifest.operation(operation)?.issues(fields) ?? []
        let names = Set(fields.map(\.name))
        if operation == .workOrderCreate, options.document == .assetRepair, !names.contains("equipment") {
            let detail = "An asset repair needs its asset: ${asset.equipment}."
            issues.append(InputIssue(pointer: "/fields/equipment", code: "required", detail: detail))
        }
        if operation.isAboutStock, options.warehouse == nil, !names.contains("location") {
            let detail = "The connector has no option “warehouse”, so the mapping must name one."
            issues.append(InputIssue(pointer: "/fields/location", code: "required", detail: detail))
        }
        return issues
    }
}
