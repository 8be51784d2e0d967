import Expressions

/// A second, naive evaluator: walks the tree with optionals, to be compared with the compiled program.
struct ReferenceEvaluator {
    enum Result: Equatable {
        case null
        case number(Double)
        case boolean(Bool)
        case text(String)
        case location
    }

    let values: PlantValues

    func value(_ syntax: Syntax) -> Result {
        switch syntax.form {
        case .number(let number): return .number(number)
        case .text(let text): return .text(text)
        case .boolean(let boolean): return .boolean(boolean)
        case .null: return .null
        case .name(let name): return named(name)
        case .negate(let inner):
            guard case .number(let number) = value(inner) else { return .null }
            return .number(-number)
        case .not(let inner):
            guard case .boolean(let boolean) = value(inner) else { return .null }
            return .boolean(!boolean)
        case .binary(let symbol, let left, let right): return binary(symbol, left, right)
        case .call(let function, let arguments): return call(function, arguments)
        }
    }

    private func named(_ name: String) -> Result {
        switch name {
        case "temperature": values.temperature.map(Result.number) ?? .null
        case "pressure": values.pressure.map(Result.number) ?? .null
        case "running": state(values.running)
        case "mode": state(values.mode)
        case "enabled": values.enabled.map(Result.boolean) ?? .null
        case "asset.name": values.assetName.map(Result.text) ?? .null
        case "serial-no": values.serial.map(Result.text) ?? .null
        case "position.lat": values.latitude.map(Result.number) ?? .null
        case "position.lon": values.longitude.map(Result.number) ?? .null
        default: values.latitude == nil || values.longitude == nil ? .null : .location
        }
    }

    private func state(_ code: Double?) -> Result {
        switch code {
        case nil: .null
        case 0: .boolean(false)
        case 1: .boolean(true)
        case let code?: stateTexts[Int32(code)].map(Result.text) ?? .null
        }
    }

    private func binary(_ symbol: BinaryOperator, _ left: Syntax, _ right: Syntax) -> Result {
        let (a, b) = (value(left), value(right))
        if symbol == .equal || symbol == .notEqual {
            if left.form == .null || right.form == .null {
                return .boolean((a == .null && b == .null) == (symbol == .equal))
            }
            return a == .null || b == .null ? .null : .boolean((a == b) == (symbol == .equal))
        }
        if symbol == .and {
            if a == .boolean(false) || b == .boolean(false) { return .boolean(false) }
            return a == .null || b == .null ? .null : .boolean(true)
        }
        if symbol == .or {
            if a == .boolean(true) || b == .boolean(true) { return .boolean(true) }
            return a == .null || b == .null ? .null : .boolean(false)
        }
        guard case .number(let x) = a, case .number(let y) = b else { return .null }
        switch symbol {
        case .less: return .boolean(x < y)
        case .lessOrEqual: return .boolean(x <= y)
        case .greater: return .boolean(x > y)
        case .greaterOrEqual: return .boolean(x >= y)
        case .add: return finite(x + y)
        case .subtract: return finite(x - y)
        case .multiply: return finite(x * y)
        default: return y == 0 ? .null : finite(x / y)
        }
    }

    private func finite(_ number: Double) -> Result {
        number.isFinite ? .number(number) : .null
    }

    /// Whether the value is a text by its type; a state beside a text becomes one, be it a boolean.
    private func isText(_ syntax: Syntax) -> Bool {
        switch syntax.form {
        case .text, .name("asset.name"), .name("serial-no"), .call("lower", _), .call("upper", _), .call("concat", _):
            true
        case .call("coalesce", let arguments): arguments.contains(where: isText)
        case .call("if", let arguments): arguments.dropFirst().contains(where: isText)
        default: false
        }
    }

    private func text(_ result: Result) -> String? {
        switch result {
        case .null, .location: nil
        case .number(let number): Value.number(number).rendered
        case .boolean(let boolean): boolean ? "true" : "false"
        case .text(let text): text
        }
    }

    private func call(_ function: String, _ arguments: [Syntax]) -> Result {
        let isText = self.isText(Syntax(.call(function, arguments)))
        let all = arguments.map { argument -> Result in
            let result = value(argument)
            if case .boolean(let boolean) = result, isText, argument != arguments[0] || function != "if" {
                return .text(boolean ? "true" : "false")
            }
            return result
        }
        switch function {
        case "if":
            guard case .boolean(let condition) = all[0] else { return .null }
            return all[condition ? 1 : 2]
        case "coalesce": return all.first { $0 != .null } ?? .null
        case "concat":
            let texts = all.compactMap(text)
            return texts.count == all.count ? .text(texts.joined()) : .null
        case "lower": return text(all[0]).map { .text($0.lowercased()) } ?? .null
        case "upper": return text(all[0]).map { .text($0.uppercased()) } ?? .null
        case "len": return text(all[0]).map { .number(Double($0.count)) } ?? .null
        default:
            let numbers = all.compactMap { if case .number(let number) = $0 { number } else { nil } }
            guard numbers.count == all.count, let first = numbers.first else { return .null }
            return numeric(function, first, numbers)
        }
    }

    private func numeric(_ function: String, _ first: Double, _ numbers: [Double]) -> Result {
        switch function {
        case "abs": .number(first < 0 ? -first : first)
        case "floor": .number(first.rounded(.down))
        case "ceil": .number(first.rounded(.up))
        case "min": .number(numbers.min() ?? first)
        case "max": .number(numbers.max() ?? first)
        default: .number(first.rounded())
        }
    }
}
