import Expressions
import SeededRandom

/// Makes random well-typed expressions, and random values for their names.
struct RandomExpressions {
    var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func expression(depth: Int) -> Syntax {
        switch pick(4) {
        case 0: number(depth)
        case 1: text(depth)
        case 2: state(depth)
        default: boolean(depth)
        }
    }

    mutating func values() -> PlantValues {
        var values = PlantValues()
        func some<Value>(_ value: Value) -> Value? { value }
        values.temperature = pick(3) == 0 ? nil : sampleNumber()
        values.pressure = pick(3) == 0 ? nil : -sampleNumber()
        values.running = pick(3) == 0 ? nil : Double(pick(2))
        values.mode = pick(4) == 0 ? nil : [0, 1, 2, 3, 7][pick(5)]
        values.latitude = pick(3) == 0 ? nil : 52.5
        values.longitude = pick(3) == 0 ? nil : 4.25
        values.enabled = pick(3) == 0 ? nil : pick(2) == 0
        values.assetName = pick(3) == 0 ? nil : sampleText()
        values.serial = pick(3) == 0 ? nil : sampleText()
        return values
    }

    private mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }

    private mutating func sampleNumber() -> Double {
        [0, 1, 2, 0.1, 80, 1e300, 12_345.678, 1e-7][pick(8)]
    }

    private mutating func sampleText() -> String {
        ["", "fault", "idle", "never seen", "a\"b\\c\n", "Straße é😀", "'", "true", "\u{1}"][pick(9)]
    }

    private mutating func number(_ depth: Int) -> Syntax {
        guard depth > 0 else {
            return pick(2) == 0
                ? Syntax(.number(sampleNumber()))
                : Syntax(.name(["temperature", "pressure", "position.lat", "position.lon"][pick(4)]))
        }
        switch pick(6) {
        case 0: return number(0)
        case 1: return Syntax(.negate(number(depth - 1)))
        case 2: return Syntax(.call(["abs", "floor", "ceil", "round"][pick(4)], [number(depth - 1)]))
        case 3:
            return Syntax(.call(["min", "max", "coalesce"][pick(3)], (0...pick(3)).map { _ in number(depth - 1) }))
        case 4:
            return pick(2) == 0
                ? Syntax(.call("if", [boolean(depth - 1), number(depth - 1), number(depth - 1)]))
                : Syntax(.call("len", [text(depth - 1)]))
        default:
            let symbol: BinaryOperator = [.add, .subtract, .multiply, .divide][pick(4)]
            return Syntax(.binary(symbol, number(depth - 1), number(depth - 1)))
        }
    }

    private mutating func text(_ depth: Int) -> Syntax {
        guard depth > 0 else {
            return pick(2) == 0
                ? Syntax(.text(sampleText())) : Syntax(.name(["asset.name", "serial-no"][pick(2)]))
        }
        switch pick(4) {
        case 0: return text(0)
        case 1: return Syntax(.call(["lower", "upper"][pick(2)], [pick(2) == 0 ? text(depth - 1) : state(0)]))
        case 2: return Syntax(.call("concat", (0...pick(3)).map { _ in expression(depth: depth - 1) }))
        default: return Syntax(.call("coalesce", [text(depth - 1), pick(2) == 0 ? state(0) : text(depth - 1)]))
        }
    }

    private mutating func state(_ depth: Int) -> Syntax {
        guard depth > 0, pick(3) == 0 else { return Syntax(.name(["running", "mode"][pick(2)])) }
        return Syntax(.call("if", [boolean(depth - 1), state(depth - 1), state(depth - 1)]))
    }

    private mutating func boolean(_ depth: Int) -> Syntax {
        guard depth > 0 else {
            return pick(2) == 0 ? Syntax(.boolean(pick(2) == 0)) : Syntax(.name("enabled"))
        }
        switch pick(6) {
        case 0: return Syntax(.not(boolean(depth - 1)))
        case 1, 2:
            let symbol: BinaryOperator = pick(2) == 0 ? .and : .or
            return Syntax(.binary(symbol, boolean(depth - 1), boolean(depth - 1)))
        case 3:
            let symbol: BinaryOperator = [.less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual][pick(6)]
            return Syntax(.binary(symbol, number(depth - 1), number(depth - 1)))
        case 4: return nullTest(depth)
        default: return equality(depth)
        }
    }

    private mutating func nullTest(_ depth: Int) -> Syntax {
        let operand = pick(3) == 0 ? Syntax(.name("position")) : expression(depth: depth - 1)
        let symbol: BinaryOperator = pick(2) == 0 ? .equal : .notEqual
        return pick(2) == 0
            ? Syntax(.binary(symbol, operand, Syntax(.null))) : Syntax(.binary(symbol, Syntax(.null), operand))
    }

    private mutating func equality(_ depth: Int) -> Syntax {
        let symbol: BinaryOperator = pick(2) == 0 ? .equal : .notEqual
        let (left, right) =
            switch pick(5) {
            case 0: (text(depth - 1), text(depth - 1))
            case 1: (boolean(depth - 1), boolean(depth - 1))
            case 2: (state(depth - 1), boolean(depth - 1))
            case 3: (state(depth - 1), text(depth - 1))
            default: (text(0), state(depth - 1))
            }
        return pick(2) == 0 ? Syntax(.binary(symbol, left, right)) : Syntax(.binary(symbol, right, left))
    }
}
