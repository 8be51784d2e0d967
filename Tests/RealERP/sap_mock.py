"""Runs mock-sap with the services that maintenance needs, which it does not have by itself.

Run by the Python of `.cache/erp/mock-sap` (see `sap_server.py`). The table below is what the services' metadata says of
the properties that connectors use: name, length, and whether SAP lets a client write it. mock-sap keeps to it (unknown
and read-only properties, lengths, ETags, CSRF tokens, its errors). Beyond that only what orders and stock need to be
followed is added here: numbers, the order of a notification, movements of stock, function imports, and the streams of
attachments, which mock-sap does not have.
"""

from __future__ import annotations

import re
import sys

from mocksap import __main__ as command, server, store
from mocksap.odata import SapError
from mocksap.schema import ENTITY_TYPES, SERVICES, EntityType, Nav, Prop, Service
from mocksap.service import Response

PLANT, LOCATION = "1010", "101A"
NOTIFICATION, ORDER, MOVEMENT = "MaintenanceNotification", "MaintenanceOrder", "PlantMaterialDocument"

# Flags: k key given by SAP, K key given by the client, r read only, c not updatable, d a time, b a boolean,
# n a decimal, e makes the ETag. No flag: a text that may be written. A length of 0 is none.
TYPES = {
    NOTIFICATION: """
        MaintenanceNotification 12 k, NotificationText 40, NotificationType 2 c, MaintPriority 1,
        NotifProcessingPhase 1 r, NotifProcessingPhaseDesc 60 r, MaintNotifProcessPhaseCode 2 r,
        EAMProcessSubPhaseCodeDesc 40 r, MaintNotifRejectionReasonCode 3 r, MaintNotifExtReferenceNumber 20,
        MaintNotificationLongText 0 r, MaintNotifLongTextForEdit 1333, MaintNotificationCodeGroup 8,
        MaintNotificationCode 4, TechnicalObject 40, TechObjIsEquipOrFuncnlLoc 20, TechnicalObjectLabel 40 r,
        MaintenanceObjectIsDown 0 b, MaintenancePlanningPlant 4, MainWorkCenter 8, MainWorkCenterPlant 4,
        MaintenanceOrder 12, PersonResponsible 12, RequiredEndDate 0 d, MalfunctionStartDate 0 d,
        LastChangeDateTime 0 rde""",
    "MaintenanceNotificationItem": """
        MaintenanceNotification 12 K, MaintenanceNotificationItem 4 K, MaintNotifItemText 40,
        MaintNotifDamageCodeGroup 8, MaintNotificationDamageCode 4, MaintNotifDamageCodeName 40 r""",
    ORDER: """
        MaintenanceOrder 12 k, MaintenanceOrderType 4 c, MaintenanceOrderDesc 40, MaintenanceNotification 12,
        Equipment 18, MaintenancePlanningPlant 4 c, MainWorkCenter 8, MainWorkCenterPlant 4, MaintPriority 1,
        MaintOrdBasicStartDate 0 rd, MaintOrdBasicEndDateTime 0 d, MaintOrderReferenceDateTime 0 rd,
        SystemStatusText 40 r, MaintOrdProcessPhaseCode 2 r, MaintOrdPersonResponsible 12, LastChangeDateTime 0 rde""",
    "MaintenanceOrderOperation": """
        MaintenanceOrder 12 kr, MaintenanceOrderOperation 4 K, OperationControlKey 4, OperationDescription 40,
        WorkCenter 8, Plant 4""",
    "MaintOrderOpComponent": """
        MaintenanceOrder 12 kr, MaintenanceOrderOperation 4 kr, MaintenanceOrderComponent 4 k, Product 18,
        QuantityInUnitOfEntry 0 n, UnitOfEntry 3, Plant 4, StorageLocation 4""",
    "Equipment": """
        Equipment 18 K, ValidityEndDate 0 Kd, EquipmentName 40, ManufacturerSerialNumber 30, SerialNumber 18,
        TechnicalObjectSortCode 25, InventoryNumber 25, FunctionalLocationName 40 r, FunctionalLocationLabelName 40,
        AssetLocation 10, EquipmentIsMarkedForDeletion 0 rb, EquipmentIsInactive 0 rb""",
    "A_MatlStkInAcctMod": """
        Material 40 K, Plant 4 K, StorageLocation 4 K, InventoryStockType 2 K, InventorySpecialStockType 1,
        MaterialBaseUnit 3, MatlWrhsStkQtyInMatlBaseUnit 0 n""",
    MOVEMENT: """
        MaterialDocumentYear 4 k, MaterialDocument 10 k, DocumentDate 0 d, PostingDate 0 d,
        MaterialDocumentHeaderText 25, ReferenceDocument 16, GoodsMovementCode 2""",
    "PlantMaterialDocumentItem": """
        MaterialDocumentYear 4 kr, MaterialDocument 10 kr, MaterialDocumentItem 4 k, Material 40, Plant 4,
        StorageLocation 4, GoodsMovementType 3, QuantityInEntryUnit 0 n, EntryUnit 3, ManufacturingOrder 12,
        CostCenter 10""",
    "AttachmentContent": """
        DocumentInfoRecordDocType 3 k, ArchiveDocumentID 40 k, LinkedSAPObjectKey 90 k, BusinessObjectTypeName 40 k,
        FileName 255 r, FileSize 12 r, MimeType 128 c""",
}
NAVIGATIONS = {
    NOTIFICATION: [("to_Item", "MaintenanceNotificationItem", [NOTIFICATION])],
    ORDER: [("to_MaintenanceOrderOperation", "MaintenanceOrderOperation", [ORDER])],
    "MaintenanceOrderOperation": [
        ("to_MaintOrderOpComponent", "MaintOrderOpComponent", [ORDER, "MaintenanceOrderOperation"])],
    MOVEMENT: [("to_MaterialDocumentItem", "PlantMaterialDocumentItem", ["MaterialDocumentYear", "MaterialDocument"])],
}
SETS = {
    "API_MAINTNOTIFICATION": {name: name for name in (NOTIFICATION, "MaintenanceNotificationItem")},
    "API_MAINTENANCEORDER": {name: name for name in (ORDER, "MaintenanceOrderOperation", "MaintOrderOpComponent")},
    "API_EQUIPMENT": {"Equipment": "Equipment"},
    "API_MATERIAL_STOCK_SRV": {"A_MatlStkInAcctMod": "A_MatlStkInAcctMod"},
    # mock-sap's own knows receipts of purchase orders only.
    "API_MATERIAL_DOCUMENT_SRV": {"A_MaterialDocumentHeader": MOVEMENT,
                                  "A_MaterialDocumentItem": "PlantMaterialDocumentItem"},
    "API_CV_ATTACHMENT_SRV": {"AttachmentContentSet": "AttachmentContent"},
}
EQUIPMENT = [("PUMP-7", "Circulation pump 7", "SN-70007"), ("FAN-2", "Exhaust fan 2", "SN-20002")]
MATERIALS = [("BRG-6204", "Bearing 6204", "PC", "25.000"), ("PELLET-PP", "Polypropylene pellets", "KG", "4000.000")]


