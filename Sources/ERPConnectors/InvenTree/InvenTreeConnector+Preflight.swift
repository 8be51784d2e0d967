import HTTPClient
import Primitives

extension InvenTreeConnector {
    func preflight(key: String) async -> [PreflightCheck] {
        var trace = CallTrace()
        let reachable = await reachability(&trace)
        guard reachable.result == .ok else { return [reachable] }
        let credentials = await credentialsCheck(&trace)
        guard credentials.result == .ok else { return [reachable, credentials] }
        var checks = [reachable, credentials, await rolesCheck(&trace), await numberCheck(&trace)]
        checks.append(await lookUpCheck(key, &trace))
        if let part = options.part { checks.append(await partCheck(part, &trace)) }
        if let location = options.location { checks.append(await locationCheck(location, &trace)) }
        return checks
    }

    private static let entry = EntryChecks(
        credentials: "The token is accepted",
        addressRemedy: "Check the address.",
        credentialsRemedy: "Make a new token in InvenTree's Admin Center; tokens expire."
    )

    private func reachability(_ trace: inout CallTrace) async -> PreflightCheck {
        do throws(CallFailure) {
            let server = try await ask(requests.read("/api/"), &trace)
            guard server["server"]?.string == "InvenTree" else {
                return Self.entry.unreached("Something answers, but it is not InvenTree.")
            }
            return Self.entry.answered("InvenTree \(server["version"]?.string ?? "") answered.")
        } catch {
            // A wrong token is refused everywhere.
            if error.reason == "http-401" { return Self.entry.answered("The server answered.") }
            return Self.entry.unreached(error.detail)
        }
    }

    private func credentialsCheck(_ trace: inout CallTrace) async -> PreflightCheck {
        do throws(CallFailure) {
            let user = try await ask(requests.read("/api/user/me/"), &trace)["username"]?.string ?? "a user"
            return Self.entry.accepted("InvenTree knows us as \(user).")
        } catch {
            return Self.entry.refused(error.detail)
        }
    }

    private func rolesCheck(_ trace: inout CallTrace) async -> PreflightCheck {
        let name = "create-permission"
        let title = "May make build orders and book stock"
        let remedy = "Give the user's group: Build Orders view, add, change; Stock Items view, change; Parts view."
        do throws(CallFailure) {
            let answer = try await ask(requests.read("/api/user/roles/"), &trace)
            if answer["is_superuser"]?.bool == true {
                return PreflightCheck(
                    name,
                    title,
                    .warning,
                    "The user may do everything.",
                    remedy: "Use one that may not."
                )
            }
            func lacks(_ role: String, _ needed: [String]) -> [String] {
                let has = answer["roles"]?[role]?.array?.compactMap(\.string) ?? []
                return needed.filter { !has.contains($0) }.map { "\(role) \($0)" }
            }
            let orders = lacks("build", ["view", "add", "change"]) + lacks("part", ["view"])
            let stock = lacks("stock", ["view", "change"])
            if orders.isEmpty, stock.isEmpty { return PreflightCheck(name, title, .ok, "The roles are there.") }
            let detail = "The user lacks: \((orders + stock).joined(separator: ", "))."
            return PreflightCheck(name, title, orders.isEmpty ? .warning : .failed, detail, remedy: remedy)
        } catch {
            return PreflightCheck(name, title, .warning, "The roles cannot be read: \(error.detail)", remedy: remedy)
        }
    }

    private func numberCheck(_ trace: inout CallTrace) async -> PreflightCheck {
        let title = "Build orders can be numbered"
        do throws(CallFailure) {
            let reference = try await nextReference(&trace)
            return PreflightCheck("reference-pattern", title, .ok, "The next one would be \(reference).")
        } catch {
            let remedy =
                "Set a pattern such as BO-{ref:04d} in Settings → Build Orders, or the option “referencePattern”."
            return PreflightCheck("reference-pattern", title, .failed, error.detail, remedy: remedy)
        }
    }

    private func lookUpCheck(_ key: String, _ trace: inout CallTrace) async -> PreflightCheck {
        let title = "Orders and adjustments are found by their key"
        do throws(CallFailure) {
            let build = try await findBuild(key: key, &trace)
            let isTracked = try await isTracked(key: key, &trace)
            if build == nil, !isTracked {
                return PreflightCheck("look-up", title, .ok, "A new key is not there, as expected.")
            }
            return PreflightCheck("look-up", title, .failed, "Something was found for a key that cannot exist.")
        } catch {
            let remedy = "Give the user's group the roles Build Orders and Stock Items, at least to view."
            return PreflightCheck("look-up", title, .failed, error.detail, remedy: remedy)
        }
    }

    private func partCheck(_ reference: String, _ trace: inout CallTrace) async -> PreflightCheck {
        let title = "The part “\(reference)” can be built"
        do throws(CallFailure) {
            let id = try await part(reference, &trace)
            let part = try await ask(requests.read("/api/part/\(id)/"), &trace)
            let lacks = ["assembly", "active"].filter { part[$0]?.bool == false }
            if lacks.isEmpty { return PreflightCheck("part", title, .ok, part["name"]?.string ?? "It is there.") }
            let remedy = "Edit the part in InvenTree: it must be an active assembly."
            return PreflightCheck(
                "part",
                title,
                .failed,
                "It is not: \(lacks.joined(separator: ", ")).",
                remedy: remedy
            )
        } catch {
            return PreflightCheck(
                "part",
                title,
                .failed,
                error.detail,
                remedy: "Check the option “part”: it takes an IPN."
            )
        }
    }

    private func locationCheck(_ name: String, _ trace: inout CallTrace) async -> PreflightCheck {
        let title = "The stock location “\(name)” exists"
        do throws(CallFailure) {
            let id = try await location(name, &trace) ?? 0
            return PreflightCheck("location", title, .ok, "It has the number \(id).")
        } catch {
            return PreflightCheck("location", title, .failed, error.detail, remedy: "Check the option “location”.")
        }
    }

    func issues(operation: ERPOperation, fields: [MappingFieldType]) -> [InputIssue] {
        var issues = manifest.operation(operation)?.issues(fields) ?? []
        if operation == .workOrderCreate, options.part == nil, !fields.contains(where: { $0.name == "part" }) {
            let detail = "The connector has no option “part”, so the mapping must name the part to build."
            issues.append(InputIssue(pointer: "/fields/part", code: "required", detail: detail))
        }
        return issues
    }
}
