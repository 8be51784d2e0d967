import PostgreSQL

/// The lists of an ERP that are kept.
enum KeptLists {
    /// Forgets what was read from a connector's ERP: it is another one now, or none.
    static func forget(connector id: Int32, in transaction: Transaction) async throws {
        try await transaction.execute(EquipmentQueries.forget(connector: id))
        try await transaction.execute(EquipmentQueries.forgetReading(connector: id))
        try await transaction.execute(ItemQueries.forget(connector: id))
        try await transaction.execute(ItemQueries.forgetReading(connector: id))
    }
}
