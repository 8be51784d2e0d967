import Accounts
import Decoders
import HTTPServer
import HTTPTypes
import Primitives

/// Describes the routes as an OpenAPI 3.1 document.
struct OpenAPIDocument {
    let routes: [RouteDescription]

    /// The document.
    var json: JSONValue {
        var paths = JSONObject()
        for route in routes where route.metadata[RouteSummary.self] != nil && Self.isDescribed(route.pattern) {
            var item = paths[route.pattern]?.object ?? JSONObject()
            item[route.method.rawValue.lowercased()] = operation(route)
            paths[route.pattern] = .object(item)
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Plantwright", "version": "1",
                "description": "Machine telemetry into ERP work. Errors are problem documents (RFC 9457).",
            ],
            "components": [
                "securitySchemes": [
                    "token": ["type": "http", "scheme": "bearer"],
                    "session": ["type": "apiKey", "in": "cookie", "name": .string(Authorization.cookie)],
                ],
                "schemas": OpenAPISchemas.all.merging(.object(OpenAPISchemas.administration)),
            ],
            "paths": .object(paths),
        ]
    }

    private static func isDescribed(_ pattern: String) -> Bool {
        pattern.hasPrefix("/api/") || ["/healthz", "/readyz", "/metrics", "/live"].contains(pattern)
    }

    private func operation(_ route: RouteDescription) -> JSONValue {
        var operation: JSONObject = ["summary": .optional(route.metadata[RouteSummary.self])]
        let exchange = OpenAPIExchange.of(route.method, route.pattern)
        let query = exchange?.parameters ?? Self.queryParameters(route.pattern, route.method)
        let parameters = Self.pathParameters(route.pattern) + query
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        let schema = OpenAPISchemas.schema(ofPath: route.pattern)
        if [.put, .post, .patch].contains(route.method) {
            let body = exchange?.request ?? schema ?? ["type": "object"]
            operation["requestBody"] = ["content": ["application/json": ["schema": body]]]
        }
        let success = exchange?.status ?? (route.method == .delete ? "204" : "200")
        let content: JSONValue = ["application/json": ["schema": exchange?.answer ?? schema ?? [:]]]
        operation["responses"] = [
            success: success == "204"
                ? ["description": "Done."] : ["description": "The answer.", "content": content],
            "default": [
                "description": "A problem.",
                "content": ["application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]],
            ],
        ]
        if let role = route.metadata[RequiredRole.self] {
            operation["security"] = [["token": []], ["session": []]]
            operation["description"] = .string("Needs the role \(role.rawValue).")
        } else {
            operation["security"] = []
        }
        return .object(operation)
    }

    private static func pathParameters(_ pattern: String) -> [JSONValue] {
        pattern.split(separator: "{").dropFirst().compactMap { part in
            part.split(separator: "}").first.map { name in
                ["name": .string(String(name)), "in": "path", "required": true, "schema": ["type": "string"]]
            }
        }
    }

    private static func queryParameters(_ pattern: String, _ method: HTTPRequest.Method) -> [JSONValue] {
        guard method == .get, pattern.hasPrefix("/api/v1/") else { return [] }
        func parameter(_ name: String, _ type: String, _ description: String) -> JSONValue {
            [
                "name": .string(name), "in": "query", "description": .string(description),
                "schema": ["type": .string(type)],
            ]
        }
        let range = [
            parameter("from", "string", "Inclusive, RFC 3339."), parameter("to", "string", "Exclusive, RFC 3339."),
        ]
        switch pattern {
        case "/api/v1/devices/{key}/readings":
            return range + [
                parameter("metrics", "string", "Metric keys, separated by commas; default all."),
                parameter("points", "integer", "Most points of the answer."),
            ]
        case "/api/v1/devices/{key}/readings.csv": return range
        case "/api/v1/sources/{key}/traffic":
            return [
                parameter("after", "integer", "“nextCursor” of the answer before."),
                parameter("limit", "integer", "1 to 100, default 50."),
            ]
        case "/api/v1/alarms", "/api/v1/deliveries", "/api/v1/work-orders":
            return [parameter("state", "string", "Filters by state.")] + paging(parameter)
        default: return pattern.contains("{") ? [] : paging(parameter)
        }
    }

    private static func paging(_ parameter: (String, String, String) -> JSONValue) -> [JSONValue] {
        [
            parameter("limit", "integer", "1 to 1,000, default 100."),
            parameter("cursor", "string", "“nextCursor” of the page before."),
        ]
    }
}

