import PostgreSQL

extension PlantStore {
    /// Makes the state texts known that stored readings of a device have, those that another process added included.
    ///
    /// - Throws: `PostgresError`.
    public func learnStates(in values: some Sequence<MetricValues>, of profile: Profile?) async throws {
        let slots = Self.stateSlots(of: profile)
        if slots.isEmpty { return }
        var codes: Set<Int32> = []
        for one in values {
            for slot in slots { codes.insert(state: one[slot]) }
        }
        try await learnStates(codes)
    }

    /// Makes the state texts of codes known, those that another process added included.
    ///
    /// - Throws: `PostgresError`.
    public func learnStates(_ codes: Set<Int32>) async throws {
        if codes.isEmpty || states.unknown(among: codes).isEmpty { return }
        try await states.learn(codes, from: database)
    }

    private static func stateSlots(of profile: Profile?) -> [Int] {
        ((profile?.metrics ?? []) + (profile?.retired ?? [])).filter { $0.kind == .state }.map(\.ordinal)
    }
}

extension Set<Int32> {
    /// Adds the code of a stored state; nothing for an absent value, a boolean, and what is no code.
    public mutating func insert(state value: Double?) {
        if let code = value.flatMap(Int32.init(exactly:)), code > 1 { insert(code) }
    }
}
