import Assets
import PostgreSQL

/// What a transaction has stored, for those that act on it.
public struct StoredBatch: Sendable {
    /// Readings to evaluate: whole rows, per device in increasing source time, none older than the device's newest.
    public var readings: [Reading]
    /// The plant model that the batch was decoded with.
    public var plant: PlantSnapshot

    /// Makes a batch.
    public init(readings: [Reading], plant: PlantSnapshot) {
        self.readings = readings
        self.plant = plant
    }
}

/// Acts on readings inside the transaction that stores them: alarm evaluation, metric mappings.
public protocol BatchParticipant: Sendable {
    /// Does its part of the transaction. In-memory state must not change before COMMIT: the returned closure, called
    /// after it, changes it.
    func process(_ batch: StoredBatch, in transaction: Transaction) async throws -> @Sendable () -> Void

    /// Forgets in-memory state and reads it from the database again: the outcome of a transaction is unknown or it failed.
    func reset() async throws
}
