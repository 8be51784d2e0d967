import Primitives

/// Decodes any JSON: every value becomes a field named by its path.
///
/// Options: `items` (path of an array with one reading per element; a document that is an array needs none), `time`
/// (path of the source time, default `ts`), `timeFormat`. What stands outside of `items` belongs to every element, and
/// an element's own values come before it; paths are looked up in the element first.
public struct FreeJSONDecoder: PayloadDecoder {
    let items: JSONPath?
    let time: JSONPath
    let timeFormat: TimeFormat

    /// Reads `items`, `time`, `timeFormat`.
    public init(options: inout InputReader) {
        items = options.string("items").map(JSONPath.init)
        time = JSONPath(options.string("time") ?? "ts")
        timeFormat = options.choice("timeFormat", TimeFormat.self) ?? .auto
    }

    /// Decodes one document.
    public func decode(_ payload: [UInt8], topic: String, receivedAt: Timestamp) throws(DecodeFailure) -> [Sample] {
        let document = try JSONPayload.parse(payload)
        var budget = DecoderBudget()
        guard let (elements, base) = try elements(of: document) else {
            return [try sample(document, shared: [], root: document, pointer: "", budget: &budget)]
        }
        var shared = JSONFlattener()
        if let items, !items.text.isEmpty {
            shared.leavingOut = items.text
            try shared.add(document, as: "", pointer: "")
        }
        var samples: [Sample] = []
        samples.reserveCapacity(min(elements.count, DecoderLimits.samples))
        for (index, element) in elements.enumerated() {
            let pointer = base + "/\(index)"
            samples.append(
                try sample(element, shared: shared.fields, root: document, pointer: pointer, budget: &budget)
            )
        }
        return samples
    }

    /// The elements that are readings; nil when the document is one reading.
    private func elements(of document: JSONValue) throws(DecodeFailure) -> (elements: [JSONValue], pointer: String)? {
        guard let items else {
            if let elements = document.array { return (elements, "") }
            guard document.object != nil else {
                throw DecodeFailure(.badShape, "Expected a JSON object or an array of objects.")
            }
            return nil
        }
        guard let elements = items.value(in: document)?.array else {
            throw DecodeFailure(
                .badShape,
                "There is no array at “\(items.text)”, where the source expects the readings.",
                pointer: items.pointer
            )
        }
        return (elements, items.pointer)
    }

    private func sample(
        _ element: JSONValue,
        shared: [Field],
        root: JSONValue,
        pointer: String,
        budget: inout DecoderBudget
    ) throws(DecodeFailure) -> Sample {
        var own = JSONFlattener()
        // Elements that are no objects have a name too, so that a path can be given for them.
        let name = element.object == nil && element.array == nil ? "value" : ""
        try own.add(element, as: name, pointer: pointer)
        let fields = shared.isEmpty ? own.fields : own.fields + shared
        try budget.spend(fields: fields.count, pointer: pointer)
        var timestamp: Timestamp?
        if let value = time.value(in: element) {
            timestamp = try timeFormat.timestamp(value, pointer: pointer + time.pointer)
        } else if !pointer.isEmpty, let value = time.value(in: root) {
            timestamp = try timeFormat.timestamp(value, pointer: time.pointer)
        }
        return Sample(timestamp: timestamp, fields: fields, pointer: pointer)
    }
}
