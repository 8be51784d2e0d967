import Primitives

extension ConnectorDefinition {
    /// IBM Maximo.
    static let maximo = ConnectorDefinition(.maximo) { (setup) throws(InvalidInput) in try MaximoConnector(setup) }
}

extension ConnectorManifest {
    /// Work orders, assets, meters and storerooms of IBM Maximo, over its JSON API.
    static let maximo = ConnectorManifest(
        kind: .maximo,
        title: "IBM Maximo",
        summary: "Work orders, assets, meters and storerooms of Maximo Manage (MAS 8 and 9) and Maximo 7.6, over the "
            + "JSON API. Made from IBM's documentation and published clients; not tried on a real Maximo.",
        addressExample: "https://manage.example.com/maximo",
        credentials: [
            CredentialForm(
                .header,
                "API key",
                "Header “apikey” with a key of Administration › Integration › API Keys.",
                labels: ["value": "API key"]
            ),
            CredentialForm(
                .basic,
                "User name and password",
                "A user of Maximo's own, or of its LDAP (option “login”)."
            ),
        ],
        options: [
            FormField("site", "Site", "The site of work orders, such as BEDFORD.", isRequired: true),
            FormField("storeroom", "Storeroom", "The storeroom that parts come from unless told."),
            FormField(
                "numberLength",
                "Length of numbers",
                "How many characters a work order's number may have: 25 in MAS, 10 in many older installations.",
                kind: .number,
                initial: 25
            ),
            FormField(
                "login",
                "How passwords are sent",
                "maxauth is Maximo's own; basic where LDAP checks them.",
                kind: .choice,
                initial: "maxauth",
                choices: [Choice("maxauth", "maxauth"), Choice("basic", "Basic")]
            ),
            FormField(
                "documentType",
                "Document type of pictures",
                "A document type that work orders may have; mind its capitals.",
                initial: "Attachments"
            ),
            UsualFields.priorities("Severity to priority: {\"critical\": \"1\"}. Usually 1, 2, 3, 4."),
            FormField(
                "states",
                "Own states",
                "Your synonyms of work order states: {\"REPAIRED\": \"done\"}.",
                kind: .object
            ),
            UsualFields.settle(),
        ],
        operations: [create, update, cancel, comment, picture, count, issue, meter, check],
        capabilities: [.equipment, .items, .stock, .orderState, .changes]
    )

    private static let orderFields = [
        UsualFields.title(100), UsualFields.description(8_000),
        UsualFields.equipment("The asset's number.", maximumLength: 25),
        UsualFields.priority("A severity, or a number from 0 to 999."),
        FormField("workType", "Work type", "Such as CM or EM.", maximumLength: 5),
        FormField("failureCode", "Failure class", "The failure class of the order.", maximumLength: 8),
        UsualFields.location("An operating location; Maximo takes the asset's when it is empty."),
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
        "Work log entry",
        fields: [UsualFields.text(8_000)],
        traits: OperationTraits(canLookUp: true)
    )

    private static let picture = OperationManifest.picture("Attached document", OperationTraits(canLookUp: true))

    private static let storeroom = UsualFields.location("The storeroom.")

    private static let count = OperationManifest(
        .stockSet,
        "Physical count (takes effect when it is reconciled in Maximo)",
        fields: [
            UsualFields.item(isRequired: true), UsualFields.quantity(isRequired: true), storeroom,
            FormField("bin", "Bin", "The bin, where the item lies in several."),
        ],
        traits: OperationTraits(isRepeatable: true)
    )

    private static let issue = OperationManifest(
        .stockConsume,
        "Inventory usage (issue)",
        fields: [
            UsualFields.item(isRequired: true), UsualFields.quantity(isRequired: true), storeroom,
            UsualFields.equipment("The asset that is charged.", maximumLength: 25),
            FormField("account", "GL account", "The account that is charged, where no asset is."),
        ],
        traits: OperationTraits(canLookUp: true, isUnique: true)
    )

    private static let meter = OperationManifest(
        .meterRecord,
        "Meter reading of an asset",
        fields: [
            UsualFields.equipment("The asset's number.", isRequired: true, maximumLength: 25),
            FormField("meter", "Meter", "The meter's name at the asset.", isRequired: true, maximumLength: 10),
            FormField("value", "Value", "The reading.", kind: .number, isRequired: true),
        ],
        traits: OperationTraits(isRepeatable: true)
    )

    private static let check = OperationManifest.partsCheck(
        "Ask for parts",
        fields: [UsualFields.item(isRequired: true), UsualFields.quantity(isRequired: true), storeroom]
    )
}
