import Primitives

extension ConnectorDefinition {
    /// ERPNext and other apps on the Frappe framework.
    static let erpnext = ConnectorDefinition(.erpnext) { (setup) throws(InvalidInput) in try ERPNextConnector(setup) }
}

extension ConnectorManifest {
    /// The API is Frappe's.
    ///
    /// Source: https://docs.frappe.io/framework/v15/user/en/guides/integration/rest_api
    static let erpnext = ConnectorManifest(
        kind: .erpnext,
        title: "ERPNext",
        summary: "ERPNext 14 and 15: asset repairs or issues, stock entries and reconciliations.",
        addressExample: "https://erp.example.com",
        credentials: [
            CredentialForm(
                .basic,
                "API key and secret",
                "User → Settings → API Access → Generate Keys, for a user of its own.",
                labels: ["username": "API key", "password": "API secret"]
            )
        ],
        options: erpnextOptions,
        operations: erpnextOrders + erpnextStock,
        capabilities: [.equipment, .items, .stock, .orderState, .changes]
    )

    private static let erpnextOptions = [
        FormField(
            "document",
            "Orders are",
            "What a work order becomes: an Asset Repair needs the asset, an Issue does not.",
            kind: .choice,
            initial: "Asset Repair",
            choices: [Choice("Asset Repair", "Asset Repair"), Choice("Issue", "Issue")]
        ),
        FormField("company", "Company", "The company of new documents.", list: "companies"),
        FormField(
            "warehouse",
            "Warehouse",
            "Where stock is booked unless a mapping says otherwise.",
            list: "warehouses"
        ),
        FormField("site", "Site", "The site's name, when the address serves several sites."),
        FormField(
            "referenceField",
            "Reference field",
            "The unique custom field that holds Plantwright's key; “Check” can create it.",
            initial: "plantwright_ref"
        ),
        FormField(
            "equipmentField",
            "Asset field of issues",
            "A custom link field of Issue that takes the asset; without it the description names the asset."
        ),
        FormField(
            "timeZone",
            "Time zone",
            "The site's time zone, such as Europe/Berlin; without it the site is asked."
        ),
        UsualFields.priorities("From alarm severities to Issue priorities: {\"critical\": \"Urgent\"}."),
        UsualFields.settle("the site"),
    ]

    /// `Data` fields are `varchar(140)`.
    private static let title = FormField(
        "title",
        "Title",
        "What is wrong, in a few words.",
        isRequired: true,
        initial: "${rule.name}: ${device.name}",
        maximumLength: 140
    )

    private static let details = [
        FormField("description", "Description", "What people should know.", maximumLength: 20_000),
        FormField("priority", "Priority", "A severity, or an Issue priority of the site.", list: "priorities"),
        FormField("workType", "Type", "An Issue Type of the site; only for issues.", list: "issue-types"),
        FormField(
            "link",
            "Evidence",
            "An address that the description ends with.",
            initial: "${link}",
            maximumLength: 2_000
        ),
    ]

    private static let erpnextOrders = [
        OperationManifest(
            .workOrderCreate,
            "Asset Repair or Issue",
            fields: [
                title,
                FormField(
                    "equipment",
                    "Asset",
                    "The asset's ID, such as ACC-ASS-2026-00001; required for asset repairs.",
                    initial: "${asset.equipment}",
                    maximumLength: 140
                ),
            ] + details + [
                UsualFields.item(
                    "Part",
                    "The code of a part that the repair will consume.",
                    isRequired: false,
                    maximumLength: 140
                ),
                UsualFields.quantity("How much of the part.", isRequired: false),
            ],
            traits: OperationTraits(canLookUp: true, isUnique: true)
        ),
        OperationManifest(
            .workOrderUpdate,
            "Change an order",
            fields: [FormField("title", "Title", "The new title.", maximumLength: 140)] + details,
            traits: OperationTraits(isRepeatable: true)
        ),
        OperationManifest(
            .workOrderCancel,
            "Cancel an order",
            fields: [UsualFields.reason(2_000, "Why it is not needed any more.")],
            traits: OperationTraits(isRepeatable: true)
        ),
        OperationManifest(
            .workOrderComment,
            "Comment on an order",
            fields: [UsualFields.text(10_000, "What to say.")],
            traits: OperationTraits(canLookUp: true)
        ),
        .picture("File at an order", OperationTraits(canLookUp: true)),
    ]

    private static let item = UsualFields.item("Item", "The item's code.", isRequired: true, maximumLength: 140)
    private static let quantity = UsualFields.quantity("How much.", isRequired: true)
    private static let location = UsualFields.location(
        "Such as “Stores - P1”; without it the connector's warehouse.",
        label: "Warehouse",
        maximumLength: 140,
        list: "warehouses"
    )
    private static let unit = FormField(
        "unit",
        "Unit",
        "One of the item's units of measure; without it its stock unit.",
        maximumLength: 140
    )
    private static let rate = FormField("rate", "Rate", "Value of one unit, in the company's currency.", kind: .number)

    private static let erpnextStock = [
        OperationManifest(
            .stockSet,
            "Stock Reconciliation",
            fields: [item, quantity, location, rate],
            traits: OperationTraits(canLookUp: true, isUnique: true)
        ),
        OperationManifest(
            .stockConsume,
            "Stock Entry: Material Issue",
            fields: [item, quantity, unit, location],
            traits: OperationTraits(canLookUp: true, isUnique: true)
        ),
        OperationManifest(
            .stockReceive,
            "Stock Entry: Material Receipt",
            fields: [item, quantity, unit, location, rate],
            traits: OperationTraits(canLookUp: true, isUnique: true)
        ),
        .partsCheck("Look at the stock", fields: [item, quantity, location]),
    ]
}
