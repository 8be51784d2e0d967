import Primitives

/// How one gateway received a LoRaWAN uplink.
struct GatewayReception {
    /// The gateway's own name or EUI.
    var gateway: String?
    /// Received signal strength in dBm.
    var rssi: Double?
    /// Signal-to-noise ratio in dB.
    var snr: Double?
    /// Where the gateway stands.
    var location: FieldValue?

    /// Fields about the best reception: the one with the strongest signal, of equal ones that with the best ratio.
    ///
    /// `rssi`, `snr`, `gateway`, `gatewayLocation`, and `gateways`, which counts all.
    static func fields(of receptions: [GatewayReception]) -> [Field] {
        func strength(_ reception: GatewayReception) -> (Double, Double) {
            (reception.rssi ?? -.infinity, reception.snr ?? -.infinity)
        }
        guard let best = receptions.max(by: { strength($0) < strength($1) }) else { return [] }
        var fields: [Field] = []
        if let rssi = best.rssi { fields.append(Field("rssi", .number(rssi))) }
        if let snr = best.snr { fields.append(Field("snr", .number(snr))) }
        if let gateway = best.gateway { fields.append(Field("gateway", .text(gateway))) }
        if let location = best.location { fields.append(Field("gatewayLocation", location)) }
        fields.append(Field("gateways", .number(Double(receptions.count))))
        return fields
    }
}

extension JSONValue {
    /// The location in an object with a latitude and a longitude.
    var location: FieldValue? { object.flatMap(FieldValue.init(locationIn:)) }

    /// Fields for those of the members that are numbers, flags or texts.
    func fields(_ names: [String]) -> [Field] {
        names.compactMap { name in
            switch self[name] {
            case .integer(let number): Field(name, .number(Double(number)))
            case .number(let number): Field(name, .number(number))
            case .bool(let flag): Field(name, .flag(flag))
            case .string(let text): Field(name, .text(text))
            case .array, .object, .null, nil: nil
            }
        }
    }
}
