import Primitives

/// Decodes ThingsBoard's telemetry of devices and gateways (thingsboard.io/docs/reference/mqtt-api and gateway-api).
///
/// A device sends `{"key": value}` or `{"ts": ms, "values": {…}}` or an array of either to `v1/devices/me/telemetry`;
/// since every device calls itself `me` there, brokers other than ThingsBoard need a level of its own, such as
/// `v1/devices/+/telemetry`, and the third level of the topic is the device's name. A gateway sends
/// `{"Device A": [reading…], "Device B": […]}` to `v1/gateway/telemetry`.
///
/// Option: `format` (`auto`, `device`, `gateway`); `auto` takes what is sent to `…/gateway/…` as a gateway's.
public struct ThingsBoardDecoder: PayloadDecoder {
    private enum Format: String, CaseIterable {
        case auto
        case device
        case gateway
    }

    private let format: Format

    /// Reads the option.
    public init(options: inout InputReader) {
        format = options.choice("format", Format.self) ?? .auto
    }

    /// Decodes one message.
    public func decode(_ payload: [UInt8], topic: String, receivedAt: Timestamp) throws(DecodeFailure) -> [Sample] {
        let document = try JSONPayload.parse(payload)
        let levels = TopicFilter.levels(of: topic)
        var budget = DecoderBudget()
        let isGateway = format == .gateway || (format == .auto && levels.contains("gateway"))
        guard isGateway else {
            let name = levels.count > 2 ? levels[2] : nil
            return try readings(document, of: name, pointer: "", budget: &budget)
        }
        guard let devices = document.object else {
            throw DecodeFailure(.badShape, "Expected a gateway's message such as {\"Device A\": [{…}]}.")
        }
        var samples: [Sample] = []
        for device in devices.members {
            let pointer = "/" + device.name.replacing("~", with: "~0").replacing("/", with: "~1")
            samples += try readings(device.value, of: device.name, pointer: pointer, budget: &budget)
        }
        return samples
    }

    private func readings(
        _ value: JSONValue,
        of device: String?,
        pointer: String,
        budget: inout DecoderBudget
    ) throws(DecodeFailure) -> [Sample] {
        guard let elements = value.array else {
            return [try reading(value, of: device, pointer: pointer, budget: &budget)]
        }
        var samples: [Sample] = []
        for (index, element) in elements.enumerated() {
            samples.append(try reading(element, of: device, pointer: pointer + "/\(index)", budget: &budget))
        }
        return samples
    }

    private func reading(
        _ value: JSONValue,
        of device: String?,
        pointer: String,
        budget: inout DecoderBudget
    ) throws(DecodeFailure) -> Sample {
        guard let object = value.object else {
            throw DecodeFailure(.badShape, "A reading is an object of keys and values.", pointer: pointer)
        }
        var sample = Sample(identifier: device, pointer: pointer)
        var flattener = JSONFlattener()
        if let values = object["values"], values.object != nil {
            if let time = object["ts"] {
                sample.timestamp = try TimeFormat.milliseconds.timestamp(time, pointer: pointer + "/ts")
            }
            try flattener.add(values, as: "", pointer: pointer + "/values")
        } else {
            try flattener.add(value, as: "", pointer: pointer)
        }
        try budget.spend(fields: flattener.fields.count, pointer: pointer)
        sample.fields = flattener.fields
        return sample
    }
}