def register():
    for name, table in TYPES.items():
        ENTITY_TYPES[name] = EntityType(name, [prop(*line.split()) for line in table.split(",")], navs=[
            Nav(navigation, target, "*", [(key, key) for key in keys])
            for navigation, target, keys in NAVIGATIONS.get(name, [])])
    for name, sets in SETS.items():
        SERVICES[name] = Service(name, name, name, sets, read_only=name == "API_MATERIAL_STOCK_SRV")
    store.CHANGE_STAMPS += ("LastChangeDateTime",)
    store.ADMIN_DEFAULTS["LastChangeDateTime"] = lambda context: context["now"]
    store.DOCUMENT_DEFAULTS[NOTIFICATION] = {"NotifProcessingPhase": "1", "NotifProcessingPhaseDesc": "Outstanding"}
    store.DOCUMENT_DEFAULTS[ORDER] = {"SystemStatusText": "CRTD MANC NTUP", "MaintOrdProcessPhaseCode": "03"}


def prop(name: str, length: str, flags: str = "") -> Prop:
    kind = {"d": "Edm.DateTime", "b": "Edm.Boolean", "n": "Edm.Decimal"}
    edm = next((kind[flag] for flag in flags if flag in kind), "Edm.String")
    fixed = any(flag in flags for flag in "kr")
    return Prop(name, edm, key="k" in flags.lower(), nullable="k" not in flags.lower(), max_length=int(length) or None,
                precision=13 if "n" in flags else None, scale=3 if "n" in flags else None, creatable=not fixed,
                updatable=not fixed and "c" not in flags, concurrency="e" in flags)


