import Primitives

extension ConnectorDefinition {
    /// Dynamics 365 Supply Chain Management, asset management.
    static let supplyChain = ConnectorDefinition(.supplyChain) { (setup) throws(InvalidInput) in
        try SupplyChainConnector(setup)
    }
}

extension ConnectorManifest {
    /// Maintenance requests, assets and on-hand stock of Supply Chain Management, over its data entities (OData 4).
    static let supplyChain = ConnectorManifest(
        kind: .dynamicsSCM,
        title: "Dynamics 365 Supply Chain Management",
        summary: "Maintenance requests of asset management and their work orders, assets and on-hand stock, over data "
            + "entities. Made from Microsoft's documentation and metadata; not tried on a real environment.",
        addressExample: "https://contoso.operations.dynamics.com",
        credentials: [
            CredentialForm(
                .oauth2,
                "App registration",
                "Microsoft Entra: tokenUrl https://login.microsoftonline.com/TENANT/oauth2/v2.0/token, scope "
                    + "https://contoso.operations.dynamics.com/.default (the environment's address and /.default).",
                labels: ["clientId": "Application (client) ID", "clientSecret": "Client secret"]
            ),
            CredentialForm(.bearer, "Access token", "A token of your own making; it must be renewed by hand."),
        ],
        options: [
            FormField("company", "Company", "The legal entity, such as usmf.", isRequired: true),
            FormField("requestType", "Request type", "The type of maintenance requests unless told."),
            FormField(
                "cancelledState",
                "Cancelled state",
                "The lifecycle state of cancelled requests.",
                initial: "Canceled"
            ),
            FormField(
                "documentType",
                "Document type of pictures",
                "A document type of the class “attach file”, as it is called in your language.",
                initial: "Image"
            ),
            UsualFields.priorities("Severity to service level: {\"critical\": \"1\"}. Others send none."),
            FormField(
                "states",
                "Lifecycle states",
                "Your lifecycle states of requests and work orders: {\"Approved\": \"open\"}.",
                kind: .object
            ),
            UsualFields.settle(),
        ],
        operations: [create, update, cancel, comment, picture, check],
        capabilities: [.equipment, .items, .stock, .orderState]
    )

    private static let orderFields = [
        UsualFields.title(60), UsualFields.description(8_000),
        UsualFields.equipment("The maintenance asset.", maximumLength: 20),
        UsualFields.priority("A severity of the option “priorities”, or a service level."),
        FormField("workType", "Job type", "The maintenance job type.", maximumLength: 20),
        UsualFields.location("Where the asset is, if not where it is installed.", label: "Functional location"),
        UsualFields.link,
    ]

    private static let create = OperationManifest(
        .workOrderCreate,
        "Maintenance request",
        fields: orderFields + [
            FormField("requestType", "Request type", "The option's unless told.", maximumLength: 10)
        ],
        traits: OperationTraits(canLookUp: true, isUnique: true)
    )

    private static let update = OperationManifest(
        .workOrderUpdate,
        "Change a maintenance request",
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
        "Cancel a maintenance request",
        fields: [],
        traits: OperationTraits(isRepeatable: true)
    )

    private static let comment = OperationManifest(
        .workOrderComment,
        "Note at the end of a request's notes",
        fields: [UsualFields.text(4_000)],
        traits: OperationTraits(canLookUp: true, isUnique: true)
    )

    private static let picture = OperationManifest.picture("Document attachment", OperationTraits(canLookUp: true))

    private static let check = OperationManifest.partsCheck(
        "Ask for parts",
        fields: [
            UsualFields.item(isRequired: true), UsualFields.quantity(isRequired: true),
            UsualFields.location("The warehouse; all of the company unless told."),
        ]
    )
}
