import PostgreSQL
import Primitives
import Synchronization

/// The dictionary of state texts: codes 0 and 1 are `false` and `true`, every other text has a row in `state_text`.
///
/// Codes never change, so the dictionary only grows; it is bounded by ``limit``. What another process has added is read
/// when a stored reading has it (``learn(_:from:)``).
public final class StateTexts: Sendable {
    private struct Entries {
        var codes: [String: Int32] = [:]
        var texts: [Int32: String] = [:]
        /// Codes that were asked for in vain: no stored text has them.
        var absent: Set<Int32> = []
    }

    /// How many different texts one installation may have.
    public static let limit = 100_000

    private let entries = Mutex(Entries())
    /// Held while codes are looked up, so that many who miss the same one ask once.
    private let lookup = AsyncLock()

    /// Makes an empty dictionary.
    public init() {}

    /// The code of a known text.
    public func code(of text: String) -> Int32? {
        entries.withLock { $0.codes[text] }
    }

    /// The codes of all texts as they are now.
    public var codes: [String: Int32] { entries.withLock(\.codes) }

    /// The text of a code; nil for 0 and 1, which are booleans, and for unknown codes.
    public func text(of code: Int32) -> String? {
        entries.withLock { $0.texts[code] }
    }

    /// What a stored state value means: a boolean for 0 and 1, else its text.
    public func value(of stored: Double) -> JSONValue {
        if stored == 0 { return .bool(false) }
        if stored == 1 { return .bool(true) }
        guard let code = Int32(exactly: stored), let text = text(of: code) else { return .null }
        return .string(text)
    }

    /// How many texts are known.
    public var count: Int { entries.withLock { $0.codes.count } }

    /// Notes pairs read from the database.
    public func learn(_ pairs: [StateText]) {
        entries.withLock { entries in
            for pair in pairs {
                entries.codes[pair.text] = pair.code
                entries.texts[pair.code] = pair.text
            }
        }
    }

    /// Reads all texts from the database.
    public func load(from session: some PostgresSession) async throws {
        learn(try await session.query(StateTextQueries.all()))
        entries.withLock { $0.absent = [] }
    }

    /// The codes among those of stored values that have a text which is not known here, as far as that can be known
    /// without asking.
    ///
    /// Empty once as many codes were asked for in vain as there can be texts: then somebody stores what are no codes.
    func unknown(among codes: Set<Int32>) -> [Int32] {
        entries.withLock { entries in
            if entries.absent.count >= Self.limit { return [] }
            return codes.filter { $0 > 1 && entries.texts[$0] == nil && !entries.absent.contains($0) }
        }
    }

    /// Makes the texts of codes known that stored readings have and another process may have added.
    ///
    /// Asks the database for what is unknown only, one caller at a time, and never twice for a code that has no text:
    /// a text is committed before the first reading that has it.
    ///
    /// - Throws: `PostgresError`.
    public func learn(_ codes: Set<Int32>, from session: some PostgresSession) async throws {
        if unknown(among: codes).isEmpty { return }
        try await lookup.withLock {
            let missing = unknown(among: codes)
            if missing.isEmpty { return }
            let found = try await session.query(StateTextQueries.find(codes: missing))
            learn(found)
            let absent = Set(missing).subtracting(found.map(\.code))
            entries.withLock { $0.absent.formUnion(absent) }
        }
    }

    /// Gives codes to texts that have none yet, in the database and here.
    public func register(_ texts: [String], in session: some PostgresSession) async throws {
        _ = try await session.execute(StateTextQueries.insert(texts))
        learn(try await session.query(StateTextQueries.find(texts)))
    }
}
