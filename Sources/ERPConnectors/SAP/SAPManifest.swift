import Primitives

extension ConnectorDefinition {
    /// SAP S/4HANA by its OData 2.0 services.
    static let sapS4HANA = ConnectorDefinition(.sapS4HANA) { (setup) throws(InvalidInput) in try SAPConnector(setup) }
}

extension ConnectorManifest {
    /// Lengths are those of the services' metadata.
    static let sapS4HANA = ConnectorManifest(
        kind: .sapS4HANA,
        title: "SAP S/4HANA",
        summary: "Maintenance notifications and orders, goods movements, equipment and stock by OData (V2 services of "
            + "S/4HANA and S/4HANA Cloud).",
        addressExample: "https://my300000-api.s4hana.cloud.sap",
        credentials: [
            CredentialForm(
                .basic,
                "Communication user",
                "The user of the communication arrangement, or a technical user of type “System” on premise."
            ),
            CredentialForm(
                .oauth2,
                "OAuth 2 client",
                "A client with the grant “client credentials”; on premise the token address ends with "
                    + "/sap/bc/sec/oauth2/token."
            ),
        ],
        options: sapOptions,
        operations: sapOperations,
        capabilities: [.equipment, .items, .stock, .orderState, .changes]
    )

    private static let sapOptions = [
        FormField("client", "Client", "Three digits, such as 100; absent in S/4HANA Cloud.", maximumLength: 3),
        FormField("language", "Language", "The language of SAP's messages.", initial: "EN", maximumLength: 2),
        FormField("planningPlant", "Planning plant", "Where maintenance is planned.", maximumLength: 4),
        FormField("workCenter", "Main work center", "Who is to do the work.", maximumLength: 8),
        FormField("plant", "Plant", "The plant of the work center and of the stock.", maximumLength: 4),
        FormField("storageLocation", "Storage location", "Where parts lie.", maximumLength: 4),
        FormField("notificationType", "Notification type", "M1, M2, Y1 …", initial: "M1", maximumLength: 2),
        FormField(
            "orderType",
            "Order type",
            "PM01, YA01 …: an order is made for every notification. Empty: notifications only.",
            maximumLength: 4
        ),
        FormField("releaseOrder", "Release orders", "Whether a new order is released at once.", kind: .boolean),
        FormField("controlKey", "Control key", "Of the order's operation; empty: SAP's default.", maximumLength: 4),
        FormField("costCenter", "Cost center", "What goods issues of type 201 are charged to.", maximumLength: 10),
        FormField(
            "movementTypes",
            "Movement types",
            "{consume: 201, receive: 501, increase, decrease}; “stock.set” posts the difference and needs the last two.",
            kind: .object
        ),
        UsualFields.priorities("SAP's priority for each alarm severity: {critical: 1, high: 2, medium: 3, low: 4}."),
        FormField(
            "attachmentObject",
            "Pictures go to",
            "The business object of a notification's files: generic object services, or document management (DMS).",
            kind: .choice,
            initial: "BUS2038",
            choices: [
                Choice("BUS2038", "BUS2038 (generic object services)"),
                Choice("PMQMEL", "PMQMEL (document management)"),
            ]
        ),
        FormField("link", "Page of a notification", "An address with ${id} in it."),
        UsualFields.settle("SAP"),
    ]

    private static let sapOperations = [
        OperationManifest(
            .workOrderCreate,
            "Maintenance notification, with an order if an order type is set",
            fields: [
                .sapTitle(isRequired: true),
                FormField(
                    "description",
                    "Description",
                    "The long text.",
                    maximumLength: SAPRequests.longTextLength
                ),
                .sapEquipment, .sapPriority, .sapFailureCode,
                FormField("workType", "Notification type", "Instead of the connector's."),
                FormField("breakdown", "Breakdown", "Whether the equipment is down.", kind: .boolean),
                UsualFields.item("Part", "A material to reserve; needs an order type.", isRequired: false),
                UsualFields.quantity("Of the part; 1 if absent.", isRequired: false),
                FormField("unit", "Unit", "Of the quantity; the material's if absent."),
                FormField("link", "Link", "Stands at the end of the long text.", initial: "${link}"),
            ],
            traits: OperationTraits(canLookUp: true)
        ),
        OperationManifest(
            .workOrderUpdate,
            "Change the notification and its order",
            fields: [.sapTitle(isRequired: false), .sapEquipment, .sapPriority, .sapFailureCode],
            traits: OperationTraits(isRepeatable: true)
        ),
        OperationManifest(
            .workOrderComment,
            "Add to the notification's long text",
            fields: [
                UsualFields.text(1_000, "What to add.")
            ],
            traits: OperationTraits(canLookUp: true, isRepeatable: true)
        ),
        OperationManifest(
            .workOrderCancel,
            "Order: do not execute; without an order: complete the notification",
            fields: [UsualFields.reason(200, "Is added to the long text.")],
            traits: OperationTraits(isRepeatable: true)
        ),
        .picture("Attachment of the notification", OperationTraits(canLookUp: true)),
        OperationManifest(
            .stockConsume,
            "Goods issue",
            fields: sapMovement + [
                FormField("order", "Order", "Issues to this order (movement type 261)."),
                FormField("costCenter", "Cost center", "Instead of the connector's."),
            ],
            traits: OperationTraits(canLookUp: true)
        ),
        OperationManifest(
            .stockReceive,
            "Goods receipt without an order",
            fields: sapMovement,
            traits: OperationTraits(canLookUp: true)
        ),
        OperationManifest(
            .stockSet,
            "Post the difference to a counted figure",
            fields: sapMovement.filter { !["movementType", "unit"].contains($0.name) },
            traits: OperationTraits(canLookUp: true)
        ),
        .partsCheck(
            "Look whether a material is in stock",
            fields: [
                .sapItem,
                UsualFields.quantity("How much is needed.", isRequired: true),
                .sapLocation,
            ]
        ),
    ]

    private static let sapMovement: [FormField] = [
        .sapItem,
        UsualFields.quantity("Up to three decimals.", isRequired: true),
        FormField("unit", "Unit", "Of the quantity; the material's if absent."),
        .sapLocation,
        FormField("movementType", "Movement type", "Instead of the connector's."),
        FormField("text", "Header text", "Of the material document.", maximumLength: 25),
    ]
}

extension FormField {
    fileprivate static func sapTitle(isRequired: Bool) -> FormField {
        FormField("title", "Short text", "What is wrong.", isRequired: isRequired, maximumLength: 40)
    }

    fileprivate static let sapEquipment = FormField(
        "equipment",
        "Equipment",
        "The equipment's number.",
        initial: "${asset.equipment}"
    )

    fileprivate static let sapPriority = FormField(
        "priority",
        "Priority",
        "low, medium, high, critical, or a priority of SAP's own.",
        initial: "${alarm.severity}"
    )

    fileprivate static let sapFailureCode = FormField(
        "failureCode",
        "Coding",
        "GROUP/CODE of the equipment's catalog profile."
    )

    fileprivate static let sapItem = UsualFields.item("Material", "The material's number.", isRequired: true)

    fileprivate static let sapLocation = UsualFields.location(
        "STORAGE LOCATION or PLANT/STORAGE LOCATION instead of the connector's."
    )
}
