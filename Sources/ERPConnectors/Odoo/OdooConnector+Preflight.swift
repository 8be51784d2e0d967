import Primitives

extension OdooConnector {
    func preflight(key: String) async -> [PreflightCheck] {
        var trace = CallTrace()
        var checks: [PreflightCheck] = []
        do throws(OdooTrouble) {
            let flavour = try await client.flavour(&trace)
            // An API key is not shown before the first call.
            _ = try await client.ask(OdooCall("res.users", "context_get"), &trace)
            checks += Self.connection(flavour)
        } catch {
            return Self.noConnection(error)
        }
        checks.append(await maintenance(&trace))
        guard checks.allSatisfy({ $0.result != .failed }) else { return checks }
        checks.append(await lookUpCheck(key, &trace))
        checks.append(await equipmentCheck(&trace))
        checks.append(await optionsCheck(&trace))
        checks.append(await stockCheck(&trace))
        return checks
    }

    private static let reachable = "Odoo answers"
    private static let accepted = "The credentials are accepted"

    private static func connection(_ flavour: OdooFlavour) -> [PreflightCheck] {
        let isOldWay = flavour.wire != .json2
        var checks = [PreflightCheck("reachable", reachable, .ok, "It is Odoo \(flavour.major).")]
        if isOldWay, flavour.major >= 19 {
            checks.append(
                PreflightCheck(
                    "credentials",
                    accepted,
                    .warning,
                    "With this password the server uses JSON-RPC, which Odoo will remove in version 22.",
                    remedy: "Make an API key in Odoo (Preferences, Account Security) and enter it here."
                )
            )
        } else {
            let way = isOldWay ? "JSON-RPC" : "/json/2"
            checks.append(PreflightCheck("credentials", accepted, .ok, "Odoo knows the user; calls go by \(way)."))
        }
        if flavour.major < 11 {
            let detail = "Odoo \(flavour.major) is older than 11, the oldest version that this connector knows."
            checks[0] = PreflightCheck("reachable", reachable, .failed, detail, remedy: "Upgrade Odoo to 11 or later.")
        }
        return checks
    }

    private static func noConnection(_ trouble: OdooTrouble) -> [PreflightCheck] {
        let failure = trouble.failure
        let remedy: String? =
            switch failure.reason {
            case "credentials-refused":
                "Enter the login of an Odoo user and an API key or the password of that user; check the database's name."
            case "credentials-unsuitable": "Choose “User and API key” as credentials."
            case "no-database": "Correct the option “Database”: Odoo shows the name in its own list of databases."
            case "not-odoo": "Enter the address of Odoo without a path: https://odoo.example.com."
            default: nil
            }
        if ["credentials-refused", "credentials-unsuitable", "no-database"].contains(failure.reason) {
            return [
                PreflightCheck("reachable", reachable, .ok, "It answers."),
                PreflightCheck("credentials", accepted, .failed, failure.detail, remedy: remedy),
            ]
        }
        return [
            PreflightCheck("reachable", reachable, .failed, failure.detail, remedy: remedy),
            PreflightCheck("credentials", accepted, .skipped, "Odoo could not be asked."),
        ]
    }

    private func maintenance(_ trace: inout CallTrace) async -> PreflightCheck {
        let name = "create-permission"
        let title = "The user may create maintenance requests"
        do throws(OdooTrouble) {
            let flavour = try await client.requestFlavour(&trace)
            let answer = try await client.ask(
                Self.right("create", on: "maintenance.request", flavour),
                &trace
            )
            if answer.bool == true { return PreflightCheck(name, title, .ok, "Odoo says that it may.") }
            return PreflightCheck(
                name,
                title,
                .failed,
                "Odoo says that the user may not.",
                remedy:
                    "In Odoo, make it an internal user, and give it the Maintenance right “User” where there is one."
            )
        } catch {
            let isMissing = error.failure.reason == "no-maintenance"
            return PreflightCheck(
                name,
                title,
                .failed,
                error.failure.detail,
                remedy: isMissing ? "In Odoo, install the app Maintenance." : nil
            )
        }
    }

