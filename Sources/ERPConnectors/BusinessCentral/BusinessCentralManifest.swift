import Primitives

extension ConnectorDefinition {
    /// Microsoft Dynamics 365 Business Central.
    static let businessCentral = ConnectorDefinition(.businessCentral) { (setup) throws(InvalidInput) in
        try BusinessCentralConnector(setup)
    }
}

/// The options of a `business-central` connector, checked.
struct BusinessCentralOptions: Hashable, Sendable {
    /// The identifier of the company.
    var company: String
    /// The usual location.
    var location: String?
    /// Severity to priority.
    var priorities: [String: String]
    /// Seconds; see ``ERPConnector/settle``.
    var settle: Double

    /// Reads the options.
    ///
    /// - Throws: every fault found.
    init(_ value: JSONValue, at pointer: String = "/options") throws(InvalidInput) {
        var reader = try InputReader(value.isNull ? [:] : value, at: pointer)
        company = reader.requiredString("company").lowercased()
        if !company.isEmpty, !DataverseIdentifier.isValid(company) {
            let detail = "Expected the company's identifier, such as 3f2504e0-4f89-11d3-9a0c-0305e82c3301."
            reader.note("company", "invalid", detail)
        }
        location = reader.string("location", maximumLength: 10)
        priorities = reader.priorities()
        settle = reader.settle()
        try reader.finish()
    }
}

extension ConnectorManifest {
    /// Maintenance requests, stock postings and meter readings of the extension that comes with this kind.
    static let businessCentral = ConnectorManifest(
        kind: .businessCentral,
        title: "Dynamics 365 Business Central",
        summary:
            "Maintenance requests, stock postings and meter readings over the extension that comes with this kind; "
            + "fixed assets and items over the API 2.0. Made from documentation; not tried on a real environment.",
        addressExample: "https://api.businesscentral.dynamics.com/v2.0/TENANT/Production",
        credentials: [
            CredentialForm(
                .oauth2,
                "App registration",
                "Microsoft Entra: tokenUrl https://login.microsoftonline.com/TENANT/oauth2/v2.0/token, scope "
                    + "https://api.businesscentral.dynamics.com/.default.",
                labels: ["clientId": "Application (client) ID", "clientSecret": "Client secret"]
            ),
            CredentialForm(.basic, "User and web service key", "On premises only."),
            CredentialForm(.bearer, "Access token", "A token of your own making; it must be renewed by hand."),
        ],
        options: [
            FormField(
                "company",
                "Company",
                "The identifier (GUID) of the company; the checks list them.",
                isRequired: true
            ),
            UsualFields.location("The location that stock operations use unless told."),
            UsualFields.priorities("Severity to your words: {\"critical\": \"A\"}. Others are sent as they are."),
            UsualFields.settle(),
        ],
        operations: operations,
        capabilities: [.equipment, .items, .stock, .orderState, .changes]
    )

    private static let orderFields = [
        UsualFields.title(100), UsualFields.description(1_900),
        UsualFields.equipment("The fixed asset's number.", maximumLength: 20),
        UsualFields.priority("A severity, or a word of your own."),
        FormField("workType", "Work type", "Free; 20 characters.", maximumLength: 20),
        FormField("failureCode", "Failure code", "Free; 20 characters.", maximumLength: 20), UsualFields.link,
    ]

    private static let stockFields = [
        UsualFields.item(isRequired: true), UsualFields.quantity(isRequired: true),
        FormField("unit", "Unit", "The code of the unit of measure; the item's base unit unless told."),
        UsualFields.location("The location's code."),
    ]

    private static let once = OperationTraits(canLookUp: true, isUnique: true)
    private static let repeatable = OperationTraits(isRepeatable: true)

    private static let operations = [
        OperationManifest(.workOrderCreate, "Maintenance request", fields: orderFields, traits: once),
        OperationManifest(
            .workOrderUpdate,
            "Change a maintenance request",
            fields: orderFields.map { field in
                var field = field
                field.isRequired = false
                field.initial = nil
                return field
            },
            traits: repeatable
        ),
        OperationManifest(.workOrderCancel, "Cancel a maintenance request", fields: [], traits: repeatable),
        OperationManifest(
            .workOrderComment,
            "Comment on a maintenance request",
            fields: [UsualFields.text(2_048)],
            traits: once
        ),
        .picture("Picture of a maintenance request", once),
        OperationManifest(.stockSet, "Item journal to a figure", fields: stockFields, traits: once),
        OperationManifest(.stockConsume, "Negative adjustment", fields: stockFields, traits: once),
        OperationManifest(.stockReceive, "Positive adjustment", fields: stockFields, traits: once),
        OperationManifest(
            .meterRecord,
            "Meter reading",
            fields: [
                UsualFields.equipment("The fixed asset's number.", isRequired: true, maximumLength: 20),
                FormField("meter", "Meter", "The meter's name.", isRequired: true, maximumLength: 20),
                FormField("value", "Value", "The reading.", kind: .number, isRequired: true),
            ],
            traits: once
        ),
        OperationManifest(
            .partsCheck,
            "Ask for parts",
            fields: [UsualFields.item(isRequired: true), UsualFields.quantity(isRequired: true)],
            traits: repeatable
        ),
    ]
}
