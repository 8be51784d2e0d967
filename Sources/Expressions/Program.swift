/// A compiled expression: straight-line code in which every instruction writes one register of its own.
///
/// Numbers, booleans and states live in number registers with NaN for null, texts in text registers. Since all
/// operations are total and free of effects, nothing is skipped and nothing jumps.
struct Program: Sendable {
    /// What an instruction does with the registers it names.
    enum Operation: UInt8 {
        // From numbers to a number
        case constant, load, add, subtract, multiply, divide, negate, round, absolute, minimum, maximum, floor, ceiling
        // From numbers to a boolean
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, and, or, not, isNull, isNotNull
        // From numbers to a number of any type
        case select, coalesce
        // From texts to a number or boolean
        case length, equalTexts, notEqualTexts, isNullText, isNotNullText, stateIsText
        // To a text
        case textConstant, loadText, numberText, booleanText, stateText, lowercase, uppercase, concatenate
        case selectText, coalesceText

        /// Whether it writes a text register.
        var givesText: Bool { rawValue >= Operation.textConstant.rawValue }
    }

    /// One step.
    ///
    /// What `a`, `b` and `c` name depends on the operation: a register, a slot, or a constant's index.
    struct Instruction {
        var operation: Operation
        var target: Int32
        var a: Int32 = 0
        var b: Int32 = 0
        var c: Int32 = 0
        var constant = 0.0
    }

    var instructions: [Instruction] = []
    var numberRegisters = 0
    var textRegisters = 0
    var texts: [String] = []
    /// The register that holds the result, and its type; a location is the sum of its coordinates, to tell null.
    var result = 0
    var type = ValueType.number
    var states = StateDictionary.empty
}
