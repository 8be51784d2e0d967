/// The kinds of ERP systems that the contract names.
public enum ConnectorKind: String, CaseIterable, Sendable {
    case rest
    case odoo
    case erpnext
    case tryton
    case dolibarr
    case inventree
    case sapS4HANA = "sap-s4hana"
    case businessCentral = "business-central"
    case dynamicsFieldService = "dynamics-field-service"
    case dynamicsSCM = "dynamics-scm"
    case maximo
    case oracleMaintenance = "oracle-maintenance"
}
