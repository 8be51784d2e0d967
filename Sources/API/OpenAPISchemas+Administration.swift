import Accounts
import Assets
import HTTPTypes
import Primitives

/// What one operation takes and answers, where that is not one document both ways.
struct OpenAPIExchange {
    /// The schema of the request's body; nil for none.
    var request: JSONValue?
    /// The schema of the answer; nil for none.
    var answer: JSONValue?
    /// The status of a success.
    var status: String
    /// Parameters of the query.
    var parameters: [JSONValue] = []

    private init(_ request: JSONValue?, _ answer: JSONValue?, status: String = "200", _ parameters: [JSONValue] = []) {
        self.request = request
        self.answer = answer
        self.status = status
        self.parameters = parameters
    }

    /// The operation of accounts or of the configuration as a whole; nil for any other.
    static func of(_ method: HTTPRequest.Method, _ pattern: String) -> OpenAPIExchange? {
        exchanges["\(method.rawValue) \(pattern)"]
    }

    private static func named(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

    private static func list(_ name: String) -> JSONValue {
        [
            "type": "object", "required": ["items", "nextCursor"],
            "properties": [
                "items": ["type": "array", "items": named(name)], "nextCursor": ["type": ["string", "null"]],
            ],
        ]
    }

    private static func parameter(_ name: String, _ type: String, _ description: String) -> JSONValue {
        [
            "name": .string(name), "in": "query", "description": .string(description),
            "schema": ["type": .string(type)],
        ]
    }

    private static let paging = [
        parameter("limit", "integer", "1 to 1,000, default 100."),
        parameter("cursor", "string", "“nextCursor” of the page before."),
    ]
    private static let dryRun = parameter("dryRun", "boolean", "Only tell what would be done.")
    private static let prune = parameter("prune", "boolean", "Delete what the document's sections do not have.")
    private static let noBody: JSONValue = ["type": "object", "maxProperties": 0]

    private static let exchanges: [String: OpenAPIExchange] = [
        "GET /api/v1/configuration": .init(nil, named("Configuration")),
        "PUT /api/v1/configuration": .init(named("Configuration"), named("ConfigurationOutcome"), [dryRun, prune]),
        "GET /api/v1/configuration/changes": .init(
            nil,
            list("ConfigurationChange"),
            [parameter("section", "string", "Only of this kind."), parameter("key", "string", "Only of this entry.")]
                + paging
        ),
        "POST /api/v1/configuration/changes/{id}/undo": .init(noBody, named("ConfigurationOutcome"), [dryRun]),
        "GET /api/v1/users": .init(nil, list("User"), paging),
        "POST /api/v1/users": .init(named("Invitation"), named("SignInLink"), status: "201"),
        "GET /api/v1/users/{id}": .init(nil, named("User")),
        "PATCH /api/v1/users/{id}": .init(named("RoleChange"), named("User")),
        "POST /api/v1/users/{id}/sign-in-link": .init(noBody, named("SignInLink"), status: "201"),
        "GET /api/v1/tokens": .init(nil, list("Token"), paging),
        "POST /api/v1/tokens": .init(named("TokenRequest"), named("NewToken"), status: "201"),
        "GET /api/v1/account/sessions": .init(nil, list("Session")),
    ]
}

extension OpenAPISchemas {
    private static let text: JSONValue = ["type": "string"]
    private static let time: JSONValue = ["type": "string", "format": "date-time"]
    private static let optionalText: JSONValue = ["type": ["string", "null"]]
    private static let optionalTime: JSONValue = ["type": ["string", "null"], "format": "date-time"]
    private static let identifier: JSONValue = ["type": "string", "format": "uuid"]
    private static let role: JSONValue = ["enum": .array(Role.allCases.map { .string($0.rawValue) })]
    private static let section: JSONValue = [
        "enum": .array(ConfigurationSection.allCases.map { .string($0.rawValue) })
    ]
    private static let change: JSONValue = ["enum": ["created", "changed", "deleted"]]
    private static let fields: JSONValue = [
        "type": "array",
        "items": object(["pointer"], ["pointer": text, "before": [:], "after": [:]]),
    ]

    private static let token: JSONObject = [
        "id": identifier, "name": text, "role": role, "createdAt": time, "createdBy": optionalText,
        "lastUsedAt": optionalTime, "revokedAt": optionalTime,
    ]

    private static let configuration: JSONValue = {
        var properties: JSONObject = ["formatVersion": ["const": .integer(ConfigurationDocument.formatVersion)]]
        for section in ConfigurationSection.allCases {
            let name = section.singular.prefix(1).uppercased() + section.singular.dropFirst()
            properties[section.rawValue] = [
                "type": "object", "additionalProperties": ["$ref": .string("#/components/schemas/\(name)")],
            ]
        }
        return object(["formatVersion"], properties)
    }()

    /// The schemas of accounts and of the configuration as a whole.
    static let administration: JSONObject = [
        "Configuration": configuration,
        "ConfigurationOutcome": object(
            ["dryRun", "created", "changed", "deleted", "unchanged", "items", "missingCredentials"],
            [
                "dryRun": ["type": "boolean"], "created": ["type": "integer"], "changed": ["type": "integer"],
                "deleted": ["type": "integer"], "unchanged": ["type": "integer"],
                "items": [
                    "type": "array",
                    "items": object(
                        ["section", "key", "change", "fields"],
                        ["section": section, "key": text, "change": change, "fields": fields]
                    ),
                ],
                "missingCredentials": [
                    "type": "array", "items": object(["connector", "kind"], ["connector": text, "kind": text]),
                ],
            ]
        ),
        "ConfigurationChange": object(
            ["id", "at", "author", "section", "key", "change", "before", "after", "fields"],
            [
                "id": ["type": "integer"], "at": time, "author": optionalText, "section": section, "key": text,
                "change": change, "before": ["type": ["object", "null"]], "after": ["type": ["object", "null"]],
                "fields": fields,
            ]
        ),
        "User": object(
            ["id", "email", "role", "createdAt", "lastSeenAt", "sessions", "disabled", "you"],
            [
                "id": identifier, "email": text, "role": role, "createdAt": time, "lastSeenAt": optionalTime,
                "sessions": ["type": "integer"], "disabled": ["type": "boolean"], "you": ["type": "boolean"],
            ]
        ),
        "Invitation": object(["email", "role"], ["email": text, "role": role]),
        "RoleChange": object(["role"], ["role": role]),
        "SignInLink": object(
            ["user", "link", "expiresAt"],
            ["user": ["$ref": "#/components/schemas/User"], "link": text, "expiresAt": time]
        ),
        "Token": object(token.names, token),
        "TokenRequest": object(["name", "role"], ["name": text, "role": role]),
        "NewToken": [
            "allOf": [["$ref": "#/components/schemas/Token"], object(["token"], ["token": text])]
        ],
        "Session": object(
            ["id", "createdAt", "lastSeenAt", "userAgent", "current"],
            [
                "id": identifier, "createdAt": time, "lastSeenAt": time, "userAgent": optionalText,
                "current": ["type": "boolean"],
            ]
        ),
    ]
}