    /// The question whether the user has a right.
    static func right(_ operation: String, on model: String, _ flavour: OdooFlavour) -> OdooCall {
        var call = OdooCall(model, flavour.hasAccessMethod ? "has_access" : "check_access_rights")
        if flavour.hasAccessMethod { call.records = [] }
        call.positional = [OdooCall.Argument(name: "operation", value: .string(operation))]
        if !flavour.hasAccessMethod { call.named["raise_exception"] = false }
        return call
    }

    private func lookUpCheck(_ key: String, _ trace: inout CallTrace) async -> PreflightCheck {
        let name = "look-up"
        let title = "Orders are found by their key"
        do throws(OdooTrouble) {
            guard let id = try await record(key, of: "maintenance.request", &trace) else {
                let detail =
                    "The external id \(options.externalIDModule).\(key) was asked for; it is free, as expected."
                return PreflightCheck(name, title, .ok, detail)
            }
            return PreflightCheck(name, title, .failed, "Odoo found the request \(id) for a key that cannot exist.")
        } catch {
            return PreflightCheck(
                name,
                title,
                .failed,
                error.failure.detail,
                remedy: "Give the user read access to “Model Data” (ir.model.data)."
            )
        }
    }

    private func equipmentCheck(_ trace: inout CallTrace) async -> PreflightCheck {
        let name = "equipment"
        let title = "Equipment can be read"
        let field = options.equipmentField
        do throws(OdooTrouble) {
            let call = OdooCall.search(
                "maintenance.equipment",
                [[.string(field), "!=", false]],
                fields: ["name", field],
                limit: 1
            )
            guard let row = try Self.rows(try await client.ask(call, &trace)).first else {
                let detail = "No equipment in Odoo has a value in “\(field)”."
                let remedy = "Enter serial numbers in Odoo's equipment, or name another field in the options."
                return PreflightCheck(name, title, .warning, detail, remedy: remedy)
            }
            let example = "“\(row["name"]?.odooText ?? "")” is “\(row[field]?.odooText ?? "")”"
            return PreflightCheck(name, title, .ok, "Assets refer to the field “\(field)”: \(example).")
        } catch {
            return PreflightCheck(
                name,
                title,
                .failed,
                error.failure.detail,
                remedy: "Check the option “Field that names equipment” and the user's access to equipment."
            )
        }
    }

    private func optionsCheck(_ trace: inout CallTrace) async -> PreflightCheck {
        let name = "options"
        let title = "The names in the options exist"
        do throws(OdooTrouble) {
            if let team = options.team { _ = try await named(team, "maintenance.team", "maintenance team", &trace) }
            if let company = options.company { _ = try await named(company, "res.company", "company", &trace) }
            for stage in options.doneStages + options.cancelledStages {
                _ = try await named(stage, "maintenance.stage", "stage", &trace)
            }
            return PreflightCheck(name, title, .ok, "All of them were found.")
        } catch {
            let remedy = "Correct the name in the options, or make it in Odoo."
            return PreflightCheck(name, title, .failed, error.failure.detail, remedy: remedy)
        }
    }

    private func stockCheck(_ trace: inout CallTrace) async -> PreflightCheck {
        let name = "stock"
        let title = "Stock can be booked"
        do throws(OdooTrouble) {
            let flavour = try await client.flavour(&trace)
            _ = try await places(.stockConsume, nil, &trace)
            let answer = try await client.ask(Self.right("create", on: "stock.picking", flavour), &trace)
            if answer.bool == true {
                return PreflightCheck(name, title, .ok, "The warehouse is there and may be used.")
            }
            return PreflightCheck(
                name,
                title,
                .warning,
                "The user may not make transfers: only maintenance requests will work.",
                remedy: "In Odoo, give the user the Inventory right “User”, or “Administrator” to set quantities."
            )
        } catch {
            // Many plants use maintenance alone.
            return PreflightCheck(
                name,
                title,
                options.warehouse == nil && options.location == nil ? .warning : .failed,
                "Stock operations will not work: \(error.failure.detail)",
                remedy: "Install the app Inventory in Odoo, or leave stock mappings out."
            )
        }
    }
}
