/// What a kind of simulated device measures.
protocol DeviceSignal: Sendable {
    /// The values at a moment, in the order of the profile's metrics.
    func values(at instant: PlantInstant) -> [PlantValue]
}
