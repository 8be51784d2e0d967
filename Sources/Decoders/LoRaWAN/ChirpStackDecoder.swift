import Primitives

/// Decodes uplink events of ChirpStack v4 in JSON (`UplinkEvent` of its `integration.proto`):
/// `application/{id}/device/{devEui}/event/up`.
///
/// The device is `deviceInfo.devEui`. Values of `object`, which ChirpStack's codec has decoded, are fields by their
/// paths; after them come `fPort`, `fCnt`, `dr`, `rssi`, `snr`, `gateway`, `gatewayLocation`, `gateways`, `deviceName`
/// and `tags.…`. The time is the event's.
public struct ChirpStackDecoder: PayloadDecoder {
    /// There are no options.
    public init(options: inout InputReader) {}

    /// Decodes one event.
    public func decode(_ payload: [UInt8], topic: String, receivedAt: Timestamp) throws(DecodeFailure) -> [Sample] {
        let event = try JSONPayload.parse(payload)
        guard event.object != nil, let info = event["deviceInfo"], info.object != nil else {
            throw DecodeFailure(
                .badShape,
                "Expected an event of ChirpStack v4 in JSON, with “deviceInfo”.",
                pointer: "/deviceInfo"
            )
        }
        var values = JSONFlattener()
        if let object = event["object"] { try values.add(object, as: "", pointer: "/object") }
        let receptions = (event["rxInfo"]?.array ?? []).map { reception in
            GatewayReception(
                gateway: reception["gatewayId"]?.string,
                rssi: reception["rssi"]?.double,
                snr: reception["snr"]?.double,
                location: reception["location"]?.location
            )
        }
        var fields = values.fields + event.fields(["fPort", "fCnt", "dr"]) + GatewayReception.fields(of: receptions)
        fields += info.fields(["deviceName"])
        for tag in info["tags"]?.object?.members ?? [] {
            if let text = tag.value.string { fields.append(Field("tags." + tag.name, .text(text))) }
        }
        var budget = DecoderBudget()
        try budget.spend(fields: fields.count, pointer: "")
        var time: Timestamp?
        if let value = event["time"] { time = try TimeFormat.rfc3339.timestamp(value, pointer: "/time") }
        return [Sample(identifier: info["devEui"]?.string, timestamp: time, fields: fields)]
    }
}
