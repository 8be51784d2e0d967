/// The object identifier of a PostgreSQL type (table `pg_type`).
public struct PostgresType: RawRepresentable, Hashable, Sendable {
    /// The type's OID.
    public let rawValue: UInt32

    /// Wraps an OID.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Left to the server to infer from the context; values travel as text.
    public static let inferred = PostgresType(rawValue: 0)
    /// The type `boolean`.
    public static let bool = PostgresType(rawValue: 16)
    /// The type `bytea`.
    public static let bytea = PostgresType(rawValue: 17)
    /// The type `"char"`.
    public static let char = PostgresType(rawValue: 18)
    /// The type `name`, of the system catalogues.
    public static let name = PostgresType(rawValue: 19)
    /// The type `bigint`.
    public static let int8 = PostgresType(rawValue: 20)
    /// The type `smallint`.
    public static let int2 = PostgresType(rawValue: 21)
    /// The type `integer`.
    public static let int4 = PostgresType(rawValue: 23)
    /// The type `text`.
    public static let text = PostgresType(rawValue: 25)
    /// The type `oid`.
    public static let oid = PostgresType(rawValue: 26)
    /// The type `json`.
    public static let json = PostgresType(rawValue: 114)
    /// The type `real`.
    public static let float4 = PostgresType(rawValue: 700)
    /// The type `double precision`.
    public static let float8 = PostgresType(rawValue: 701)
    /// The type of an untyped literal.
    public static let unknown = PostgresType(rawValue: 705)
    /// The type `boolean[]`.
    public static let boolArray = PostgresType(rawValue: 1000)
    /// The type `bytea[]`.
    public static let byteaArray = PostgresType(rawValue: 1001)
    /// The type `smallint[]`.
    public static let int2Array = PostgresType(rawValue: 1005)
    /// The type `integer[]`.
    public static let int4Array = PostgresType(rawValue: 1007)
    /// The type `text[]`.
    public static let textArray = PostgresType(rawValue: 1009)
    /// The type `bigint[]`.
    public static let int8Array = PostgresType(rawValue: 1016)
    /// The type `double precision[]`.
    public static let float8Array = PostgresType(rawValue: 1022)
    /// The type `character(n)`.
    public static let bpchar = PostgresType(rawValue: 1042)
    /// The type `character varying`.
    public static let varchar = PostgresType(rawValue: 1043)
    /// The type `timestamp with time zone`.
    public static let timestamptz = PostgresType(rawValue: 1184)
    /// The type `timestamp with time zone[]`.
    public static let timestamptzArray = PostgresType(rawValue: 1185)
    /// The type `void`, of functions without a result.
    public static let void = PostgresType(rawValue: 2278)
    /// The type `uuid`.
    public static let uuid = PostgresType(rawValue: 2950)
    /// The type `uuid[]`.
    public static let uuidArray = PostgresType(rawValue: 2951)
    /// The type `jsonb`.
    public static let jsonb = PostgresType(rawValue: 3802)
    /// The type `xid8`, a transaction identifier that never wraps.
    public static let xid8 = PostgresType(rawValue: 5069)
    /// The type `xid8[]`.
    public static let xid8Array = PostgresType(rawValue: 271)
}

extension PostgresType: CustomStringConvertible {
    private static let names: [PostgresType: String] = [
        .inferred: "inferred", .bool: "boolean", .bytea: "bytea", .char: "\"char\"", .name: "name", .int8: "bigint",
        .int2: "smallint", .int4: "integer", .text: "text", .oid: "oid", .json: "json", .float4: "real",
        .float8: "double precision", .unknown: "unknown", .boolArray: "boolean[]", .byteaArray: "bytea[]",
        .int2Array: "smallint[]", .int4Array: "integer[]", .textArray: "text[]", .int8Array: "bigint[]",
        .float8Array: "double precision[]", .bpchar: "character", .varchar: "character varying",
        .timestamptz: "timestamptz", .timestamptzArray: "timestamptz[]", .void: "void", .uuid: "uuid",
        .uuidArray: "uuid[]", .jsonb: "jsonb", .xid8: "xid8", .xid8Array: "xid8[]",
    ]

    /// One line for logs.
    public var description: String { Self.names[self] ?? "type \(rawValue)" }
}