/// The documents' schemas.
enum OpenAPISchemas {
    private static let text: JSONValue = ["type": "string"]
    private static let key: JSONValue = ["type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"]
    private static let coordinate: JSONValue = [
        "type": ["object", "null"], "properties": ["lat": ["type": "number"], "lon": ["type": "number"]],
    ]

    static func object(_ required: [String], _ properties: JSONObject) -> JSONValue {
        ["type": "object", "required": .array(required.map(JSONValue.string)), "properties": .object(properties)]
    }

    static func schema(ofPath path: String) -> JSONValue? {
        let names = [
            "profiles": "Profile", "assets": "Asset", "devices": "Device", "rules": "Rule", "connectors": "Connector",
            "mappings": "Mapping", "sources": "Source",
        ]
        let parts = path.split(separator: "/")
        guard parts.count == 4, parts[3] == "{key}", let name = names[String(parts[2])] else { return nil }
        return ["$ref": .string("#/components/schemas/\(name)")]
    }

    static let all: JSONValue = [
        "Problem": object(
            ["status", "code", "detail"],
            [
                "type": text, "title": text, "status": ["type": "integer"], "code": text, "detail": text,
                "errors": [
                    "type": "array",
                    "items": object(["pointer", "code", "detail"], ["pointer": text, "code": text, "detail": text]),
                ],
            ]
        ),
        "Profile": object(
            ["name", "metrics"],
            [
                "name": text, "reportingInterval": ["type": ["number", "null"], "description": "Seconds."],
                "metrics": [
                    "type": "array",
                    "items": object(
                        ["key"],
                        [
                            "key": text, "name": text, "unit": text,
                            "kind": ["enum": ["gauge", "counter", "state", "location"]],
                            "rollover": [
                                "type": ["number", "null"], "minimum": 1,
                                "description": "Where a counter begins at 0 again: the first value it never shows.",
                            ],
                        ]
                    ),
                ],
            ]
        ),
        "Asset": object(
            ["name", "level"],
            [
                "name": text, "level": ["enum": ["enterprise", "site", "area", "line", "work-unit"]],
                "parent": ["type": ["string", "null"]], "location": coordinate,
                "equipment": ["type": "object", "additionalProperties": text],
            ]
        ),
        "Device": object(
            ["profile"],
            ["name": text, "profile": key, "asset": ["type": ["string", "null"]], "identifier": text]
        ),
        "Source": object(
            ["topicFilter", "decoder"],
            [
                "name": text, "topicFilter": text,
                "decoder": ["enum": .array(DecoderKind.allCases.map { .string($0.rawValue) })],
                "deviceKey": [
                    "type": ["string", "null"],
                    "description": "Template: ${topic.N}, ${payload.path}; null for the decoder's own way.",
                ],
                "fields": ["type": "object", "additionalProperties": ["type": ["string", "object"]]],
                "options": ["type": "object"],
                "compression": ["enum": .array(PayloadCompression.allCases.map { .string($0.rawValue) })],
                "enabled": ["type": "boolean"],
            ]
        ),
        "Rule": object(
            ["name", "severity", "condition"],
            [
                "name": text, "profile": ["type": ["string", "null"]],
                "assets": ["type": ["array", "null"], "items": key],
                "severity": ["enum": ["low", "medium", "high", "critical"]], "condition": text, "for": text,
                "clear": ["type": ["string", "null"]], "enabled": ["type": "boolean"],
            ]
        ),
        "Connector": object(
            ["name", "kind", "url"],
            [
                "name": text, "kind": text, "url": ["type": "string", "format": "uri"],
                "credentials": ["type": ["object", "null"], "writeOnly": true], "options": ["type": "object"],
                "storedCredentials": ["type": "array", "items": text, "readOnly": true],
            ]
        ),
        "Mapping": object(
            ["name", "trigger", "connector", "operation", "fields"],
            [
                "name": text, "trigger": ["type": "object"], "connector": key, "operation": text,
                "fields": ["type": "object", "additionalProperties": text], "enabled": ["type": "boolean"],
                "maxAge": text, "condition": text, "lookups": ["type": "object"], "attach": ["type": "boolean"],
                "attachChart": ["type": "boolean"],
                "approval": ["type": "boolean"], "limits": ["type": "object"], "window": text,
                "step": ["type": "number"], "deadBand": ["type": "number"], "factor": ["type": "number"],
                "version": ["type": "integer", "readOnly": true],
            ]
        ),
    ]
}
