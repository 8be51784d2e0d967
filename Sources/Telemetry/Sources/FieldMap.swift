import Assets
import Decoders
import Primitives

/// Puts the fields of samples into the metrics of one profile, as a source says.
struct FieldMap: Sendable {
    /// What came of one sample.
    struct Outcome {
        var values: MetricValues
        /// How many values there are.
        var known = 0
        /// Fields that are no metric.
        var ignored = 0
        /// State texts without a code; when there are any, register them and map again.
        var unknownTexts: Set<String> = []
    }

    private let targets: [String: [FieldTarget]]
    let slotCount: Int

    /// Prepares the fields of a source for a profile; without fields, names that equal metric keys count.
    init(_ fields: [FieldDefinition], profile: Profile) {
        var targets: [String: [FieldTarget]] = [:]
        if fields.isEmpty {
            for metric in profile.metrics { targets[metric.key] = [FieldTarget(metric: metric)] }
        }
        for field in fields {
            guard let metric = profile.metric(field.metric) else { continue }
            func add(_ path: String, _ part: FieldTarget.Part) {
                targets[path, default: []].append(FieldTarget(field, part: part, metric: metric, profile: profile))
            }
            switch field.place {
            case .path(let path): add(path, .whole)
            case .coordinates(let latitude, let longitude):
                add(latitude, .latitude)
                add(longitude, .longitude)
            }
        }
        self.targets = targets
        slotCount = profile.slotCount
    }

    /// The metrics that a name of the payload goes to.
    func targets(of name: String) -> [FieldTarget] { targets[name] ?? [] }

    /// Puts a sample's fields into slots.
    ///
    /// - Throws: ``Rejection`` for a value that does not fit its metric; nothing of the message counts then.
    func apply(_ sample: Sample, states: StateTexts) throws(Rejection) -> Outcome {
        var outcome = Outcome(values: MetricValues(count: slotCount))
        for field in sample.fields {
            guard let targets = targets[field.name] else {
                outcome.ignored += 1
                continue
            }
            for target in targets {
                let value: FieldValue
                do throws(FieldTarget.Misfit) {
                    value = try target.value(for: field.value)
                } catch {
                    throw error.rejection(of: field, in: sample)
                }
                target.put(value, into: &outcome, states: states)
            }
        }
        try checkLocations(outcome.values, of: sample)
        return outcome
    }

    /// A location of two fields needs both.
    private func checkLocations(_ values: MetricValues, of sample: Sample) throws(Rejection) {
        for target in targets.values.joined() where target.part == .latitude {
            let slot = target.metric.ordinal
            guard (values[slot] == nil) != (values[slot + 1] == nil) else { continue }
            throw Rejection(
                .wrongType,
                "“\(target.metric.key)” needs a latitude and a longitude; one is missing.",
                pointer: sample.pointer
            )
        }
    }
}

extension FieldTarget {
    /// A value that a metric cannot have.
    struct Misfit: Error {
        var detail: String

        func rejection(of field: Field, in sample: Sample) -> Rejection {
            Rejection(.wrongType, "“\(field.name)”: \(detail)", pointer: sample.pointer)
        }
    }

    /// The metric's value for a value of the payload: a number, a flag or text, a location, or absent.
    func value(for field: FieldValue) throws(Misfit) -> FieldValue {
        if let fault { throw Misfit(detail: fault) }
        var value = field
        if let expression {
            guard let result = expression.result(for: field) else {
                throw Misfit(detail: "the expression “\(expression.source)” does not take such a value.")
            }
            value = result
        }
        switch (metric.kind, value) {
        case (_, .absent): return .absent
        case (.gauge, .number(let number)), (.counter, .number(let number)):
            let converted = conversion?.convert(number) ?? number
            return converted.isFinite ? .number(converted) : .absent
        case (.state, .number(let number)): return .text(JSONValue.text(of: number))
        case (.state, .flag): return value
        case (.state, .text(let text)):
            guard text.count <= 255, !text.utf8.contains(0) else { throw misfit("a text of at most 255 characters") }
            return value
        case (.location, .location): return value
        case (.location, .number(let number)) where part != .whole:
            let limit = part == .latitude ? 90.0 : 180.0
            guard abs(number) <= limit else { throw misfit("degrees within ±\(Int(limit))") }
            return value
        case (.gauge, _), (.counter, _): throw misfit("a number")
        case (.state, _): throw misfit("a text, a boolean or a number")
        case (.location, _): throw misfit("a location such as {\"lat\": 52.38, \"lon\": 4.64}")
        }
    }

    private func misfit(_ expected: String) -> Misfit {
        Misfit(detail: "“\(metric.key)” is a \(metric.kind.rawValue); expected \(expected).")
    }

    /// Writes a value into the metric's slots; of several the first counts.
    fileprivate func put(_ value: FieldValue, into outcome: inout FieldMap.Outcome, states: StateTexts) {
        let slot = metric.ordinal + (part == .longitude ? 1 : 0)
        guard outcome.values[slot] == nil else { return }
        switch value {
        case .number(let number): outcome.values[slot] = number
        case .flag(let flag): outcome.values[slot] = flag ? 1 : 0
        case .text(let text):
            if let code = states.code(of: text) {
                outcome.values[slot] = Double(code)
            } else {
                outcome.unknownTexts.insert(text)
            }
        case .location(let latitude, let longitude):
            outcome.values[slot] = latitude
            outcome.values[slot + 1] = longitude
        case .absent: return
        }
        outcome.known += 1
    }
}
