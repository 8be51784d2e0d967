import Primitives

/// Makes the requests to SAP's OData 2.0 services; previews and calls share it.
///
/// Pure. Names and lengths are those of the services' metadata: `API_MAINTNOTIFICATION`, `API_MAINTENANCEORDER`,
/// `API_MATERIAL_DOCUMENT_SRV`, `API_MATERIAL_STOCK_SRV`, `API_EQUIPMENT`, `API_PRODUCT_SRV`,
/// `API_CV_ATTACHMENT_SRV` (api.sap.com).
struct SAPRequests: Sendable {
    /// The services that are called.
    enum Service: String, CaseIterable, Sendable {
        case notification = "API_MAINTNOTIFICATION"
        case order = "API_MAINTENANCEORDER"
        case materialDocument = "API_MATERIAL_DOCUMENT_SRV"
        case stock = "API_MATERIAL_STOCK_SRV"
        case equipment = "API_EQUIPMENT"
        case product = "API_PRODUCT_SRV"
        case attachment = "API_CV_ATTACHMENT_SRV"
    }

    /// The address, without a slash at its end.
    let base: String
    let options: SAPOptions

    /// A question.
    func read(_ service: Service, _ path: String, _ parameters: [(name: String, value: String)] = []) -> RenderedRequest
    {
        RenderedRequest(method: "GET", url: url(service, path, parameters), headers: Self.accept, body: nil)
    }

    /// The question that gets a CSRF token.
    func fetch(_ service: Service) -> RenderedRequest {
        let headers = Self.accept + [(name: "x-csrf-token", value: "Fetch")]
        return RenderedRequest(method: "GET", url: url(service, "", []), headers: headers, body: nil)
    }

    /// A request that makes an entity.
    func create(_ service: Service, _ set: String, _ body: JSONObject) -> RenderedRequest {
        RenderedRequest(
            method: "POST",
            url: url(service, set, []),
            headers: Self.accept + Self.json,
            body: .object(body)
        )
    }

    /// A request that makes an entity whose body comes later.
    func create(_ service: Service, _ set: String, headers: [(name: String, value: String)]) -> RenderedRequest {
        RenderedRequest(method: "POST", url: url(service, set, []), headers: Self.accept + headers, body: nil)
    }

    /// A request that changes an entity; `etag` as it was read.
    func update(_ service: Service, _ path: String, _ body: JSONObject, etag: String?) -> RenderedRequest {
        RenderedRequest(
            method: "PATCH",
            url: url(service, path, []),
            headers: Self.accept + Self.json + [(name: "If-Match", value: etag ?? "*")],
            body: .object(body)
        )
    }

    /// A function import that changes something; `parameters` are literals.
    func call(
        _ service: Service,
        _ function: String,
        _ parameters: [(name: String, value: String)],
        etag: String? = nil
    ) -> RenderedRequest {
        RenderedRequest(
            method: "POST",
            url: url(service, function, parameters),
            headers: Self.accept + (etag.map { [(name: "If-Match", value: $0)] } ?? []),
            body: nil
        )
    }

    private func url(_ service: Service, _ path: String, _ parameters: [(name: String, value: String)]) -> String {
        var all = parameters
        if let client = options.client { all.append(("sap-client", client)) }
        all.append(("sap-language", options.language))
        let query = all.map { name, value in "\(name)=\(PercentEncoding.encode(value))" }.joined(separator: "&")
        return "\(base)/sap/opu/odata/sap/\(service.rawValue)/\(path)?\(query)"
    }

    private static let accept = [(name: "Accept", value: "application/json")]
    private static let json = [(name: "Content-Type", value: "application/json")]
}

extension SAPRequests {
    /// The path of a notification.
    static func notification(_ number: String) -> String { "MaintenanceNotification(\(key(number)))" }

    /// The path of an order.
    static func order(_ number: String) -> String { "MaintenanceOrder(\(key(number)))" }

    private static func key(_ number: String) -> String { PercentEncoding.encode(ODataLiteral.text(number)) }

    /// SAP keeps external references in capitals.
    static func reference(_ key: String) -> String { key.uppercased() }

    /// Asks for the notifications of a delivery's key.
    func findNotification(_ key: String) -> RenderedRequest {
        read(
            .notification,
            "MaintenanceNotification",
            [
                ("$filter", "MaintNotifExtReferenceNumber eq \(ODataLiteral.text(Self.reference(key)))"),
                ("$select", "MaintenanceNotification,MaintNotifExtReferenceNumber,MaintenanceOrder"),
                ("$top", "10"),
            ]
        )
    }

    /// Asks for the orders of a notification.
    func findOrder(ofNotification number: String) -> RenderedRequest {
        read(
            .order,
            "MaintenanceOrder",
            [
                ("$filter", "MaintenanceNotification eq \(ODataLiteral.text(number))"),
                ("$select", "MaintenanceOrder,MaintenanceNotification,SystemStatusText"),
                ("$top", "10"),
            ]
        )
    }

    /// Asks for the material documents of a delivery's key.
    func findMaterialDocument(_ key: String) -> RenderedRequest {
        read(
            .materialDocument,
            "A_MaterialDocumentHeader",
            [
                ("$filter", "ReferenceDocument eq \(ODataLiteral.text(Self.reference(key)))"),
                ("$select", "MaterialDocumentYear,MaterialDocument,ReferenceDocument"),
                ("$top", "10"),
            ]
        )
    }

    /// Asks what is on hand of a material.
    func findStock(_ material: String, plant: String?, storageLocation: String?) -> RenderedRequest {
        var filter = "Material eq \(ODataLiteral.text(material))"
        if let plant { filter += " and Plant eq \(ODataLiteral.text(plant))" }
        if let storageLocation { filter += " and StorageLocation eq \(ODataLiteral.text(storageLocation))" }
        let fields = [
            "Material", "Plant", "StorageLocation", "InventoryStockType", "InventorySpecialStockType",
            "MaterialBaseUnit", "MatlWrhsStkQtyInMatlBaseUnit",
        ]
        return read(
            .stock,
            "A_MatlStkInAcctMod",
            [("$filter", filter), ("$select", fields.joined(separator: ",")), ("$top", "500")]
        )
    }
}
