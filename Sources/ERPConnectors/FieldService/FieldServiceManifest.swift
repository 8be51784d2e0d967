import Primitives

extension ConnectorDefinition {
    /// Microsoft Dynamics 365 Field Service.
    static let fieldService = ConnectorDefinition(.fieldService) { (setup) throws(InvalidInput) in
        try FieldServiceConnector(setup)
    }
}

extension ConnectorManifest {
    /// Work orders, customer assets and inventory of Field Service, over the Dataverse Web API 9.2.
    static let fieldService = ConnectorManifest(
        kind: .dynamicsFieldService,
        title: "Dynamics 365 Field Service",
        summary: "Work orders, customer assets and inventory in Field Service, over the Dataverse Web API 9.2. "
            + "Made from Microsoft's documentation; not tried on a real environment.",
        addressExample: "https://contoso.crm4.dynamics.com",
        credentials: [
            CredentialForm(
                .oauth2,
                "App registration",
                "Microsoft Entra: tokenUrl https://login.microsoftonline.com/TENANT/oauth2/v2.0/token, scope "
                    + "https://contoso.crm4.dynamics.com/.default (the environment's address and /.default).",
                labels: ["clientId": "Application (client) ID", "clientSecret": "Client secret"]
            ),
            CredentialForm(.bearer, "Access token", "A token of your own making; it must be renewed by hand."),
        ],
        options: [
            FormField(
                "serviceAccount",
                "Service account",
                "The identifier (GUID) of the account that work orders are for when the asset has none."
            ),
            FormField("priceList", "Price list", "The identifier (GUID) of the price list of work orders."),
            FormField("warehouse", "Warehouse", "The name of the warehouse that parts come from unless told."),
            FormField(
                "equipmentColumn",
                "Column of references",
                "The column of customer assets that equipment is named by: msdyn_name, msdyn_assettag or your own.",
                initial: "msdyn_name"
            ),
            FormField(
                "keyColumn",
                "Column of the key",
                "The text column of work orders with an alternate key; the preflight can make it.",
                initial: "pw_plantwrightkey"
            ),
            UsualFields.priorities(
                "Severity to the name of a priority: {\"critical\": \"Emergency\"}. Others send none."
            ),
            UsualFields.settle(),
        ],
        operations: [create, update, cancel, comment, picture, set, consume, receive, check],
        capabilities: [.equipment, .items, .stock, .orderState, .changes]
    )

    private static let orderFields = [
        // The vendor publishes no limit of the summary; this one is ours.
        UsualFields.title(200), UsualFields.description(4_000),
        UsualFields.equipment("The customer asset, by the column that the options name.", maximumLength: 100),
        UsualFields.priority("A severity of the option “priorities”, or the name of a priority."),
        FormField("workType", "Work order type", "The name of a work order type.", list: "workTypes"),
        FormField("failureCode", "Incident type", "The name of the primary incident type.", list: "failureCodes"),
        UsualFields.link,
    ]

    private static let create = OperationManifest(
        .workOrderCreate,
        "Work order",
        fields: orderFields + [UsualFields.item(isRequired: false), UsualFields.quantity(isRequired: false)],
        traits: OperationTraits(canLookUp: true, isUnique: true)
    )

    private static let update = OperationManifest(
        .workOrderUpdate,
        "Change a work order",
        fields: orderFields.map { field in
            var field = field
            field.isRequired = false
            field.initial = nil
            return field
        },
        traits: OperationTraits(isRepeatable: true)
    )

    private static let cancel = OperationManifest(
        .workOrderCancel,
        "Cancel a work order",
        fields: [UsualFields.reason()],
        traits: OperationTraits(isRepeatable: true)
    )

    private static let comment = OperationManifest(
        .workOrderComment,
        "Note on a work order",
        fields: [UsualFields.text(4_000)],
        traits: OperationTraits(canLookUp: true, isUnique: true)
    )

    private static let picture = OperationManifest.picture(
        "Note with a file on a work order",
        OperationTraits(canLookUp: true, isUnique: true)
    )

    private static let stockFields = [
        UsualFields.item(isRequired: true), UsualFields.quantity(isRequired: true),
        UsualFields.location("The name of the warehouse."),
    ]

    private static let set = OperationManifest(
        .stockSet,
        "Inventory adjustment to a figure",
        fields: stockFields,
        traits: OperationTraits(canLookUp: true, isUnique: true)
    )

    private static let consume = OperationManifest(
        .stockConsume,
        "Inventory adjustment, out",
        fields: stockFields,
        traits: OperationTraits(canLookUp: true, isUnique: true)
    )

    private static let receive = OperationManifest(
        .stockReceive,
        "Inventory adjustment, in",
        fields: stockFields,
        traits: OperationTraits(canLookUp: true, isUnique: true)
    )

    private static let check = OperationManifest.partsCheck("Ask for parts", fields: stockFields)
}
