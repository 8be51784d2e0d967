/// Metrics of the work on stored readings: rollups, packing, expiry.
public struct StoreMetrics: Sendable {
    /// Seconds from the oldest minute that rollups have to compute to now; 0 when there is nothing to do.
    public let rollupsBehind: Gauge
    /// Minutes that late readings have marked and that are not computed again yet.
    public let rollupsDirty: Gauge
    /// Readings that were packed.
    public let readingsPacked: Counter
    /// Partitions that were dropped because their retention has passed.
    public let partitionsDropped: Counter

    init(registry: MetricsRegistry) {
        rollupsBehind = registry.gauge(
            "plantwright_rollups_behind_seconds",
            "Age of the oldest minute that rollups have not computed at the last pass; 0 when all are."
        )
        rollupsDirty = registry.gauge(
            "plantwright_rollups_dirty",
            "Minutes that late readings changed and that are to be computed again."
        )
        readingsPacked = registry.counter("plantwright_readings_packed_total", "Readings packed into blocks.")
        partitionsDropped = registry.counter(
            "plantwright_partitions_dropped_total",
            "Partitions of readings dropped because their retention has passed."
        )
    }
}
