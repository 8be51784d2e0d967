/// Checks the types of a syntax tree and makes a program of it.
struct Compiler {
    /// A value in a register.
    struct Operand {
        var type: ValueType
        var register: Int
    }

    private(set) var program = Program()
    private(set) var usedNames: [String] = []
    let source: SourceText
    private let scope: Scope

    /// Starts on an expression of `source`, whose bytes the tree's ranges count.
    init(_ source: SourceText, scope: Scope) {
        self.source = source
        self.scope = scope
        program.states = scope.states
    }

    /// Makes the program of a whole expression.
    mutating func compile(_ syntax: Syntax, expecting type: ValueType?) throws(ExpressionError) {
        let result = try operand(syntax)
        if let type { try require(type, result, syntax, "The expression must be \(type.phrase)") }
        if result.type == .location {
            throw mismatch(syntax, "A location has no value of its own; use its fields .lat and .lon.")
        }
        program.type = result.type
        program.result = result.register
    }

    /// Makes the code that computes a part.
    mutating func operand(_ syntax: Syntax) throws(ExpressionError) -> Operand {
        switch syntax.form {
        case .number(let value): return emit(.number, .constant, constant: value)
        case .boolean(let value): return emit(.boolean, .constant, constant: value ? 1 : 0)
        case .text(let text):
            program.texts.append(text)
            return emit(.text, .textConstant, program.texts.count - 1)
        case .null:
            throw mismatch(syntax, "null can only be compared, with \"==\" or \"!=\".")
        case .name(let name): return try load(name, syntax)
        case .negate(let inner):
            let value = try operand(inner)
            try require(.number, value, inner, "\"-\" needs a number")
            return emit(.number, .negate, value.register)
        case .not(let inner):
            let value = try operand(inner)
            try require(.boolean, value, inner, "\"not\" needs a boolean")
            return emit(.boolean, .not, value.register)
        case .binary(.equal, let left, let right): return try equality(left, right, isEqual: true, syntax)
        case .binary(.notEqual, let left, let right): return try equality(left, right, isEqual: false, syntax)
        case .binary(let symbol, let left, let right): return try binary(symbol, left, right)
        case .call(let name, let arguments): return try call(name, arguments, syntax)
        }
    }

    /// Adds an instruction that gives a value of a type.
    mutating func emit(
        _ type: ValueType,
        _ operation: Program.Operation,
        _ a: Int = 0,
        _ b: Int = 0,
        _ c: Int = 0,
        constant: Double = 0
    ) -> Operand {
        let target = operation.givesText ? program.textRegisters : program.numberRegisters
        if operation.givesText { program.textRegisters += 1 } else { program.numberRegisters += 1 }
        program.instructions.append(
            Program.Instruction(
                operation: operation,
                target: Int32(target),
                a: Int32(a),
                b: Int32(b),
                c: Int32(c),
                constant: constant
            )
        )
        return Operand(type: type, register: target)
    }

    /// An error about the types of a part.
    func mismatch(_ syntax: Syntax, _ message: String) -> ExpressionError {
        source.error(.typeMismatch, syntax.range, message)
    }

    /// Refuses an operand of another type than `type`; `rule` says what is needed, without a full stop.
    func require(
        _ type: ValueType,
        _ operand: Operand,
        _ syntax: Syntax,
        _ rule: @autoclosure () -> String
    ) throws(ExpressionError) {
        guard operand.type != type else { return }
        let text = source.excerpt(syntax.range)
        var message = "\(rule()), and \(text) is \(operand.type.phrase)."
        switch (type, operand.type) {
        case (.boolean, .state): message += " Compare it, such as \(text) == true or \(text) == \"fault\"."
        case (.boolean, .number): message += " Compare it, such as \(text) > 0."
        case (.number, .location): message += " Use \(text).lat or \(text).lon."
        case (.number, .text): message += " Texts are joined with concat(…)."
        default: break
        }
        throw mismatch(syntax, message)
    }

    private mutating func load(_ name: String, _ syntax: Syntax) throws(ExpressionError) -> Operand {
        guard let entry = scope.entry(name) else { throw unknown(name, syntax) }
        if !usedNames.contains(name) { usedNames.append(name) }
        switch entry.type {
        case .text: return emit(.text, .loadText, entry.slot)
        case .number, .boolean, .state: return emit(entry.type, .load, entry.slot)
        case .location:
            let latitude = emit(.number, .load, entry.slot)
            let longitude = emit(.number, .load, entry.slot + 1)
            return emit(.location, .add, latitude.register, longitude.register)
        }
    }

