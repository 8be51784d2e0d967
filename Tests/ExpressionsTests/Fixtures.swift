import Expressions

/// Values for the names of ``plantScope``.
struct PlantValues: ValueSource {
    var temperature: Double?
    var pressure: Double?
    var running: Double?
    var mode: Double?
    var latitude: Double?
    var longitude: Double?
    var enabled: Bool?
    var assetName: String?
    var serial: String?

    func number(at slot: Int) -> Double {
        switch slot {
        case 0: temperature ?? .nan
        case 1: pressure ?? .nan
        case 2: running ?? .nan
        case 3: mode ?? .nan
        case 4: latitude ?? .nan
        case 5: longitude ?? .nan
        case 6: enabled.map { $0 ? 1 : 0 } ?? .nan
        default: .nan
        }
    }

    func text(at slot: Int) -> String? {
        slot == 100 ? assetName : slot == 101 ? serial : nil
    }
}

let stateTexts: [Int32: String] = [2: "fault", 3: "idle", 7: "true"]

let plantStates = StateDictionary(
    code: { text in stateTexts.first { $0.value == text }?.key },
    text: { stateTexts[$0] }
)

let plantScope: Scope = {
    var scope = Scope(states: plantStates)
    scope.add("temperature", .number, slot: 0)
    scope.add("pressure", .number, slot: 1)
    scope.add("running", .state, slot: 2)
    scope.add("mode", .state, slot: 3)
    scope.add("position", .location, slot: 4)
    scope.add("enabled", .boolean, slot: 6)
    scope.add("asset.name", .text, slot: 100)
    scope.add("serial-no", .text, slot: 101)
    return scope
}()

/// What went wrong when compiling, nil when nothing did.
func compilationError(_ source: String, expecting: ValueType? = nil) -> ExpressionError? {
    do {
        _ = try CompiledExpression(source, scope: plantScope, expecting: expecting)
        return nil
    } catch {
        return error
    }
}

func evaluate(_ source: String, _ values: PlantValues = PlantValues()) throws -> Value {
    try CompiledExpression(source, scope: plantScope).evaluate(values)
}
