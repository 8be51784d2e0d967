extension Program {
    /// Runs the program and gives its result as a value.
    func value<Source: ValueSource>(_ source: Source) -> Value {
        withResult(source) { number, text in
            switch type {
            case .text: return text.map(Value.text) ?? .null
            case .boolean: return number.isNaN ? .null : .boolean(number != 0)
            case .state: return stateValue(number)
            case .number, .location: return number.isNaN ? .null : .number(number)
            }
        }
    }

    /// Runs the program and gives its number, NaN for null.
    ///
    /// Allocates nothing unless it handles texts.
    func number<Source: ValueSource>(_ source: Source) -> Double {
        withResult(source) { number, _ in number }
    }

    private func withResult<Source: ValueSource, Result>(
        _ source: Source,
        _ body: (Double, String?) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: max(1, numberRegisters)) { numbers in
            var texts = textRegisters == 0 ? [] : [String?](repeating: nil, count: textRegisters)
            for instruction in instructions {
                let target = Int(instruction.target)
                if instruction.operation.givesText {
                    let text = text(instruction, numbers, texts, source)
                    texts[target] = text.flatMap { $0.utf8.count <= ExpressionLimits.textBytes ? $0 : nil }
                } else if instruction.operation == .load {
                    numbers[target] = Self.finite(source.number(at: Int(instruction.a)))
                } else {
                    numbers[target] = number(instruction, numbers, texts)
                }
            }
            return type == .text ? body(.nan, texts[result]) : body(numbers[result], nil)
        }
    }

    @inline(__always)
    private func number(
        _ step: Instruction,
        _ numbers: UnsafeMutableBufferPointer<Double>,
        _ texts: [String?]
    ) -> Double {
        var a: Double { numbers[Int(step.a)] }
        var b: Double { numbers[Int(step.b)] }
        return switch step.operation {
        case .constant: step.constant
        case .add: Self.finite(a + b)
        case .subtract: Self.finite(a - b)
        case .multiply: Self.finite(a * b)
        case .divide: Self.finite(a / b)
        case .negate: -a
        case .round: Rounding.round(a, digits: b)
        case .absolute: abs(a)
        case .minimum: a.isNaN || b.isNaN ? .nan : Swift.min(a, b)
        case .maximum: a.isNaN || b.isNaN ? .nan : Swift.max(a, b)
        case .floor: a.rounded(.down)
        case .ceiling: a.rounded(.up)
        case .equal: Self.truth(a == b, a, b)
        case .notEqual: Self.truth(a != b, a, b)
        case .less: Self.truth(a < b, a, b)
        case .lessOrEqual: Self.truth(a <= b, a, b)
        case .greater: Self.truth(a > b, a, b)
        case .greaterOrEqual: Self.truth(a >= b, a, b)
        case .and: a == 0 || b == 0 ? 0 : a.isNaN || b.isNaN ? .nan : 1
        case .or: a == 1 || b == 1 ? 1 : a.isNaN || b.isNaN ? .nan : 0
        case .not: 1 - a
        case .isNull: a.isNaN ? 1 : 0
        case .isNotNull: a.isNaN ? 0 : 1
        case .select: a.isNaN ? .nan : a == 1 ? b : numbers[Int(step.c)]
        case .coalesce: a.isNaN ? b : a
        default: testText(step, numbers, texts)
        }
    }

    private func testText(
        _ step: Instruction,
        _ numbers: UnsafeMutableBufferPointer<Double>,
        _ texts: [String?]
    ) -> Double {
        switch step.operation {
        case .length: return texts[Int(step.a)].map { Double($0.count) } ?? .nan
        case .isNullText: return texts[Int(step.a)] == nil ? 1 : 0
        case .isNotNullText: return texts[Int(step.a)] == nil ? 0 : 1
        case .equalTexts, .notEqualTexts:
            guard let left = texts[Int(step.a)], let right = texts[Int(step.b)] else { return .nan }
            return (left == right) == (step.operation == .equalTexts) ? 1 : 0
        case .stateIsText:
            let code = numbers[Int(step.a)]
            guard !code.isNaN, let wanted = texts[Int(step.b)] else { return .nan }
            if code == 0 || code == 1 { return 0 }
            return stateText(code).map { $0 == wanted ? 1 : 0 } ?? .nan
        default: return .nan
        }
    }

    private func text<Source: ValueSource>(
        _ step: Instruction,
        _ numbers: UnsafeMutableBufferPointer<Double>,
        _ texts: [String?],
        _ source: Source
    ) -> String? {
        let a = Int(step.a)
        let b = Int(step.b)
        switch step.operation {
        case .textConstant: return self.texts[a]
        case .loadText: return source.text(at: a)
        case .numberText: return numbers[a].isNaN ? nil : Value.number(numbers[a]).rendered
        case .booleanText: return numbers[a].isNaN ? nil : numbers[a] == 1 ? "true" : "false"
        case .stateText: return stateValue(numbers[a]).rendered
        case .lowercase: return texts[a]?.lowercased()
        case .uppercase: return texts[a]?.uppercased()
        case .concatenate:
            guard let left = texts[a], let right = texts[b] else { return nil }
            return left + right
        case .selectText: return numbers[a].isNaN ? nil : numbers[a] == 1 ? texts[b] : texts[Int(step.c)]
        case .coalesceText: return texts[a] ?? texts[b]
        default: return nil
        }
    }

    private func stateText(_ code: Double) -> String? {
        Int32(exactly: code).flatMap { states.text($0) }
    }

    private func stateValue(_ code: Double) -> Value {
        if code == 0 || code == 1 { return .boolean(code == 1) }
        return stateText(code).map(Value.text) ?? .null
    }

    /// The number, or null for what has no finite value: division by zero, overflow.
    private static func finite(_ number: Double) -> Double {
        number.isFinite ? number : .nan
    }

    private static func truth(_ isTrue: Bool, _ left: Double, _ right: Double) -> Double {
        left.isNaN || right.isNaN ? .nan : isTrue ? 1 : 0
    }
}

/// Decimal rounding, halves away from zero.
enum Rounding {
    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    /// `number` rounded to `digits` decimal places, which may be negative and are cut to -22…22.
    static func round(_ number: Double, digits: Double) -> Double {
        guard !number.isNaN, !digits.isNaN else { return .nan }
        let places = Int(max(-22, min(22, digits.rounded())))
        let power = powers[abs(places)]
        guard places >= 0 else {
            let result = (number / power).rounded() * power
            return result.isFinite ? result : .nan
        }
        let scaled = number * power
        // From 2^52 on there is no fraction left that could be rounded away.
        return abs(scaled) < 4_503_599_627_370_496 ? scaled.rounded() / power : number
    }
}
