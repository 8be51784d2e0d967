import Expressions
import Testing

@Suite("What expressions evaluate to")
struct EvaluationTests {
    @Test(
        "Arithmetic follows the usual precedence and groups to the left",
        arguments: [
            ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("8 - 3 - 2", 3), ("8 / 4 / 2", 1), ("2 - -3", 5), ("--4", 4),
            ("-2 * 3", -6), ("1.5e2 + .0e0", nil), ("1e3 / 8", 125), ("7 / 2", 3.5),
        ] as [(String, Double?)]
    )
    func arithmetic(source: String, expected: Double?) throws {
        guard let expected else {
            #expect(compilationError(source)?.code == .syntax)
            return
        }
        #expect(try evaluate(source) == .number(expected))
    }

    @Test("What has no finite value is null", arguments: ["1 / 0", "0 / 0", "-1 / 0", "1e308 * 10", "1e308 + 1e308"])
    func notFinite(source: String) throws {
        #expect(try evaluate(source) == .null)
    }

    @Test(
        "Functions of numbers",
        arguments: [
            ("round(71.449)", 71), ("round(71.449, 1)", 71.4), ("round(2.5)", 3), ("round(-2.5)", -3),
            ("round(1234.5, -2)", 1_200), ("round(1e20, 2)", 1e20), ("round(0.1 + 0.2, 15)", 0.3),
            ("round(5, 400)", 5), ("round(5, -400)", 0), ("abs(-3)", 3), ("min(3, 1, 2)", 1), ("max(3, 1, 2)", 3),
            ("min(4)", 4), ("floor(-1.5)", -2), ("ceil(-1.5)", -1), ("if(1 < 2, 10, 20)", 10),
            ("if(1 > 2, 10, 20)", 20), ("coalesce(1 / 0, 2 / 0, 5)", 5), ("len(\"één\")", 3), ("len('')", 0),
        ] as [(String, Double)]
    )
    func numericFunctions(source: String, expected: Double) throws {
        #expect(try evaluate(source) == .number(expected))
    }

