import Primitives

extension ConnectorDefinition {
    /// InvenTree.
    static let inventree = ConnectorDefinition(.inventree) { (setup) throws(InvalidInput) in
        try InvenTreeConnector(setup)
    }
}

extension ConnectorManifest {
    /// Source: https://docs.inventree.org/en/stable/api/schema/ and the OpenAPI document at `/api/schema/`.
    static let inventree = ConnectorManifest(
        kind: .inventree,
        title: "InvenTree",
        summary: "InvenTree 0.13 to 1.x: build orders and stock adjustments.",
        addressExample: "https://inventree.example.com",
        credentials: [
            CredentialForm(
                .bearer,
                "API token",
                "Admin Center → API Tokens, or GET /api/user/token/ with the user's password.",
                labels: ["bearer": "Token (inv-…)"]
            ),
            CredentialForm(
                .basic,
                "User name and password",
                "A user of its own with the roles Build Orders, Stock, Parts."
            ),
        ],
        options: [
            FormField("part", "Part to build", "IPN of the assembly that build orders are for, unless a mapping says."),
            UsualFields.location("Name or number of the place where stock is booked.", label: "Stock location"),
            FormField(
                "referencePattern",
                "Reference pattern",
                "How build orders are numbered, as in InvenTree's settings; without it InvenTree is asked.",
                maximumLength: 100
            ),
            UsualFields.priorities("From severities to numbers: {\"critical\": 9}."),
            UsualFields.settle("the server"),
        ],
        operations: inventreeOrders + inventreeStock,
        capabilities: [.items, .stock, .orderState]
    )

    private static let details = [
        FormField("description", "Notes", "What people should know; may use Markdown.", maximumLength: 20_000),
        FormField("priority", "Priority", "A severity, or a number."),
        FormField("link", "Evidence", "An address that the notes end with.", initial: "${link}", maximumLength: 2_000),
    ]

    private static let inventreeOrders = [
        OperationManifest(
            .workOrderCreate,
            "Build order",
            fields: [
                // The key takes 19 of the 100 characters.
                FormField(
                    "title",
                    "Description",
                    "What is to be done, in a few words.",
                    isRequired: true,
                    initial: "${rule.name}: ${device.name}",
                    maximumLength: 80
                ),
                FormField(
                    "part",
                    "Part to build",
                    "IPN of an assembly; without it the connector's part.",
                    maximumLength: 100
                ),
                FormField("buildQuantity", "Quantity to build", "How many; without it 1.", kind: .number),
                FormField(
                    "equipment",
                    "Equipment",
                    "InvenTree has no register of equipment: the notes name it.",
                    initial: "${asset.equipment}",
                    maximumLength: 250
                ),
            ] + details,
            traits: OperationTraits(canLookUp: true)
        ),
        OperationManifest(
            .workOrderUpdate,
            "Change a build order",
            fields: [FormField("title", "Description", "The new description.", maximumLength: 80)] + details,
            traits: OperationTraits(isRepeatable: true)
        ),
        OperationManifest(
            .workOrderCancel,
            "Cancel a build order",
            fields: [UsualFields.reason(2_000, "Why it is not needed any more.")],
            traits: OperationTraits(isRepeatable: true)
        ),
        OperationManifest(
            .workOrderComment,
            "Add to a build order's notes",
            fields: [UsualFields.text(10_000, "What to say.")],
            traits: OperationTraits(canLookUp: true)
        ),
        .picture("Attachment of a build order", OperationTraits(canLookUp: true)),
    ]

    private static let item = UsualFields.item("Part", "The part's IPN.", isRequired: true, maximumLength: 100)
    private static let quantity = UsualFields.quantity("How much, in the part's units.", isRequired: true)
    private static let location = UsualFields.location(
        "Name or number; without it the connector's location, or everywhere.",
        label: "Stock location",
        maximumLength: 250,
        list: "locations"
    )
    private static let looked = OperationTraits(canLookUp: true)

    private static let inventreeStock = [
        OperationManifest(.stockSet, "Count stock", fields: [item, quantity, location], traits: looked),
        OperationManifest(.stockConsume, "Remove stock", fields: [item, quantity, location], traits: looked),
        OperationManifest(.stockReceive, "Add stock", fields: [item, quantity, location], traits: looked),
        .partsCheck("Look at the stock", fields: [item, quantity, location]),
    ]
}
