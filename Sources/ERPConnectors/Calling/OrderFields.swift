import Primitives

/// Reads the fields of a delivery by the manifest of its operation: checked, converted, and shortened to the ERP's limits.
public struct OrderFields: Sendable {
    private let order: DeliveryOrder
    private let manifest: OperationManifest

    /// Checks that every required field is there.
    ///
    /// - Throws: ``CallFailure`` with reason `not-configured` when the kind has no such operation, `field-missing`.
    public init(_ order: DeliveryOrder, _ manifest: ConnectorManifest) throws(CallFailure) {
        guard let operation = manifest.operation(order.operation) else {
            let detail = "“\(manifest.title)” cannot do “\(order.operation.rawValue)”."
            throw CallFailure(reason: "not-configured", detail: detail)
        }
        self.order = order
        self.manifest = operation
        if order.operation.needsTarget, order.target == nil {
            throw CallFailure(reason: "no-order", detail: "There is no order in the ERP that this could be about.")
        }
        for field in operation.fields where field.isRequired && text(field.name) == nil {
            throw CallFailure(reason: "field-missing", detail: "“\(field.label)” has no value: \(field.help)")
        }
    }

    /// A text, shortened to the ERP's limit; numbers and booleans as text; nil when it is absent or empty.
    public func text(_ name: String) -> String? {
        let text: String? =
            switch order.fields[name] {
            case .string(let text): text
            case .integer(let number): String(number)
            case .number(let number): JSONValue.text(of: number)
            case .bool(let bool): bool ? "true" : "false"
            default: nil
            }
        guard let text, !text.isEmpty else { return nil }
        return manifest.field(name)?.fit(text) ?? text
    }

    /// A text that must be there.
    ///
    /// - Throws: ``CallFailure`` with reason `field-missing`.
    public func required(_ name: String) throws(CallFailure) -> String {
        guard let text = text(name) else {
            throw CallFailure(reason: "field-missing", detail: "“\(name)” has no value.")
        }
        return text
    }

    /// A number, also from a text that is one; nil when it is absent.
    ///
    /// - Throws: ``CallFailure`` with reason `field-invalid`.
    public func number(_ name: String) throws(CallFailure) -> Double? {
        guard let value = order.fields[name], !value.isNull else { return nil }
        if let number = value.double ?? value.string.flatMap(Double.init), number.isFinite { return number }
        if value.string?.isEmpty == true { return nil }
        throw CallFailure(reason: "field-invalid", detail: "“\(name)” must be a number.")
    }

    /// A boolean, also from `true` and `false` as text; nil when it is absent.
    public func bool(_ name: String) -> Bool? {
        order.fields[name].flatMap { $0.bool ?? ($0.string == "true" ? true : $0.string == "false" ? false : nil) }
    }
}
