import Primitives

extension ConnectorDefinition {
    /// Tryton 6.0 to 7.x.
    static let tryton = ConnectorDefinition(.tryton) { (setup) throws(InvalidInput) in try TrytonConnector(setup) }
}

extension ConnectorManifest {
    /// Tryton has no maintenance module: an order is a production or a task, which ``TrytonOptions/orderModel`` says.
    static let tryton = ConnectorManifest(
        kind: .tryton,
        title: "Tryton",
        summary: "Tryton 6.0 to 7.x over JSON-RPC, with its modules stock and production or project.",
        addressExample: "https://tryton.example.com",
        credentials: [
            CredentialForm(
                .basic,
                "User name and password",
                "An account of its own, in the groups that the README names: Administration › Users › Users.",
                labels: ["username": "Login", "password": "Password"]
            )
        ],
        options: trytonOptions,
        operations: [
            OperationManifest(
                .workOrderCreate,
                "Production or task",
                fields: [
                    title(isRequired: true), description, equipment, priority, dueDate, item, quantity, unit, link,
                ],
                traits: OperationTraits(canLookUp: true)
            ),
            OperationManifest(
                .workOrderUpdate,
                "Change of the production or task, and a note",
                fields: [title(isRequired: false), description, priority, dueDate],
                traits: OperationTraits(canLookUp: true)
            ),
            OperationManifest(
                .workOrderCancel,
                "Cancelled production or task, and a note",
                fields: [UsualFields.reason(10_000, "Why it is not needed any more.")],
                traits: OperationTraits(canLookUp: true)
            ),
            OperationManifest(
                .workOrderComment,
                "Note on the production or task",
                fields: [UsualFields.text(10_000, "The note.")],
                traits: OperationTraits(canLookUp: true)
            ),
            .picture("Attachment of the production or task", OperationTraits(canLookUp: true)),
            OperationManifest(
                .stockSet,
                "Inventory of one item",
                fields: stockFields,
                traits: OperationTraits(isRepeatable: true)
            ),
            OperationManifest(
                .stockConsume,
                "Internal shipment to Lost and Found",
                fields: stockFields,
                traits: OperationTraits(canLookUp: true)
            ),
            OperationManifest(
                .stockReceive,
                "Internal shipment from Lost and Found",
                fields: stockFields,
                traits: OperationTraits(canLookUp: true)
            ),
            .partsCheck("Stock on hand and not reserved", fields: stockFields),
        ],
        capabilities: [.equipment, .items, .stock, .orderState, .changes]
    )

    private static let trytonOptions = [
        FormField("database", "Database", "The database's name on the server.", isRequired: true),
        FormField("company", "Company", "Name or number; the user's own when empty.", list: "companies"),
        FormField(
            "orderModel",
            "Orders are",
            "Productions have parts, costs and work centres; tasks have a name, a comment and a status.",
            kind: .choice,
            initial: "production",
            choices: [Choice("production", "Productions"), Choice("project.work", "Tasks of a project")]
        ),
        FormField("warehouse", "Warehouse", "Code or name; may be empty when there is only one.", list: "warehouses"),
        FormField("location", "Place", "Code or name; the warehouse's storage zone when empty.", list: "locations"),
        FormField(
            "equipment",
            "Equipment is",
            "What an asset's equipment reference names in Tryton.",
            kind: .choice,
            initial: "product",
            choices: [
                Choice("product", "Products, by code"), Choice("lot", "Lots, by number"),
                Choice("work-center", "Work centres, by name"), Choice("project", "Projects, by name"),
            ]
        ),
        FormField(
            "equipmentCategory",
            "Category of equipment",
            "Products of this category are equipment; all of type “asset” when empty.",
            list: "categories"
        ),
        FormField("project", "Project", "Name of the project that tasks are made in.", list: "projects"),
        FormField(
            "cancelledStatus",
            "Status of cancelled tasks",
            "Tasks can be cancelled only when there is such a status.",
            list: "statuses"
        ),
        FormField("language", "Language", "Code of the language of Tryton's messages.", initial: "en"),
        FormField(
            "force",
            "Book out more than there is",
            "Needs the group “Stock Force Assignment”; without it such bookings wait for a person.",
            kind: .boolean,
            initial: false
        ),
        UsualFields.settle("Tryton"),
    ]

    private static func title(isRequired: Bool) -> FormField {
        FormField("title", "Title", "What is to be done, in a line.", isRequired: isRequired, maximumLength: 250)
    }

    private static let description = FormField(
        "description",
        "Description",
        "What happened, and what is known.",
        maximumLength: 10_000
    )
    private static let equipment = FormField(
        "equipment",
        "Equipment",
        "The reference of the piece of equipment.",
        initial: "${asset.equipment}"
    )
    private static let priority = FormField("priority", "Priority", "Stands in the text.", initial: "${alarm.severity}")
    private static let dueDate = FormField("dueDate", "Due date", "A date such as 2026-12-01.")
    private static let item = UsualFields.item(
        "Part to reserve",
        "Code of a product (productions only).",
        isRequired: false
    )
    private static let quantity = UsualFields.quantity("How many of the part.", isRequired: false)
    private static let unit = FormField("unit", "Unit", "Name or symbol in Tryton; the item's own when empty.")
    private static let link = FormField("link", "Link", "Stands in the text.", initial: "${link}")
    private static let stockFields = [
        UsualFields.item("Item", "Code of the product.", isRequired: true),
        UsualFields.quantity("In the unit below.", isRequired: true), unit,
        UsualFields.location("Code or name; the connector's usual place when empty.", label: "Place"),
    ]
}
