import Primitives

extension FieldServiceConnector {
    /// The step that makes the column and its alternate key.
    static let keyStep = "key"

    func preflight(key: String) async -> [PreflightCheck] {
        let entry = await runner.entry(service.get("WhoAmI")) { $0["UserId"]?.string }
        guard let user = entry.answer else { return entry.checks }
        var checks = entry.checks
        checks.append(await keyCheck())
        checks.append(await privilegeCheck(user))
        checks.append(await lookUpCheck(key))
        if options.serviceAccount == nil {
            checks.append(
                PreflightCheck(
                    "service-account",
                    "Work orders have an account",
                    .warning,
                    "Only equipment with an account of its own can have work orders.",
                    remedy: "Set the option “serviceAccount”, or give every customer asset an account."
                )
            )
        }
        if let warehouse = options.warehouse {
            let question = warehouseQuestion(warehouse)
            checks.append(
                await runner.check("warehouse", "The warehouse is there", question.request(PlanAnswers())) { document in
                    let isThere = question.read(document) != nil
                    return PreflightCheck(
                        "warehouse",
                        "The warehouse is there",
                        isThere ? .ok : .failed,
                        isThere ? "“\(warehouse)” was found." : question.missing.detail,
                        remedy: isThere ? nil : "Correct the option “warehouse”."
                    )
                }
            )
        }
        return checks
    }

    private var keys: RenderedRequest {
        service.get(
            "EntityDefinitions(LogicalName='msdyn_workorder')/Keys",
            [("$select", "SchemaName,KeyAttributes,EntityKeyIndexStatus")]
        )
    }

    /// Whether the alternate key is there and usable: it is only when its index is active.
    private func keyCheck() async -> PreflightCheck {
        let title = "Work orders have an alternate key for ours"
        let column = options.keyColumn
        return await runner.check("reference-field", title, keys) { document in
            let found = (ODataService.rows(document) ?? []).first { row in
                row["KeyAttributes"]?.array?.map(\.string) == [column]
            }
            switch found.map({ $0["EntityKeyIndexStatus"]?.string ?? "Active" }) {
            case nil:
                let remedy =
                    "Let this server make the column \(column) and its key, or have an admin of the "
                    + "environment do it as the README says."
                return PreflightCheck(
                    "reference-field",
                    title,
                    .failed,
                    "No alternate key of msdyn_workorder is made of \(column) alone.",
                    remedy: remedy,
                    step: Self.keyStep
                )
            case "Active": return PreflightCheck("reference-field", title, .ok, "The key on \(column) is active.")
            case "Failed":
                let remedy = "Delete the key in Power Apps, remove what stands twice in \(column), make it again."
                return PreflightCheck("reference-field", title, .failed, "Its index failed.", remedy: remedy)
            case let status?:
                let detail = "Its index is being built (\(status))."
                return PreflightCheck("reference-field", title, .failed, detail, remedy: "Try again in some minutes.")
            }
        }
    }

    private func privilegeCheck(_ user: String) async -> PreflightCheck {
        let title = "The account may create work orders"
        let privilege = "prvCreatemsdyn_workorder"
        let function = "Microsoft.Dynamics.CRM.RetrieveUserPrivilegeByPrivilegeName(PrivilegeName='\(privilege)')"
        return await runner.check(
            "create-permission",
            title,
            service.get("systemusers(\(PercentEncoding.encode(user)))/\(function)")
        ) { document in
            let isGiven = document["RolePrivileges"]?.array?.isEmpty == false
            return PreflightCheck(
                "create-permission",
                title,
                isGiven ? .ok : .failed,
                isGiven ? "It has \(privilege)." : "It does not have \(privilege).",
                remedy: isGiven ? nil : "Give the application user a role such as “Field Service - Administrator”."
            )
        }
    }

    private func lookUpCheck(_ key: String) async -> PreflightCheck {
        let order = DeliveryOrder(idempotencyKey: key, operation: .workOrderCreate, fields: ["title": "-"])
        let title = "Orders are found by their key"
        switch await lookUp(order).outcome {
        case .notFound: return PreflightCheck("look-up", title, .ok, "No work order has this new key, as expected.")
        case .found, .stuck:
            return PreflightCheck("look-up", title, .failed, "A work order was found for a key that cannot exist.")
        case .failed(_, let detail, _):
            return PreflightCheck("look-up", title, .failed, detail, remedy: "See the check of the alternate key.")
        }
    }

    // MARK: Making the key

    /// Makes the column and the alternate key, as far as they are missing.
    ///
    /// learn.microsoft.com/power-apps/developer/data-platform/webapi/create-update-column-definitions-using-web-api,
    /// learn.microsoft.com/power-apps/developer/data-platform/define-alternate-keys-entity
    func prepare(_ step: String) async -> PreflightCheck {
        guard step == Self.keyStep else { return PreflightCheck(step, step, .failed, "There is no such step.") }
        let before = await keyCheck()
        guard before.step != nil else { return before }
        let definition = "EntityDefinitions(LogicalName='msdyn_workorder')"
        let column = service.get(
            "\(definition)/Attributes(LogicalName='\(options.keyColumn)')",
            [("$select", "LogicalName")]
        )
        var requests = [service.send("POST", "\(definition)/Keys", keyDefinition)]
        do throws(CallFailure) {
            _ = try await runner.json(column)
        } catch {
            guard error.reason == "http-404" else { return failed(error.detail) }
            requests.insert(service.send("POST", "\(definition)/Attributes", columnDefinition), at: 0)
        }
        for request in requests {
            var trace = CallTrace()
            guard case .success = await runner.caller.change(request, trace: &trace) else {
                return failed(trace.records.last?.response ?? "No answer.")
            }
        }
        return await keyCheck()
    }

    private func failed(_ detail: String) -> PreflightCheck {
        PreflightCheck(
            "reference-field",
            "Work orders have an alternate key for ours",
            .failed,
            detail,
            remedy: "The account needs the role “System Customizer” for this step; or do it by hand as the README says."
        )
    }

    private var columnDefinition: JSONObject {
        [
            "@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata",
            "SchemaName": .string(options.keyColumn),
            "MaxLength": 100,
            "FormatName": ["Value": "Text"],
            "RequiredLevel": ["Value": "None"],
            "DisplayName": Self.label("Plantwright key"),
        ]
    }

    private var keyDefinition: JSONObject {
        [
            "SchemaName": .string(options.keyColumn + "_ak"),
            "DisplayName": Self.label("Plantwright key"),
            "KeyAttributes": [.string(options.keyColumn)],
        ]
    }

    private static func label(_ text: String) -> JSONValue {
        [
            "@odata.type": "Microsoft.Dynamics.CRM.Label",
            "LocalizedLabels": [
                [
                    "@odata.type": "Microsoft.Dynamics.CRM.LocalizedLabel", "Label": .string(text),
                    "LanguageCode": 1_033,
                ]
            ],
        ]
    }
}
