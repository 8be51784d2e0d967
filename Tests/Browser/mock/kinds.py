"""The kinds of connectors that the made-up server has, as their manifests tell."""

WORK_TYPES = [{"value": "corrective", "label": "Corrective"}, {"value": "preventive", "label": "Preventive"}]
LISTS = {
    ("odoo", "teams"): [{"value": "1", "label": "Internal maintenance"}, {"value": "2", "label": "Electricians"},
                        {"value": "3", "label": "Night shift"}],
    ("odoo", "categories"): [{"value": "4", "label": "Motors"}, {"value": "5", "label": "Conveyors"}],
    ("odoo", "locations"): [{"value": "8", "label": "WH/Stock"}, {"value": "12", "label": "WH/Stock/Silo yard"}],
    ("erpnext", "companies"): [{"value": "Lowlands", "label": "Lowlands Industries B.V."}],
}


def field(name, label, text, kind="text", required=False, initial=None, most=None, choices=(), choose_from=None):
    return {"name": name, "label": label, "help": text, "kind": kind, "required": required, "initial": initial,
            "maximumLength": most, "choices": list(choices), "list": choose_from}


def scheme(name, label, text, **labels):
    return {"scheme": name, "label": label, "help": text, "labels": labels}


def operation(name, title, fields):
    return {"operation": name, "title": title, "fields": fields, "canLookUp": True, "repeatable": False, "unique": True}


ORDER_KEYS = [
    field("title", "Subject", "What is to be done, in a few words.", required=True, initial="${rule.name} at ${asset.name}", most=60),
    field("description", "Description", "Everything that the mechanic should know.", initial="Raised at ${alarm.raisedAt}. Evidence: ${link}"),
    field("equipment", "Equipment", "The equipment's reference.", initial="${asset.equipment}"),
    field("priority", "Priority", "low, medium, high, critical, or the ERP's own.", "choice", initial="${alarm.severity}",
          choices=[{"value": "0", "label": "Very low"}, {"value": "1", "label": "Low"}, {"value": "2", "label": "Normal"}, {"value": "3", "label": "High"}]),
    field("workType", "Maintenance type", "How the work is counted.", "choice", choices=WORK_TYPES),
    field("team", "Team", "Who is to do it.", "choice", choose_from="teams"),
    field("failureCode", "Failure code", "What is probably wrong.", most=8),
    field("item", "Part to reserve", "The internal reference of a part.", "item"),
    field("quantity", "Quantity", "How many of the part.", "number"),
    field("link", "Evidence", "The address of the evidence page.", initial="${link}"),
]
STOCK = [
    field("item", "Product", "The internal reference of the product.", "item", required=True),
    field("quantity", "Quantity", "In the product's unit.", "number", required=True),
    field("location", "Location", "Where it lies.", "choice", choose_from="locations"),
]
METER = [
    field("equipment", "Equipment", "The equipment's reference.", required=True, initial="${asset.equipment}"),
    field("meter", "Meter", "The name of the meter.", required=True, most=40),
    field("value", "Reading", "What the meter shows.", "number", required=True),
]

CONNECTION = {
    "options": [field("proxy", "Proxy", "Scheme, host and port of a forward proxy; empty for none.", most=500),
                field("certificateAuthority", "Certificate authority", "PEM text of your own certificate authority.", "multiline")],
    "credentials": [field("proxyUsername", "User at the proxy", "For proxies that want one."),
                    field("proxyPassword", "Password at the proxy", ""),
                    field("clientCertificate", "Client certificate", "PEM text of the certificate that the ERP asks for.", "multiline"),
                    field("clientKey", "Client key", "PEM text of the certificate's key, without pass phrase.", "multiline")],
}

