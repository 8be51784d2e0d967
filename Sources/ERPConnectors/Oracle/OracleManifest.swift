import Primitives

extension ConnectorDefinition {
    /// Oracle Fusion Cloud Maintenance.
    static let oracle = ConnectorDefinition(.oracle) { (setup) throws(InvalidInput) in try OracleConnector(setup) }
}

extension ConnectorManifest {
    /// Work orders, assets, meters and on-hand balances of Oracle Fusion Cloud, over REST 11.13.18.05.
    static let oracle = ConnectorManifest(
        kind: .oracleMaintenance,
        title: "Oracle Fusion Cloud Maintenance",
        summary: "Maintenance work orders, assets, meter readings and inventory transactions in Oracle Fusion Cloud, "
            + "over REST 11.13.18.05. Made from Oracle's documentation; not tried on a real environment.",
        addressExample: "https://servername.fa.us2.oraclecloud.com",
        credentials: [
            CredentialForm(.basic, "User name and password", "An integration user of Fusion; sent as Basic over TLS."),
            CredentialForm(
                .oauth2,
                "OAuth client",
                "A confidential application of the identity domain: tokenUrl https://idcs-….identity.oraclecloud.com/"
                    + "oauth2/v1/token, scope as the application's resource says."
            ),
            CredentialForm(.bearer, "Access token", "A token of your own making; it must be renewed by hand."),
        ],
        options: [
            FormField("organization", "Organization", "The code of the maintenance organization.", isRequired: true),
            FormField("subinventory", "Subinventory", "The subinventory that stock operations use unless told."),
            FormField("workType", "Type", "The code of the work order type.", initial: "CORRECTIVE"),
            FormField("workSubtype", "Subtype", "The code of the work order subtype, such as ORA_EMERGENCY."),
            FormField(
                "status",
                "First status",
                "The status that orders are made in: ORA_UNRELEASED or ORA_RELEASED.",
                initial: "ORA_UNRELEASED"
            ),
            FormField(
                "attachmentCategory",
                "Category of pictures",
                "The category of attachments that charts get.",
                initial: "MISC"
            ),
            UsualFields.priorities("Severity to priority: {\"critical\": \"1\"}. Usually 1, 2, 3, 4."),
            UsualFields.settle(),
        ],
        operations: [create, update, cancel, picture, consume, receive, meter, check],
        capabilities: [.equipment, .items, .stock, .orderState, .changes]
    )

    private static let create = OperationManifest(
        .workOrderCreate,
        "Maintenance work order",
        fields: [
            UsualFields.title(240), UsualFields.description(nil),
            UsualFields.equipment("The asset's number.", isRequired: true, maximumLength: 80),
            UsualFields.priority("A severity, or a whole number."),
            FormField(
                "workType",
                "Type",
                "The code of a work order type; the option's unless told.",
                maximumLength: 30
            ),
            UsualFields.link,
        ],
        // Its number is unique in the organization.
        traits: OperationTraits(canLookUp: true, isUnique: true)
    )

    private static let update = OperationManifest(
        .workOrderUpdate,
        "Change a work order",
        fields: [
            FormField("title", "Title", "What is to be done, in a line.", maximumLength: 240),
            UsualFields.description(nil), UsualFields.priority("A severity, or a whole number."),
        ],
        traits: OperationTraits(isRepeatable: true)
    )

    private static let cancel = OperationManifest(
        .workOrderCancel,
        "Cancel a work order",
        fields: [],
        traits: OperationTraits(isRepeatable: true)
    )

    private static let picture = OperationManifest.picture("Attachment", OperationTraits(canLookUp: true))

    private static let stockFields = [
        UsualFields.item(isRequired: true), UsualFields.quantity(isRequired: true),
        FormField("unit", "Unit", "The name of the unit of measure; the item's primary one unless told."),
        UsualFields.location("The subinventory."),
    ]

    // Nothing documented finds a transaction by our reference: an uncertain end waits for a person.
    private static let consume = OperationManifest(
        .stockConsume,
        "Miscellaneous issue",
        fields: stockFields,
        traits: OperationTraits()
    )

    private static let receive = OperationManifest(
        .stockReceive,
        "Miscellaneous receipt",
        fields: stockFields,
        traits: OperationTraits()
    )

    private static let meter = OperationManifest(
        .meterRecord,
        "Meter reading of an asset",
        fields: [
            UsualFields.equipment("The asset's number.", isRequired: true, maximumLength: 80),
            FormField("meter", "Meter", "The meter's code.", isRequired: true),
            FormField("value", "Value", "The reading.", kind: .number, isRequired: true),
        ],
        traits: OperationTraits(canLookUp: true)
    )

    private static let check = OperationManifest.partsCheck(
        "Ask for parts",
        fields: [
            UsualFields.item(isRequired: true), UsualFields.quantity(isRequired: true),
            UsualFields.location("The subinventory."),
        ]
    )
}
