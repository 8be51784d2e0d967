/// How the texts of states are coded: 0 is false, 1 is true, any other code stands for a text for ever.
public struct StateDictionary: Sendable {
    let code: @Sendable (String) -> Int32?
    let text: @Sendable (Int32) -> String?

    /// Makes a dictionary from its two directions.
    ///
    /// - Parameters:
    ///   - code: the code of a text, nil while it has none.
    ///   - text: the text of a code, nil for 0, 1 and unknown codes.
    public init(code: @escaping @Sendable (String) -> Int32?, text: @escaping @Sendable (Int32) -> String?) {
        self.code = code
        self.text = text
    }

    /// A dictionary without texts.
    public static let empty = StateDictionary(code: { _ in nil }, text: { _ in nil })
}

/// The names that an expression may use, with their types and slots.
public struct Scope: Sendable {
    /// What a name stands for.
    public struct Entry: Hashable, Sendable {
        /// Its type.
        public var type: ValueType
        /// Where a ``ValueSource`` has it; a location also takes the next slot.
        public var slot: Int
    }

    private var entries: [String: Entry] = [:]
    let states: StateDictionary

    /// Makes an empty scope.
    public init(states: StateDictionary = .empty) {
        self.states = states
    }

    /// Adds a name; it may be dotted, such as `asset.name`.
    ///
    /// A name that is there already is replaced.
    public mutating func add(_ name: String, _ type: ValueType, slot: Int) {
        entries[name] = Entry(type: type, slot: slot)
    }

    /// What a name stands for, the fields `.lat` and `.lon` of a location included.
    public func entry(_ name: String) -> Entry? {
        if let entry = entries[name] { return entry }
        for (suffix, offset) in [(".lat", 0), (".lon", 1)] where name.hasSuffix(suffix) {
            if let location = entries[String(name.dropLast(suffix.count))], location.type == .location {
                return Entry(type: .number, slot: location.slot + offset)
            }
        }
        return nil
    }

    /// All names in alphabetical order, the fields of locations included.
    public var names: [String] {
        entries.flatMap { name, entry in
            entry.type == .location ? [name, name + ".lat", name + ".lon"] : [name]
        }.sorted()
    }
}
