extension Compiler {
    /// Makes the code of a function call.
    mutating func call(_ name: String, _ arguments: [Syntax], _ whole: Syntax) throws(ExpressionError) -> Operand {
        guard let function = Function(rawValue: name) else {
            let near = NearestName.find(name, among: Function.allCases.map(\.rawValue))
            let hint = near.map { " Did you mean \($0)?" } ?? ""
            throw source.error(.unknownFunction, whole.range, "There is no function \(name).\(hint)")
        }
        guard function.arity.contains(arguments.count) else {
            throw source.error(
                .arguments,
                whole.range,
                "This call has \(arguments.count) argument\(arguments.count == 1 ? "" : "s"); write \(function.usage)."
            )
        }
        switch function {
        case .absolute: return try numeric(.absolute, function, arguments)
        case .floor: return try numeric(.floor, function, arguments)
        case .ceiling: return try numeric(.ceiling, function, arguments)
        case .minimum: return try numeric(.minimum, function, arguments)
        case .maximum: return try numeric(.maximum, function, arguments)
        case .round: return try round(function, arguments)
        case .length:
            let text = try textual(arguments[0], function)
            return emit(.number, .length, text.register)
        case .lowercase:
            let text = try textual(arguments[0], function)
            return emit(.text, .lowercase, text.register)
        case .uppercase:
            let text = try textual(arguments[0], function)
            return emit(.text, .uppercase, text.register)
        case .concatenate: return try concatenation(arguments)
        case .select: return try selection(arguments)
        case .coalesce: return try coalescence(arguments)
        }
    }

    private mutating func number(_ syntax: Syntax, _ function: Function) throws(ExpressionError) -> Operand {
        let value = try operand(syntax)
        try require(.number, value, syntax, "\(function.rawValue) needs numbers")
        return value
    }

    /// One argument, or several folded from the left.
    private mutating func numeric(
        _ operation: Program.Operation,
        _ function: Function,
        _ arguments: [Syntax]
    ) throws(ExpressionError) -> Operand {
        var result = try number(arguments[0], function)
        if function.arity.upperBound == 1 { return emit(.number, operation, result.register) }
        for argument in arguments.dropFirst() {
            let next = try number(argument, function)
            result = emit(.number, operation, result.register, next.register)
        }
        return result
    }

    private mutating func round(_ function: Function, _ arguments: [Syntax]) throws(ExpressionError) -> Operand {
        let value = try number(arguments[0], function)
        let digits = try arguments.count == 2 ? number(arguments[1], function) : emit(.number, .constant)
        return emit(.number, .round, value.register, digits.register)
    }

    private mutating func textual(_ syntax: Syntax, _ function: Function) throws(ExpressionError) -> Operand {
        let value = try operand(syntax)
        if value.type == .state { return emit(.text, .stateText, value.register) }
        guard value.type == .text else {
            throw mismatch(
                syntax,
                "\(function.rawValue) needs a text, and \(source.excerpt(syntax.range)) is \(value.type.phrase)."
            )
        }
        return value
    }

    private mutating func concatenation(_ arguments: [Syntax]) throws(ExpressionError) -> Operand {
        var result: Operand?
        for argument in arguments {
            let value = try operand(argument)
            let text: Operand
            switch value.type {
            case .text: text = value
            case .number: text = emit(.text, .numberText, value.register)
            case .boolean: text = emit(.text, .booleanText, value.register)
            case .state: text = emit(.text, .stateText, value.register)
            case .location:
                throw mismatch(argument, "A location is no text; use its fields .lat and .lon.")
            }
            result = result.map { emit(.text, .concatenate, $0.register, text.register) } ?? text
        }
        return result ?? emit(.text, .textConstant)
    }

    private mutating func selection(_ arguments: [Syntax]) throws(ExpressionError) -> Operand {
        let condition = try operand(arguments[0])
        try require(.boolean, condition, arguments[0], "The first argument of if must be a boolean")
        let first = try operand(arguments[1])
        let second = try operand(arguments[2])
        let (left, right) = try unified(first, second, arguments[2])
        let operation: Program.Operation = left.type == .text ? .selectText : .select
        return emit(left.type, operation, condition.register, left.register, right.register)
    }

    private mutating func coalescence(_ arguments: [Syntax]) throws(ExpressionError) -> Operand {
        var result = try operand(arguments[0])
        for argument in arguments.dropFirst() {
            let next = try operand(argument)
            let (left, right) = try unified(result, next, argument)
            let operation: Program.Operation = left.type == .text ? .coalesceText : .coalesce
            result = emit(left.type, operation, left.register, right.register)
        }
        return result
    }

    /// Two alternatives as values of one type; a state beside a text becomes a text.
    private mutating func unified(
        _ first: Operand,
        _ second: Operand,
        _ syntax: Syntax
    ) throws(ExpressionError) -> (Operand, Operand) {
        switch (first.type, second.type) {
        case (.location, _), (_, .location):
            throw mismatch(syntax, "A location cannot be chosen as a whole; use its fields .lat and .lon.")
        case (.state, .text): return (emit(.text, .stateText, first.register), second)
        case (.text, .state): return (first, emit(.text, .stateText, second.register))
        case (let one, let other) where one == other: return (first, second)
        default:
            throw mismatch(
                syntax,
                "\(source.excerpt(syntax.range)) is \(second.type.phrase), and the value before it "
                    + "is \(first.type.phrase); both must have one type."
            )
        }
    }
}
