import Primitives

/// Decodes uplink messages of The Things Stack v3 (`ApplicationUp` with `uplink_message`):
/// `v3/{application}@{tenant}/devices/{id}/up`.
///
/// The device is `end_device_ids.device_id`. Values of `decoded_payload` are fields by their paths; after them come
/// `f_port`, `f_cnt`, `rssi`, `snr`, `gateway`, `gatewayLocation`, `gateways`, `location` (the device's own, of
/// `locations`) and `battery` (percent). The time is the one at which the network received the uplink.
public struct TheThingsStackDecoder: PayloadDecoder {
    /// There are no options.
    public init(options: inout InputReader) {}

    /// Decodes one message.
    public func decode(_ payload: [UInt8], topic: String, receivedAt: Timestamp) throws(DecodeFailure) -> [Sample] {
        let message = try JSONPayload.parse(payload)
        guard let uplink = message["uplink_message"], uplink.object != nil else {
            throw DecodeFailure(
                .badShape,
                "Expected an uplink of The Things Stack v3, with “uplink_message”; subscribe to …/up only.",
                pointer: "/uplink_message"
            )
        }
        var values = JSONFlattener()
        if let decoded = uplink["decoded_payload"] {
            try values.add(decoded, as: "", pointer: "/uplink_message/decoded_payload")
        }
        let receptions = (uplink["rx_metadata"]?.array ?? []).map { reception in
            GatewayReception(
                gateway: reception["gateway_ids"]?["gateway_id"]?.string,
                rssi: (reception["rssi"] ?? reception["channel_rssi"])?.double,
                snr: reception["snr"]?.double,
                location: reception["location"]?.location
            )
        }
        var fields = values.fields + uplink.fields(["f_port", "f_cnt"]) + GatewayReception.fields(of: receptions)
        if let location = Self.location(uplink["locations"]) { fields.append(Field("location", location)) }
        if let battery = uplink["last_battery_percentage"]?["value"]?.double {
            fields.append(Field("battery", .number(battery)))
        }
        var budget = DecoderBudget()
        try budget.spend(fields: fields.count, pointer: "")
        return [
            Sample(
                identifier: message["end_device_ids"]?["device_id"]?.string,
                timestamp: try Self.time(message, uplink),
                fields: fields
            )
        ]
    }

    /// The device's location: what its payload said, else what an admin entered, else any.
    private static func location(_ locations: JSONValue?) -> FieldValue? {
        guard let object = locations?.object else { return nil }
        let known = object["frm-payload"]?.location ?? object["user"]?.location
        return known ?? object.members.lazy.compactMap(\.value.location).first
    }

    private static func time(_ message: JSONValue, _ uplink: JSONValue) throws(DecodeFailure) -> Timestamp? {
        if let value = uplink["received_at"] {
            return try TimeFormat.rfc3339.timestamp(value, pointer: "/uplink_message/received_at")
        }
        guard let value = message["received_at"] else { return nil }
        return try TimeFormat.rfc3339.timestamp(value, pointer: "/received_at")
    }
}
