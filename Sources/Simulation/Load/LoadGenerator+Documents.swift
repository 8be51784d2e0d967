import Primitives

extension LoadGenerator {
    /// The profile that fits messages of so many metrics.
    public static func profileDocument(metrics: Int) -> PlantDocument {
        let metrics = max(1, metrics)
        let list = (1...metrics).map { number -> JSONValue in
            [
                "key": .string("m\(number)"), "name": .string("Metric \(number)"), "unit": "", "kind": "gauge",
            ]
        }
        return PlantDocument(
            key: "load-\(metrics)",
            document: ["name": .string("Load with \(metrics) metrics"), "metrics": .array(list)]
        )
    }

    /// The devices that a load publishes for, without an asset.
    ///
    /// Their keys are their identifiers, which makes the
    /// prefix subject to the rules of keys.
    public static func deviceDocuments(_ options: SimulateOptions) -> [PlantDocument] {
        let profile = JSONValue.string(profileDocument(metrics: options.metrics).key)
        return (0..<options.devices).map { index in
            let identifier = options.identifier(ofDevice: index)
            return PlantDocument(
                key: identifier,
                document: ["name": .string(identifier), "profile": profile, "identifier": .string(identifier)]
            )
        }
    }
}
