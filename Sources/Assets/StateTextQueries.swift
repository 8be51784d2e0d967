import PostgreSQL

/// One text with its code.
public struct StateText: Hashable, Sendable {
    /// The code that readings store.
    public var code: Int32
    /// The text.
    public var text: String

    /// Makes a pair.
    public init(code: Int32, text: String) {
        self.code = code
        self.text = text
    }
}

/// The statements on `state_text`.
enum StateTextQueries {
    static func all() -> Statement<StateText> {
        Statement("assets.state-text.all", "SELECT id, text FROM state_text") { row throws(PostgresError) in
            StateText(code: try row.int32(0), text: try row.string(1))
        }
    }

    static func find(_ texts: [String]) -> Statement<StateText> {
        Statement(
            "assets.state-text.find",
            "SELECT id, text FROM state_text WHERE text = ANY(\(texts))"
        ) { row throws(PostgresError) in
            StateText(code: try row.int32(0), text: try row.string(1))
        }
    }

    static func find(codes: [Int32]) -> Statement<StateText> {
        Statement(
            "assets.state-text.find-codes",
            "SELECT id, text FROM state_text WHERE id = ANY(\(codes))"
        ) { row throws(PostgresError) in
            StateText(code: try row.int32(0), text: try row.string(1))
        }
    }

    static func insert(_ texts: [String]) -> Statement<Void> {
        Statement(
            "assets.state-text.insert",
            "INSERT INTO state_text (text) SELECT unnest(\(texts)) ON CONFLICT (text) DO NOTHING"
        )
    }
}
