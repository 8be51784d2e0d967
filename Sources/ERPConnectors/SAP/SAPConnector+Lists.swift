import Primitives

/// Equipment and materials, in pages by their numbers.
extension SAPConnector {
    private static let pageSize = 100

    func equipment(after cursor: String?) async throws(CallFailure) -> ERPPage<EquipmentRecord> {
        // A usage period that has not ended has this end (equipment is keyed by number and end of validity).
        var filter = "ValidityEndDate eq datetime'9999-12-31T00:00:00'"
        if let cursor { filter += " and Equipment gt \(ODataLiteral.text(cursor))" }
        let fields = [
            "Equipment", "ValidityEndDate", "EquipmentName", "ManufacturerSerialNumber", "SerialNumber",
            "TechnicalObjectSortCode", "InventoryNumber", "FunctionalLocationName", "FunctionalLocationLabelName",
            "AssetLocation", "EquipmentIsMarkedForDeletion", "EquipmentIsInactive",
        ]
        let list = try await list(
            requests.read(
                .equipment,
                "Equipment",
                [
                    ("$filter", filter), ("$select", fields.joined(separator: ",")), ("$orderby", "Equipment"),
                    ("$top", String(Self.pageSize)),
                ]
            )
        )
        return Self.page(list, key: "Equipment") { entity, number in
            EquipmentRecord(
                reference: number,
                name: entity.text("EquipmentName") ?? number,
                serial: entity.text("ManufacturerSerialNumber") ?? entity.text("SerialNumber"),
                tag: entity.text("TechnicalObjectSortCode") ?? entity.text("InventoryNumber"),
                location: entity.text("FunctionalLocationName") ?? entity.text("FunctionalLocationLabelName")
                    ?? entity.text("AssetLocation"),
                isRetired: entity.bool("EquipmentIsMarkedForDeletion") || entity.bool("EquipmentIsInactive")
            )
        }
    }

    func items(after cursor: String?) async throws(CallFailure) -> ERPPage<ItemRecord> {
        var parameters = [
            (name: "$select", value: "Product,BaseUnit,to_Description"),
            (name: "$expand", value: "to_Description"), (name: "$orderby", value: "Product"),
            (name: "$top", value: String(Self.pageSize)),
        ]
        if let cursor { parameters.insert((name: "$filter", value: "Product gt \(ODataLiteral.text(cursor))"), at: 0) }
        let list = try await list(requests.read(.product, "A_Product", parameters))
        let language = options.language
        return Self.page(list, key: "Product") { entity, number in
            let names = entity.list("to_Description")
            let name = names.first { $0.text("Language") == language } ?? names.first
            return ItemRecord(
                reference: number,
                name: name?.text("ProductDescription") ?? number,
                unit: entity.text("BaseUnit")
            )
        }
    }

    private static func page<Item: Hashable & Sendable>(
        _ list: [SAPEntity],
        key: String,
        _ make: (SAPEntity, String) -> Item
    ) -> ERPPage<Item> {
        let items = list.compactMap { entity in entity.text(key).map { make(entity, $0) } }
        return ERPPage(items, next: list.count < pageSize ? nil : list.last?.text(key))
    }
}
