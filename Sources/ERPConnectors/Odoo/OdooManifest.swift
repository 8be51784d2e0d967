import Primitives

extension ConnectorDefinition {
    /// Odoo 11 to 18 over JSON-RPC, from 19 on over `/json/2`.
    static let odoo = ConnectorDefinition(.odoo) { (setup) throws(InvalidInput) in try OdooConnector(setup) }
}

extension ConnectorManifest {
    /// What `odoo` can do.
    static let odoo = ConnectorManifest(
        kind: .odoo,
        title: "Odoo",
        summary: "Odoo 11 and later with the apps Maintenance and, for stock, Inventory.",
        addressExample: "https://odoo.example.com",
        credentials: [
            CredentialForm(
                .basic,
                "User and API key",
                "The login of an Odoo user of the server's own, and an API key of that user (Preferences, Account "
                    + "Security, from 14 on) or its password.",
                labels: ["username": "Login", "password": "API key or password"]
            ),
            CredentialForm(
                .bearer,
                "API key (Odoo 19 and later)",
                "An API key of an Odoo user of the server's own: Preferences, Account Security, New API Key.",
                labels: ["bearer": "API key"]
            ),
        ],
        options: OdooManifestFields.options,
        operations: [
            OperationManifest(
                .workOrderCreate,
                "Maintenance request",
                fields: [OdooManifestFields.title(isRequired: true)] + OdooManifestFields.request
                    + OdooManifestFields.parts,
                traits: OperationTraits(canLookUp: true, isUnique: true)
            ),
            OperationManifest(
                .workOrderUpdate,
                "Change of a maintenance request",
                fields: [OdooManifestFields.title(isRequired: false)] + OdooManifestFields.request + [
                    FormField("stage", "Stage", "The name of the stage to move it to.", kind: .choice, list: "stages")
                ],
                traits: OperationTraits(isRepeatable: true)
            ),
            OperationManifest(
                .workOrderCancel,
                "Cancellation of a maintenance request",
                fields: [UsualFields.reason(nil, "Noted in the request's log.")],
                traits: OperationTraits(isRepeatable: true)
            ),
            OperationManifest(
                .workOrderComment,
                "Note in the log of a maintenance request",
                fields: [UsualFields.text(nil, "What the note says.")],
                traits: OperationTraits(canLookUp: true)
            ),
            .picture("Attachment of a maintenance request", OperationTraits(canLookUp: true, isUnique: true)),
            OperationManifest(
                .stockSet,
                "Inventory adjustment",
                fields: OdooManifestFields.stock(quantity: "The quantity on hand."),
                traits: OperationTraits(isRepeatable: true)
            ),
            OperationManifest(
                .stockConsume,
                "Transfer out of stock",
                fields: OdooManifestFields.stock(quantity: "How much is used up."),
                traits: OperationTraits(canLookUp: true, isUnique: true)
            ),
            OperationManifest(
                .stockReceive,
                "Transfer into stock",
                fields: OdooManifestFields.stock(quantity: "How much comes in."),
                traits: OperationTraits(canLookUp: true, isUnique: true)
            ),
            .partsCheck(
                "Check of a quantity on hand",
                fields: OdooManifestFields.stock(quantity: "How much is needed.")
            ),
        ],
        capabilities: [.equipment, .items, .stock, .orderState, .changes]
    )
}

/// The fields of Odoo's forms.
enum OdooManifestFields {
    /// The values of `maintenance.request.priority`.
    static let priorities = [
        Choice("0", "Very low"), Choice("1", "Low"), Choice("2", "Normal"), Choice("3", "High"),
    ]

    static let options = [
        FormField("database", "Database", "The name of the database; required with a user name and password."),
        FormField(
            "team",
            "Maintenance team",
            "Who gets the requests, by name; without it the equipment's team.",
            kind: .choice,
            list: "teams"
        ),
        FormField("company", "Company", "By name; without it the user's own.", kind: .choice, list: "companies"),
        FormField(
            "warehouse",
            "Warehouse",
            "By short name; without it the first.",
            kind: .choice,
            list: "warehouses"
        ),
        FormField(
            "location",
            "Stock location",
            "By full name such as WH/Stock; without it the warehouse's.",
            kind: .choice,
            list: "locations"
        ),
        FormField(
            "receiveFrom",
            "Received stock comes from",
            "Vendors, or production.",
            kind: .choice,
            initial: "supplier",
            choices: [Choice("supplier", "Vendors"), Choice("production", "Production")]
        ),
        FormField(
            "equipmentField",
            "Field that names equipment",
            "The field of Odoo's equipment that assets refer to: the serial number, or a field of your own.",
            initial: "serial_no"
        ),
        UsualFields.priorities("Odoo's priority (0 to 3) by severity: {\"low\": \"1\", \"critical\": \"3\"}."),
        FormField(
            "doneStages",
            "Stages that are done",
            "Beside those that Odoo marks so: [\"Closed\"].",
            kind: .object
        ),
        FormField("cancelledStages", "Stages that are cancelled", "For example [\"Scrap\"].", kind: .object),
        FormField(
            "externalIdModule",
            "Module of external ids",
            "Change it when several Plantwright servers share one database.",
            initial: "plantwright"
        ),
        UsualFields.settle("Odoo"),
    ]

    static func title(isRequired: Bool) -> FormField {
        FormField(
            "title",
            "Subject",
            "What the request is about.",
            isRequired: isRequired,
            initial: isRequired ? "${rule.name}: ${asset.name}" : nil,
            maximumLength: 200
        )
    }

    static let request = [
        FormField("description", "Description", "What is to be known about it.", maximumLength: 20_000),
        FormField(
            "equipment",
            "Equipment",
            "The serial number, or whatever field the connector names equipment by.",
            initial: "${asset.equipment}"
        ),
        FormField(
            "priority",
            "Priority",
            "A severity (low, medium, high, critical) or Odoo's own 0 to 3.",
            kind: .choice,
            initial: "${alarm.severity}",
            choices: [
                Choice("low", "Low"), Choice("medium", "Medium"), Choice("high", "High"),
                Choice("critical", "Critical"),
            ] + priorities
        ),
        FormField(
            "workType",
            "Maintenance type",
            "Corrective or preventive.",
            kind: .choice,
            choices: [Choice("corrective", "Corrective"), Choice("preventive", "Preventive")]
        ),
        FormField("technician", "Technician", "The login of the user who is to do it.", kind: .choice, list: "users"),
        FormField("dueAt", "Scheduled date", "RFC 3339, such as ${reading.ts}."),
        FormField("link", "Link", "The page with the evidence; added to the description.", initial: "${link}"),
    ]

    static let parts = [
        UsualFields.item("Part to reserve", "The internal reference of a product.", isRequired: false),
        FormField("quantity", "Quantity of the part", "In the product's own unit; 1 if absent.", kind: .number),
    ]

    static func stock(quantity: String) -> [FormField] {
        [
            UsualFields.item("Product", "Its internal reference.", isRequired: true),
            FormField("quantity", "Quantity", quantity, kind: .number, isRequired: true),
            FormField("unit", "Unit", "Checked against the product's own unit, in which Odoo counts."),
            FormField(
                "location",
                "Location",
                "By full name such as WH/Stock; without it the connector's.",
                kind: .choice,
                list: "locations"
            ),
        ]
    }
}