def find(connection, name: str, **keys):
    return store.get(connection, ENTITY_TYPES[name], keys)


def write(connection, name: str, keys: dict, values: dict):
    store.update(connection, ENTITY_TYPES[name], keys, values, user="PLANNER")


plain_insert = store.insert


def insert(connection, entity, payload, user="MOCKUSER", parent_keys=None, _nested=False):
    """mock-sap's insert, with what SAP's application would add or refuse."""
    payload = dict(payload)
    if entity.name == NOTIFICATION:
        known(connection, payload.get("TechnicalObject"))
        if not payload.get("NotificationText"):
            raise SapError("Enter a description", 400, code="IM/140")
    elif entity.name == ORDER:
        known(connection, payload.get("Equipment"))
        number = payload.get(NOTIFICATION)
        notification = find(connection, NOTIFICATION, MaintenanceNotification=number) if number else None
        if notification and notification["MaintenanceOrder"]:
            raise SapError(f"Notification {number} is assigned to order {notification['MaintenanceOrder']}", 400,
                           code="IW/412")
    elif entity.name == MOVEMENT:
        parent_keys = {"MaterialDocumentYear": "2026", **(parent_keys or {})}
    elif entity.name == "PlantMaterialDocumentItem":
        move(connection, payload)
    keys = plain_insert(connection, entity, payload, user=user, parent_keys=parent_keys, _nested=_nested)
    if entity.name == ORDER and payload.get(NOTIFICATION):
        write(connection, NOTIFICATION, {NOTIFICATION: payload[NOTIFICATION]}, {
            "MaintenanceOrder": keys[ORDER], "NotifProcessingPhase": "3", "NotifProcessingPhaseDesc": "In process"})
    return keys


def known(connection, equipment):
    if equipment and not find(connection, "Equipment", Equipment=equipment, ValidityEndDate="9999-12-31T00:00:00"):
        raise SapError(f"Equipment {equipment} does not exist", 400, code="IE/002")


def move(connection, item: dict):
    keys = {"Material": item.get("Material"), "Plant": item.get("Plant"),
            "StorageLocation": item.get("StorageLocation"), "InventoryStockType": "01"}
    row = find(connection, "A_MatlStkInAcctMod", **keys)
    if not row:
        place = f"{keys['Plant']}/{keys['StorageLocation']}"
        raise SapError(f"Material {keys['Material']} is not maintained in {place}", 400, code="M7/018")
    sign = -1 if item["GoodsMovementType"] in ("201", "261", "562") else 1
    after = float(row["MatlWrhsStkQtyInMatlBaseUnit"]) + sign * float(item["QuantityInEntryUnit"])
    if after < 0:
        raise SapError(f"Deficit of SL Unrestricted-use {-after:g} : {keys['Material']}", 400, code="M7/021")
    # No commit: the document that this belongs to may still be refused.
    connection.execute('UPDATE "A_MatlStkInAcctMod" SET "MatlWrhsStkQtyInMatlBaseUnit" = ? WHERE "Material" = ?',
                       (f"{after:.3f}", keys["Material"]))


plain_dispatch = server.dispatch
FUNCTIONS = {
    "ReleaseMaintenanceOrder": (ORDER, {"SystemStatusText": "REL MANC NTUP", "MaintOrdProcessPhaseCode": "05"}, "CRTD"),
    "SetMaintOrderToDoNotExecute": (ORDER, {"SystemStatusText": "NCMP NTUP"}, "CRTD|REL"),
    "SetMaintOrdToTechCompleted": (ORDER, {"SystemStatusText": "TECO CNF", "MaintOrdProcessPhaseCode": "09"}, "REL"),
    "CompleteMaintNotification": (
        NOTIFICATION, {"NotifProcessingPhase": "4", "NotifProcessingPhaseDesc": "Completed"}, ""),
}


