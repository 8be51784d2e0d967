import Primitives

extension ConnectorDefinition {
    /// Dolibarr.
    static let dolibarr = ConnectorDefinition(.dolibarr) { (setup) throws(InvalidInput) in
        try DolibarrConnector(setup)
    }
}

extension ConnectorManifest {
    /// The API describes itself at `/api/index.php/explorer/`.
    static let dolibarr = ConnectorManifest(
        kind: .dolibarr,
        title: "Dolibarr",
        summary: "Dolibarr 17 and later: interventions or tickets, stock movements.",
        addressExample: "https://erp.example.com/dolibarr",
        credentials: [
            CredentialForm(
                .bearer,
                "API key",
                "User card → “Key for API”, for a user of its own; the module “API/Web services (REST)” must be on.",
                labels: ["bearer": "API key"]
            )
        ],
        options: [
            FormField(
                "document",
                "Orders are",
                "What a work order becomes: an intervention sheet or a ticket.",
                kind: .choice,
                initial: "intervention",
                choices: [Choice("intervention", "Intervention"), Choice("ticket", "Ticket")]
            ),
            FormField(
                "thirdparty",
                "Third party",
                "Number of the third party that interventions are for, such as your own company.",
                kind: .number
            ),
            FormField("project", "Project", "Number of the project; without it none.", kind: .number),
            FormField(
                "validate",
                "Validate interventions",
                "Whether new interventions are validated, so that they get their number.",
                kind: .boolean,
                initial: true
            ),
            FormField("warehouse", "Warehouse", "Number or reference of the warehouse where stock is booked."),
            UsualFields.priorities(
                "From alarm severities to ticket severities: {\"critical\": \"BLOCKING\"}.",
                label: "Severities"
            ),
            UsualFields.settle("the server"),
        ],
        operations: dolibarrOrders + dolibarrStock,
        capabilities: [.items, .stock, .orderState]
    )

    private static let title = FormField(
        "title",
        "Title",
        "What is wrong, in a few words.",
        isRequired: true,
        initial: "${rule.name}: ${device.name}",
        maximumLength: 255
    )

    private static let details = [
        FormField("description", "Description", "What people should know.", maximumLength: 20_000),
        FormField("priority", "Severity", "A severity, or LOW, NORMAL, HIGH, BLOCKING; only for tickets."),
        FormField("workType", "Type", "A ticket type such as ISSUE or REQUEST; only for tickets.", maximumLength: 32),
        FormField("link", "Evidence", "An address that the text ends with.", initial: "${link}", maximumLength: 2_000),
    ]

    private static let dolibarrOrders = [
        OperationManifest(
            .workOrderCreate,
            "Intervention or ticket",
            fields: [
                title,
                FormField(
                    "equipment",
                    "Equipment",
                    "Dolibarr has no register of equipment: the text names it.",
                    initial: "${asset.equipment}",
                    maximumLength: 250
                ),
            ] + details,
            traits: OperationTraits(canLookUp: true)
        ),
        OperationManifest(
            .workOrderUpdate,
            "Change a ticket",
            fields: [FormField("title", "Title", "The new title.", maximumLength: 255)] + details,
            traits: OperationTraits(isRepeatable: true)
        ),
        OperationManifest(
            .workOrderCancel,
            "Cancel a ticket",
            fields: [UsualFields.reason(2_000, "Why it is not needed any more.")],
            traits: OperationTraits(isRepeatable: true)
        ),
        OperationManifest(
            .workOrderComment,
            "Message on a ticket",
            fields: [UsualFields.text(10_000, "What to say.")],
            traits: OperationTraits(canLookUp: true)
        ),
        .picture("File of an intervention or ticket", OperationTraits(isRepeatable: true)),
    ]

    private static let item = UsualFields.item(
        "Product",
        "The product's reference.",
        isRequired: true,
        maximumLength: 128
    )
    private static let quantity = UsualFields.quantity("How much.", isRequired: true)
    private static let location = UsualFields.location(
        "Number or reference; without it the connector's warehouse.",
        label: "Warehouse",
        maximumLength: 128,
        list: "warehouses"
    )
    private static let looked = OperationTraits(canLookUp: true)

    private static let dolibarrStock = [
        OperationManifest(.stockSet, "Correct stock", fields: [item, quantity, location], traits: looked),
        OperationManifest(.stockConsume, "Stock movement out", fields: [item, quantity, location], traits: looked),
        OperationManifest(.stockReceive, "Stock movement in", fields: [item, quantity, location], traits: looked),
        .partsCheck("Look at the stock", fields: [item, quantity, location]),
    ]
}
