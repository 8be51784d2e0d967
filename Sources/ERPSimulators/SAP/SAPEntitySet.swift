import Primitives

/// An entity set of an OData service as its metadata describes it: names, lengths and what may be written.
struct SAPEntitySet: Sendable {
    struct Property: Sendable {
        var name: String
        /// In characters; nil for other types and texts without a limit.
        var maximumLength: Int?
        var isCreatable: Bool
        var isUpdatable: Bool
    }

    let name: String
    let service: String
    let keys: [String]
    let properties: [String: Property]
    /// Navigations, with the set that they lead to when it can be written with its parent.
    let navigations: [String: String]

    /// Makes a set of lines `name length flags`; `-` is no length, `r` is read only, `c` is not updatable.
    init(_ name: String, of service: String, keys: [String], navigations: [String: String] = [:], _ table: String) {
        self.name = name
        self.service = service
        self.keys = keys
        self.navigations = navigations
        var properties: [String: Property] = [:]
        for line in table.split(separator: "\n") {
            let parts = line.split(separator: " ").map(String.init)
            guard let name = parts.first else { continue }
            let flags = parts.count > 2 ? parts[2] : ""
            properties[name] = Property(
                name: name,
                maximumLength: parts.count > 1 ? Int(parts[1]) : nil,
                isCreatable: !flags.contains("r"),
                isUpdatable: !flags.contains("r") && !flags.contains("c")
            )
        }
        self.properties = properties
    }

    /// What is wrong with a body; nil when it may be written.
    func problem(_ body: JSONObject, isCreating: Bool, sets: [String: SAPEntitySet]) -> String? {
        for member in body.members {
            if let target = navigations[member.name] {
                guard isCreating, let set = sets[target] else {
                    return "Property '\(member.name)' cannot be changed here"
                }
                for row in member.value["results"]?.array ?? member.value.array ?? [] {
                    guard let object = row.object else { return "Malformed '\(member.name)'" }
                    if let problem = set.problem(object, isCreating: true, sets: sets) { return problem }
                }
                continue
            }
            guard let property = properties[member.name] else {
                return "Property '\(member.name)' is invalid for type '\(name)'"
            }
            if isCreating ? !property.isCreatable : !property.isUpdatable {
                return "Property '\(member.name)' must not be \(isCreating ? "set" : "changed")"
            }
            if let limit = property.maximumLength, let text = member.value.string, text.count > limit {
                return "Property '\(member.name)' has more than \(limit) characters"
            }
        }
        return nil
    }
}

extension SAPEntitySet {
    /// The sets that connectors use, by `service/name`, after the services' metadata.
    static let all: [String: SAPEntitySet] = {
        var sets: [String: SAPEntitySet] = [:]
        for set in [
            notification, item, order, operation, component, header, documentItem, stock, equipment, product, file,
        ] {
            sets[set.name] = set
        }
        return sets
    }()

    static let notification = SAPEntitySet(
        "MaintenanceNotification",
        of: "API_MAINTNOTIFICATION",
        keys: ["MaintenanceNotification"],
        navigations: ["to_Item": "MaintenanceNotificationItem"],
        """
        MaintenanceNotification 12 r
        NotificationText 40
        NotificationType 2 c
        MaintPriority 1
        NotifProcessingPhase 1 r
        NotifProcessingPhaseDesc 60 r
        MaintNotifProcessPhaseCode 2 r
        EAMProcessSubPhaseCodeDesc 40 r
        MaintNotifRejectionReasonCode 3 r
        MaintNotifExtReferenceNumber 20
        MaintNotificationLongText - r
        MaintNotifLongTextForEdit 1333
        MaintNotificationCodeGroup 8
        MaintNotificationCode 4
        TechnicalObject 40
        TechObjIsEquipOrFuncnlLoc 20
        TechnicalObjectLabel 40 r
        MaintenanceObjectIsDown -
        MaintenancePlanningPlant 4
        MainWorkCenter 8
        MainWorkCenterPlant 4
        MaintenanceOrder 12
        PersonResponsible 12
        RequiredEndDate -
        LastChangeDateTime - r
        """
    )

    static let item = SAPEntitySet(
        "MaintenanceNotificationItem",
        of: "API_MAINTNOTIFICATION",
        keys: ["MaintenanceNotification", "MaintenanceNotificationItem"],
        """
        MaintenanceNotification 12 c
        MaintenanceNotificationItem 4 c
        MaintNotifItemText 40
        MaintNotifDamageCodeGroup 8
        MaintNotificationDamageCode 4
        MaintNotifDamageCodeName 40 r
        """
    )