def dispatch(context, method, path, query, headers, body):
    """mock-sap's dispatcher, with function imports and streams."""
    name = path.rsplit("/", 1)[-1]
    if "/API_CV_ATTACHMENT_SRV/" in path and name:
        return attachments(method, path, {key: value.strip("'") for key, value in server.parse_query(query).items()},
                           headers, body)
    if method != "POST" or name not in FUNCTIONS:
        return plain_dispatch(context, method, path, query, headers, body)
    entity, values, allowed = FUNCTIONS[name]
    number = server.parse_query(query).get(entity, "").strip("'")
    row = find(context.conn, entity, **{entity: number})
    if row is None:
        return Response.error(SapError(f"{entity} {number} does not exist", 404))
    if allowed and not re.match(allowed, row["SystemStatusText"]):
        text = f"System status {row['SystemStatusText']} does not allow this"
        return Response.error(SapError(text, 400, code="BS/007"))
    write(context.conn, entity, {entity: number}, values)
    return Response(body={"d": {"DummyFunctionImportResult": {"Result": ""}}})


# Of each attachment what its entity tells, and its stream.
ATTACHMENTS: list[tuple[dict, bytes]] = []


def attachments(method, path, query, headers, body):
    """An upload names its object in header fields, a question in parameters; files of one name do not meet."""
    resource = path.split("/API_CV_ATTACHMENT_SRV/")[1]
    if (method, resource) == ("GET", "GetAllOriginals"):
        names = ("BusinessObjectTypeName", "LinkedSAPObjectKey")
        return Response(body={"d": {"results": [
            entity for entity, _ in ATTACHMENTS if all(entity[name] == query.get(name) for name in names)]}})
    stream = re.fullmatch(r"AttachmentContentSet\(.*ArchiveDocumentID='([^']+)'.*\)/\$value", resource)
    if method == "GET" and stream:
        found = [(entity, data) for entity, data in ATTACHMENTS if entity["ArchiveDocumentID"] == stream[1]]
        return Response(body=found[0][1], content_type=found[0][0]["MimeType"]) if found else Response(404)
    if (method, resource) != ("POST", "AttachmentContentSet"):
        return Response.error(SapError(f"Method {method} is not allowed on {resource}", 405))
    wanted = {"slug": "FileName", "businessobjecttypename": "BusinessObjectTypeName",
              "linkedsapobjectkey": "LinkedSAPObjectKey", "content-type": "MimeType"}
    missing = [header for header in wanted if not headers.get(header)]
    if missing or not body:
        return Response.error(SapError(f"Header fields are missing: {missing}", 400, code="CV_ATTACHMENT/001"))
    entity = {name: headers[header] for header, name in wanted.items()}
    if entity["BusinessObjectTypeName"] not in ("BUS2038", "PMQMEL") or len(entity["LinkedSAPObjectKey"]) != 12:
        text = f"User has no authorization for operation 03 on object {entity['BusinessObjectTypeName']}"
        return Response.error(SapError(text, 403, code="CV_ATTACHMENT/003"))
    entity |= {"DocumentInfoRecordDocType": "GOS", "ArchiveDocumentID": f"FA163E-{len(ATTACHMENTS) + 1}",
               "FileSize": str(len(body))}
    ATTACHMENTS.append((entity, body))
    return Response(201, body={"d": entity})


def seed(connection):
    for number, name, serial in EQUIPMENT:
        plain_insert(connection, ENTITY_TYPES["Equipment"], {
            "Equipment": number, "ValidityEndDate": "9999-12-31T00:00:00", "EquipmentName": name,
            "ManufacturerSerialNumber": serial, "TechnicalObjectSortCode": number})
    for number, name, unit, quantity in MATERIALS:
        plain_insert(connection, ENTITY_TYPES["A_Product"], {"Product": number, "BaseUnit": unit})
        plain_insert(connection, ENTITY_TYPES["A_ProductDescription"], {
            "Product": number, "Language": "EN", "ProductDescription": name})
        plain_insert(connection, ENTITY_TYPES["A_MatlStkInAcctMod"], {
            "Material": number, "Plant": PLANT, "StorageLocation": LOCATION, "InventoryStockType": "01",
            "MaterialBaseUnit": unit, "MatlWrhsStkQtyInMatlBaseUnit": quantity})


def main() -> int:
    register()
    store.insert = insert
    server.dispatch = dispatch
    arguments = command.build_parser().parse_args()
    httpd = server.make_server(server.Config(**vars(arguments)))
    seed(httpd.mock.conn)
    print(f"listening on {httpd.server_port}", flush=True)
    httpd.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