KINDS = [
    {"kind": "rest", "title": "REST", "summary": "Any system with a JSON API over HTTP, described by templates.",
     "addressExample": "https://erp.example.com/api",
     "credentials": [scheme("none", "None", "The system asks for no credentials."),
                     scheme("bearer", "Bearer token", "Sent as “Authorization: Bearer …”."),
                     scheme("basic", "User name and password", "Sent as “Authorization: Basic …” (RFC 7617)."),
                     scheme("header", "Header field", "A header field of the system's own, such as X-API-Key."),
                     scheme("oauth2", "OAuth 2 client", "A client that shows its own credentials (RFC 6749 section 4.4).")],
     "options": [field("create", "Create an order", "{method, path, body, id}", "object"),
                 field("find", "Find an order by its key", "{method, path, items, id}", "object"),
                 field("status", "Ask for an order's state", "{method, path, state, done}", "object"),
                 field("attach", "Attach a picture to an order", "{method, path, headers, body, form, find: {method, path, items, key}}", "object"),
                 field("stock", "Set a stock figure", "{method, path, body}", "object"),
                 field("meter", "Record a meter reading", "{method, path, body}", "object"),
                 field("link", "Page of an order", "The address of an order's page; ${id} is its number."),
                 field("settle", "Settling time", "Seconds after the start of a call within which the system may still carry it out.", "number", initial=60)],
     "operations": [], "capabilities": ["order-state"]},
    {"kind": "odoo", "title": "Odoo", "summary": "Maintenance, Inventory and Manufacturing of Odoo 11 to 19, by its external API.",
     "addressExample": "https://odoo.example.com",
     "credentials": [scheme("basic", "Login and API key", "Preferences › Account security › New API key.", username="Login", password="API key"),
                     scheme("bearer", "API key (Odoo 19)", "Preferences › Account security › New API key.", bearer="API key")],
     "options": [field("database", "Database", "The name of the database; absent where the server has only one.", most=63),
                 field("team", "Maintenance team", "The team of requests whose mapping names none.", "choice", choose_from="teams"),
                 field("workType", "Maintenance type", "For requests whose mapping names none.", "choice", initial="corrective", choices=WORK_TYPES),
                 field("archive", "Archive cancelled requests", "Cancelled requests leave the board.", "boolean", initial=True),
                 field("priorities", "Priorities", "Odoo's priority for each severity.", "object",
                       initial={"low": "0", "medium": "1", "high": "2", "critical": "3"}),
                 field("settle", "Settling time", "Seconds within which Odoo may still save after its answer was lost.", "number", initial=60)],
     "operations": [operation("work-order.create", "Maintenance request", ORDER_KEYS),
                    operation("work-order.comment", "Message at a request", [field("text", "Message", "What is said.", required=True)]),
                    operation("work-order.attach", "Attachment of a request", []),
                    operation("work-order.cancel", "Cancel a request", [field("reason", "Reason", "Written at the request.")]),
                    operation("stock.set", "Counted quantity", STOCK), operation("stock.consume", "Consumption", STOCK),
                    operation("stock.receive", "Receipt", STOCK), operation("parts.check", "Parts on hand", STOCK)],
     "capabilities": ["equipment", "items", "stock", "order-state", "changes"]},
    {"kind": "erpnext", "title": "ERPNext", "summary": "Issues, asset repairs and stock entries of ERPNext 14 to 16.",
     "addressExample": "https://erpnext.example.com",
     "credentials": [scheme("basic", "API key and secret", "User › Settings › API access › Generate keys.", username="API key", password="API secret")],
     "options": [field("company", "Company", "Whose documents they are.", "choice", required=True, choose_from="companies"),
                 field("document", "Orders are", "Which document an order becomes.", "choice", initial="Issue",
                       choices=[{"value": "Issue", "label": "Issue"}, {"value": "Asset Repair", "label": "Asset repair"}])],
     "operations": [operation("work-order.create", "Issue", ORDER_KEYS[:5]), operation("meter.record", "Meter reading", METER)],
     "capabilities": ["equipment", "items", "stock", "order-state", "changes"]},
    {"kind": "sap-s4hana", "title": "SAP S/4HANA", "summary": "Notifications, maintenance orders, goods movements and measurement documents, cloud and on premise.",
     "addressExample": "https://my300000-api.s4hana.cloud.sap",
     "credentials": [scheme("basic", "Communication user", "Communication arrangement › Users for inbound communication.", username="User name"),
                     scheme("oauth2", "OAuth 2 client", "Communication system › OAuth 2.0 settings.", tokenUrl="Token service URL")],
     "options": [field("client", "Client", "The number of the client (sap-client).", most=3)],
     "operations": [operation("work-order.create", "Maintenance order", ORDER_KEYS), operation("meter.record", "Measurement document", METER)],
     "capabilities": ["equipment", "items", "stock", "order-state", "changes"]},
]
for kind in KINDS:
    kind["connection"] = CONNECTION


def kind_of(name):
    return next((kind for kind in KINDS if kind["kind"] == name), None)