    static let order = SAPEntitySet(
        "MaintenanceOrder",
        of: "API_MAINTENANCEORDER",
        keys: ["MaintenanceOrder"],
        navigations: ["to_MaintenanceOrderOperation": "MaintenanceOrderOperation"],
        """
        MaintenanceOrder 12 c
        MaintenanceOrderType 4 c
        MaintenanceOrderDesc 40
        MaintenanceNotification 12
        Equipment 18
        MaintenancePlanningPlant 4 c
        MainWorkCenter 8
        MainWorkCenterPlant 4
        MaintPriority 1
        SystemStatusText 40 r
        MaintOrdProcessPhaseCode 2 r
        MaintOrdPersonResponsible 12
        MaintOrdBasicEndDateTime -
        MaintOrderReferenceDateTime - r
        LastChangeDateTime - r
        """
    )

    static let operation = SAPEntitySet(
        "MaintenanceOrderOperation",
        of: "API_MAINTENANCEORDER",
        keys: ["MaintenanceOrder", "MaintenanceOrderOperation"],
        navigations: ["to_MaintOrderOpComponent": "MaintOrderOpComponent"],
        """
        MaintenanceOrder 12 r
        MaintenanceOrderOperation 4 c
        OperationControlKey 4
        OperationDescription 40
        WorkCenter 8
        Plant 4
        """
    )

    static let component = SAPEntitySet(
        "MaintOrderOpComponent",
        of: "API_MAINTENANCEORDER",
        keys: ["MaintenanceOrder", "MaintenanceOrderComponent"],
        """
        MaintenanceOrder 12 r
        MaintenanceOrderComponent 4 c
        Reservation 10 r
        Product 18
        QuantityInUnitOfEntry -
        UnitOfEntry 3
        Plant 4
        StorageLocation 4
        """
    )

    static let header = SAPEntitySet(
        "A_MaterialDocumentHeader",
        of: "API_MATERIAL_DOCUMENT_SRV",
        keys: ["MaterialDocumentYear", "MaterialDocument"],
        navigations: ["to_MaterialDocumentItem": "A_MaterialDocumentItem"],
        """
        MaterialDocumentYear 4 c
        MaterialDocument 10 c
        DocumentDate - c
        PostingDate - c
        MaterialDocumentHeaderText 25 c
        ReferenceDocument 16 c
        GoodsMovementCode 2 c
        """
    )

    static let documentItem = SAPEntitySet(
        "A_MaterialDocumentItem",
        of: "API_MATERIAL_DOCUMENT_SRV",
        keys: ["MaterialDocumentYear", "MaterialDocument", "MaterialDocumentItem"],
        """
        Material 40 c
        Plant 4 c
        StorageLocation 4 c
        GoodsMovementType 3 c
        QuantityInEntryUnit - c
        EntryUnit 3 c
        ManufacturingOrder 12 c
        CostCenter 10 c
        """
    )

    static let stock = SAPEntitySet(
        "A_MatlStkInAcctMod",
        of: "API_MATERIAL_STOCK_SRV",
        keys: ["Material", "Plant", "StorageLocation", "InventoryStockType"],
        """
        Material 40 r
        Plant 4 r
        StorageLocation 4 r
        InventorySpecialStockType 1 r
        InventoryStockType 2 r
        MaterialBaseUnit 3 r
        MatlWrhsStkQtyInMatlBaseUnit - r
        """
    )

    static let equipment = SAPEntitySet(
        "Equipment",
        of: "API_EQUIPMENT",
        keys: ["Equipment", "ValidityEndDate"],
        """
        Equipment 18 r
        ValidityEndDate - r
        EquipmentName 40 r
        ManufacturerSerialNumber 30 r
        SerialNumber 18 r
        TechnicalObjectSortCode 25 r
        InventoryNumber 25 r
        FunctionalLocationName 40 r
        FunctionalLocationLabelName 40 r
        AssetLocation 10 r
        EquipmentIsMarkedForDeletion - r
        EquipmentIsInactive - r
        """
    )

    static let file = SAPEntitySet(
        "AttachmentContentSet",
        of: "API_CV_ATTACHMENT_SRV",
        keys: ["ArchiveDocumentID"],
        """
        DocumentInfoRecordDocType 3 r
        ArchiveDocumentID 40 r
        LinkedSAPObjectKey 90 r
        BusinessObjectTypeName 40 r
        FileName 255 r
        FileSize 12 r
        MimeType 128 c
        """
    )

    static let product = SAPEntitySet(
        "A_Product",
        of: "API_PRODUCT_SRV",
        keys: ["Product"],
        navigations: ["to_Description": "A_ProductDescription"],
        """
        Product 40 r
        BaseUnit 3 r
        """
    )
}