    private func unknown(_ name: String, _ syntax: Syntax) -> ExpressionError {
        let hint: String
        if let near = NearestName.find(name, among: scope.names) {
            hint = " Did you mean \(Syntax(.name(near)))?"
        } else if Function(rawValue: name) != nil {
            hint = " The function needs its arguments in parentheses."
        } else {
            hint = ""
        }
        return source.error(
            .unknownName,
            syntax.range,
            "There is nothing called \(source.excerpt(syntax.range)).\(hint)"
        )
    }
}

extension Compiler {
    private mutating func binary(
        _ symbol: BinaryOperator,
        _ left: Syntax,
        _ right: Syntax
    ) throws(ExpressionError) -> Operand {
        let (operation, argument, result): (Program.Operation, ValueType, ValueType) =
            switch symbol {
            case .or: (.or, .boolean, .boolean)
            case .and: (.and, .boolean, .boolean)
            case .less: (.less, .number, .boolean)
            case .lessOrEqual: (.lessOrEqual, .number, .boolean)
            case .greater: (.greater, .number, .boolean)
            case .greaterOrEqual: (.greaterOrEqual, .number, .boolean)
            case .add: (.add, .number, .number)
            case .subtract: (.subtract, .number, .number)
            case .multiply: (.multiply, .number, .number)
            case .divide: (.divide, .number, .number)
            case .equal: (.equal, .number, .boolean)
            case .notEqual: (.notEqual, .number, .boolean)
            }
        let first = try operand(left)
        try require(argument, first, left, "\"\(symbol.rawValue)\" needs \(argument.rawValue)s")
        let second = try operand(right)
        try require(argument, second, right, "\"\(symbol.rawValue)\" needs \(argument.rawValue)s")
        return emit(result, operation, first.register, second.register)
    }

    private mutating func equality(
        _ left: Syntax,
        _ right: Syntax,
        isEqual: Bool,
        _ whole: Syntax
    ) throws(ExpressionError) -> Operand {
        if right.form == .null { return try nullTest(left, isEqual) }
        if left.form == .null { return try nullTest(right, isEqual) }
        if case .text = left.form { return try equality(of: right, and: left, isEqual, whole) }
        return try equality(of: left, and: right, isEqual, whole)
    }

    /// The comparison of two values, of which a literal text, if any, is the second.
    private mutating func equality(
        of left: Syntax,
        and right: Syntax,
        _ isEqual: Bool,
        _ whole: Syntax
    ) throws(ExpressionError) -> Operand {
        let first = try operand(left)
        if first.type == .state, case .text(let text) = right.form, let code = scope.states.code(text) {
            let constant = emit(.state, .constant, constant: Double(code))
            return emit(.boolean, isEqual ? .equal : .notEqual, first.register, constant.register)
        }
        let second = try operand(right)
        switch (first.type, second.type) {
        case (.text, .text):
            return emit(.boolean, isEqual ? .equalTexts : .notEqualTexts, first.register, second.register)
        case (.state, .text): return stateIsText(first, second, isEqual)
        case (.text, .state): return stateIsText(second, first, isEqual)
        case (.number, .number), (.boolean, .boolean), (.state, .state), (.state, .boolean), (.boolean, .state):
            return emit(.boolean, isEqual ? .equal : .notEqual, first.register, second.register)
        default:
            let (one, other) = (source.excerpt(left.range), source.excerpt(right.range))
            throw mismatch(
                whole,
                "\(one) is \(first.type.phrase) and \(other) is \(second.type.phrase); they are never equal."
            )
        }
    }

    private mutating func stateIsText(_ state: Operand, _ text: Operand, _ isEqual: Bool) -> Operand {
        let test = emit(.boolean, .stateIsText, state.register, text.register)
        return isEqual ? test : emit(.boolean, .not, test.register)
    }

    private mutating func nullTest(_ syntax: Syntax, _ isEqual: Bool) throws(ExpressionError) -> Operand {
        let value = try operand(syntax)
        if value.type == .text { return emit(.boolean, isEqual ? .isNullText : .isNotNullText, value.register) }
        return emit(.boolean, isEqual ? .isNull : .isNotNull, value.register)
    }
}