    @Test(
        "Functions of texts",
        arguments: [
            ("lower('ABC')", "abc"), ("upper('straße')", "STRASSE"),
            ("concat('a', 1.50, true, 1 < 0)", "a1.5truefalse"),
            ("if(true, 'yes', 'no')", "yes"), ("coalesce(asset.name, 'none')", "none"), ("'it''s'", nil),
            (#""a\"b\\\n\t\r\'\u{e9}""#, "a\"b\\\n\t\r'é"), ("'say \"x\"'", "say \"x\""),
        ] as [(String, String?)]
    )
    func textFunctions(source: String, expected: String?) throws {
        guard let expected else {
            #expect(compilationError(source) != nil)
            return
        }
        #expect(try evaluate(source) == .text(expected))
    }

    @Test("A text that grows beyond the limit is null")
    func textLimit() throws {
        let part = String(repeating: "x", count: 1_000)
        var values = PlantValues()
        values.assetName = part
        #expect(try evaluate("len(concat(asset.name, asset.name, asset.name, asset.name))", values) == .number(4_000))
        let five = "concat(asset.name, asset.name, asset.name, asset.name, asset.name)"
        #expect(try evaluate(five, values) == .null)
        #expect(try evaluate("len(\(five))", values) == .null)
    }

    @Test("Any absent operand makes the result null")
    func nullOperands() throws {
        var values = PlantValues()
        values.pressure = 1
        let sources = [
            "temperature + pressure", "pressure - temperature", "-temperature", "temperature > 1", "temperature == 1",
            "temperature != 1", "round(temperature)", "round(1, temperature)", "min(pressure, temperature)",
            "max(temperature, 1)", "abs(temperature)", "mode == \"fault\"", "mode != \"fault\"", "running == true",
            "mode == \"never seen\"", "mode != \"never seen\"", "not enabled", "asset.name == 'x'", "lower(asset.name)",
            "concat('a', asset.name)", "concat('a', temperature)", "concat('a', mode)", "concat('a', enabled)",
            "len(asset.name)", "if(enabled, 1, 2)", "if(enabled, 'a', 'b')", "mode == asset.name", "position.lat",
            "temperature", "mode", "asset.name", "enabled", "mode == running",
        ]
        for source in sources { #expect(try evaluate(source, values) == .null, "\(source)") }
    }

    @Test("And, or, not follow Kleene's tables")
    func kleene() throws {
        let cases: [(Bool?, Bool?, and: Bool?, or: Bool?)] = [
            (true, true, true, true), (true, false, false, true), (true, nil, nil, true),
            (false, true, false, true), (false, false, false, false), (false, nil, false, nil),
            (nil, true, nil, true), (nil, false, false, nil), (nil, nil, nil, nil),
        ]
        for (left, right, and, or) in cases {
            var values = PlantValues()
            values.enabled = left
            values.temperature = right.map { $0 ? 2 : 0 }
            func value(_ truth: Bool?) -> Value { truth.map(Value.boolean) ?? .null }
            #expect(try evaluate("enabled and temperature > 1", values) == value(and))
            #expect(try evaluate("enabled or temperature > 1", values) == value(or))
            #expect(try evaluate("not enabled", values) == value(left.map { !$0 }))
        }
    }

    @Test("States compare with texts, booleans and each other")
    func states() throws {
        var values = PlantValues()
        values.running = 1
        values.mode = 2
        values.assetName = "fault"
        let truths: [(String, Bool)] = [
            ("running == true", true), ("running != true", false), ("running == false", false),
            ("true == running", true), ("mode == \"fault\"", true), ("\"fault\" == mode", true),
            ("mode != 'fault'", false), ("mode == 'idle'", false), ("mode == 'never seen'", false),
            ("mode != 'never seen'", true), ("mode == true", false), ("running == mode", false),
            ("running == 'true'", false), ("running == 'never seen'", false), ("mode == asset.name", true),
            ("asset.name == mode", true), ("asset.name != mode", false), ("running == asset.name", false),
            ("running == (temperature == null)", true), ("if(true, mode, running) == 'fault'", true),
            ("coalesce(mode, 'x') == 'fault'", true), ("upper(mode) == 'FAULT'", true),
            ("lower(running) == 'true'", true),
        ]
        for (source, expected) in truths { #expect(try evaluate(source, values) == .boolean(expected), "\(source)") }
        #expect(try evaluate("mode", values) == .text("fault"))
        #expect(try evaluate("running", values) == .boolean(true))
        values.mode = 99
        #expect(try evaluate("mode", values) == .null, "a code without a text")
        #expect(try evaluate("mode == 'never seen'", values) == .null)
        #expect(try evaluate("mode == 'fault'", values) == .boolean(false))
    }

    @Test("Null tests tell what is there, for every type")
    func nullTests() throws {
        let sources = ["temperature", "mode", "enabled", "asset.name", "position", "position.lon", "temperature + 1"]
        var all = PlantValues()
        all.temperature = 0
        all.mode = 0
        all.enabled = false
        all.assetName = ""
        all.latitude = 0
        all.longitude = 0
        for source in sources {
            #expect(try evaluate("\(source) == null") == .boolean(true), "\(source)")
            #expect(try evaluate("null != \(source)") == .boolean(false), "\(source)")
            #expect(try evaluate("\(source) == null", all) == .boolean(false), "\(source)")
            #expect(try evaluate("\(source) != null", all) == .boolean(true), "\(source)")
        }
        all.longitude = nil
        #expect(try evaluate("position == null", all) == .boolean(true))
    }

    @Test("Locations have latitude and longitude")
    func locations() throws {
        var values = PlantValues()
        values.latitude = 52.38
        values.longitude = 4.64
        #expect(try evaluate("position.lat", values) == .number(52.38))
        #expect(try evaluate("position.lon", values) == .number(4.64))
    }

    @Test("Names with other characters stand between backquotes")
    func quotedNames() throws {
        var values = PlantValues()
        values.serial = "A-1"
        values.assetName = "Pump"
        #expect(try evaluate("`serial-no`", values) == .text("A-1"))
        #expect(try evaluate("`asset`.`name`", values) == .text("Pump"))
        #expect(try evaluate("`asset.name`", values) == .text("Pump"))
    }

    @Test("A condition over a row tells true, false and neither; what is beyond its end is null")
    func conditionOverRow() throws {
        let expression = try CompiledExpression("temperature > 80 and mode == 'fault'", scope: plantScope)
        #expect(expression.condition(over: [81, .nan, .nan, 2]) == true)
        #expect(expression.condition(over: [79, .nan, .nan, 2]) == false)
        #expect(expression.condition(over: [81]) == nil)
        #expect(expression.condition(over: [79]) == false)
        #expect(expression.condition(over: []) == nil)
        #expect(expression.number(over: [1]) == nil, "not a number")
        let sum = try CompiledExpression("temperature + pressure", scope: plantScope)
        #expect(sum.number(over: [1, 2]) == 3)
        #expect(sum.condition(over: [1, 2]) == nil, "not a condition")
        #expect(sum.usedNames == ["temperature", "pressure"])
        #expect(sum.type == .number)
    }

    @Test("Infinite values of a source are null")
    func infiniteInput() throws {
        var values = PlantValues()
        values.temperature = .infinity
        #expect(try evaluate("temperature", values) == .null)
    }
}
