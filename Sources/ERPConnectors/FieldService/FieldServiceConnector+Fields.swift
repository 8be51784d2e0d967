import Primitives

extension FieldServiceConnector {
    /// What the body of an order holds, as far as the fields say.
    func body(_ fields: OrderFields, _ answers: PlanAnswers) -> JSONObject {
        var body = JSONObject()
        if let title = fields.text("title") { body["msdyn_workordersummary"] = .string(title) }
        if let text = UsualFields.body(fields) { body["msdyn_instructions"] = .string(text) }
        if fields.text("equipment") != nil {
            body["msdyn_customerasset@odata.bind"] = .string("/msdyn_customerassets(\(answers["asset"]))")
        }
        if priority(fields) != nil {
            body["msdyn_priority@odata.bind"] = .string("/msdyn_priorities(\(answers["priority"]))")
        }
        if fields.text("workType") != nil {
            body["msdyn_workordertype@odata.bind"] = .string("/msdyn_workordertypes(\(answers["workType"]))")
        }
        if fields.text("failureCode") != nil {
            body["msdyn_primaryincidenttype@odata.bind"] = .string("/msdyn_incidenttypes(\(answers["failureCode"]))")
        }
        return body
    }

    /// The name of the priority that is sent; severities without a translation send none.
    private func priority(_ fields: OrderFields) -> String? {
        guard let text = fields.text("priority") else { return nil }
        return options.priorities[text] ?? (UsualFields.severities.contains(text) ? nil : text)
    }

    /// The questions for the identifiers behind names.
    func questions(_ fields: OrderFields) -> [PlanQuestion] {
        var questions: [PlanQuestion] = []
        if let equipment = fields.text("equipment") {
            questions.append(
                service.one(
                    "msdyn_customerassets",
                    [
                        ("$select", "msdyn_customerassetid,_msdyn_account_value"),
                        (
                            "$filter",
                            "\(options.equipmentColumn) eq \(ODataService.literal(equipment)) and statecode eq 0"
                        ),
                    ],
                    placeholders: ["asset": "‹equipment \(equipment)›", "account": "‹account of \(equipment)›"],
                    missing: "Field Service has no active customer asset “\(equipment)”, or more than one."
                ) { row in
                    guard let id = row["msdyn_customerassetid"]?.string else { return nil }
                    return ["asset": id, "account": row["_msdyn_account_value"]?.string ?? ""]
                }
            )
        }
        if let name = priority(fields) {
            questions.append(named("msdyn_priorities", "msdyn_priorityid", "priority", name))
        }
        if let name = fields.text("workType") {
            questions.append(named("msdyn_workordertypes", "msdyn_workordertypeid", "workType", name))
        }
        if let name = fields.text("failureCode") {
            questions.append(named("msdyn_incidenttypes", "msdyn_incidenttypeid", "failureCode", name))
        }
        return questions
    }

    /// A question for the identifier of a row by its name.
    func named(_ set: String, _ column: String, _ answer: String, _ name: String) -> PlanQuestion {
        service.one(
            set,
            [("$select", column), ("$filter", "msdyn_name eq \(ODataService.literal(name))")],
            placeholders: [answer: "‹\(answer) \(name)›"],
            missing: "Field Service has no “\(name)” in \(set), or more than one."
        ) { row in row[column]?.string.map { [answer: $0] } }
    }

    func warehouseQuestion(_ name: String) -> PlanQuestion {
        named("msdyn_warehouses", "msdyn_warehouseid", "warehouse", name)
    }

    func itemQuestion(_ item: String) -> PlanQuestion {
        service.one(
            "products",
            [
                ("$select", "productid,_defaultuomid_value"),
                ("$filter", "productnumber eq \(ODataService.literal(item))"),
            ],
            placeholders: ["item": "‹item \(item)›", "unit": "‹unit of \(item)›"],
            missing: "Dynamics 365 has no product with the number “\(item)”."
        ) { row in
            guard let id = row["productid"]?.string, let unit = row["_defaultuomid_value"]?.string else { return nil }
            return ["item": id, "unit": unit]
        }
    }
}
