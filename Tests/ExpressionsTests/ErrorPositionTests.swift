import Expressions
import Testing

@Suite("Where and how faults are reported")
struct ErrorPositionTests {
    struct Fault: Sendable {
        var source: String
        var code: ExpressionError.Code
        var offset: Int
        var length: Int
        var mentions: String

        init(_ source: String, _ code: ExpressionError.Code, _ offset: Int, _ length: Int, _ mentions: String) {
            self.source = source
            self.code = code
            self.offset = offset
            self.length = length
            self.mentions = mentions
        }
    }

    @Test(
        "Grammar",
        arguments: [
            Fault("", .syntax, 0, 0, "missing"), Fault("  ", .syntax, 2, 0, "missing"),
            Fault("1 +", .syntax, 3, 0, "too early"), Fault("(1 + 2", .syntax, 0, 1, "never closed"),
            Fault("1)", .syntax, 1, 1, "never opened"), Fault("max(1, 2", .syntax, 3, 1, "never closed"),
            Fault("max(1,)", .syntax, 6, 1, "operand is missing"), Fault("1 2", .syntax, 2, 1, "operator is missing"),
            Fault("temperature 80", .syntax, 12, 2, "operator is missing before 80"),
            Fault("temperature = 80", .syntax, 12, 1, "\"==\""), Fault("true && false", .syntax, 5, 1, "\"and\""),
            Fault("true || false", .syntax, 5, 1, "\"or\""), Fault("!true", .syntax, 0, 1, "not"),
            Fault("1 < 2 < 3", .syntax, 6, 1, "chained"), Fault("1 == 2 != 3", .syntax, 7, 2, "chained"),
            Fault("1 + not true", .syntax, 4, 3, "parentheses"), Fault("* 3", .syntax, 0, 1, "operand is missing"),
            Fault("+ 3", .syntax, 0, 1, "operand is missing"), Fault("'open", .syntax, 0, 5, "not closed"),
            Fault("'a\\q'", .syntax, 2, 2, "escape"), Fault("'\\u{0}'", .syntax, 1, 2, "escape"),
            Fault("'\\u{d800}'", .syntax, 1, 2, "escape"), Fault("'\\", .syntax, 1, 1, "escape"),
            Fault("5x", .syntax, 0, 2, "not a number"), Fault("1.", .syntax, 0, 2, "not a number"),
            Fault("1e999", .syntax, 0, 5, "too large"), Fault("asset.", .syntax, 5, 1, "dot"),
            Fault("asset. name", .syntax, 5, 1, "dot"), Fault("``", .syntax, 0, 1, "backquote"),
            Fault("`a", .syntax, 0, 2, "backquote"), Fault("1 # 2", .syntax, 2, 1, "does not belong"),
            Fault("1 }", .syntax, 2, 1, "does not belong"), Fault("'é' + €", .syntax, 6, 1, "does not belong"),
            Fault("'😀' + 😀", .syntax, 7, 2, "does not belong"), Fault("true and", .syntax, 8, 0, "too early"),
            Fault("()", .syntax, 1, 1, "never opened"), Fault("abs()", .arguments, 0, 5, "abs(number)"),
        ]
    )
    func grammar(fault: Fault) throws {
        try check(fault)
    }

    @Test(
        "Names, functions, types",
        arguments: [
            Fault("temprature > 80", .unknownName, 0, 10, "Did you mean temperature?"),
            Fault("1 < tempreature", .unknownName, 4, 11, "Did you mean temperature?"),
            Fault("Temperature > 80", .unknownName, 0, 11, "Did you mean temperature?"),
            Fault("asset.nam == ''", .unknownName, 0, 9, "Did you mean asset.name?"),
            Fault("serialno == ''", .unknownName, 0, 8, "Did you mean `serial-no`?"),
            Fault("torque > 80", .unknownName, 0, 6, "nothing called torque."),
            Fault("position.alt > 1", .unknownName, 0, 12, "Did you mean position.lat?"),
            Fault("max > 1", .unknownName, 0, 3, "parentheses"),
            Fault("ruond(1)", .unknownFunction, 0, 8, "Did you mean round?"),
            Fault("1 + sqrtx(4)", .unknownFunction, 4, 8, "no function sqrtx."),
            Fault("round(1, 2, 3)", .arguments, 0, 14, "3 arguments; write round(number, digits)"),
            Fault("if(true, 1)", .arguments, 0, 11, "if(condition, value, otherwise)"),
            Fault("1 + true", .typeMismatch, 4, 4, "needs numbers, and true is a boolean"),
            Fault("'a' + 'b'", .typeMismatch, 0, 3, "concat"), Fault("mode > 3", .typeMismatch, 0, 4, "a state"),
            Fault("running and true", .typeMismatch, 0, 7, "running == true"),
            Fault("true or temperature", .typeMismatch, 8, 11, "temperature > 0"),
            Fault("not temperature", .typeMismatch, 4, 11, "boolean"), Fault("-mode", .typeMismatch, 1, 4, "number"),
            Fault("mode == 1", .typeMismatch, 0, 9, "never equal"),
            Fault("temperature == 'x'", .typeMismatch, 0, 18, "never equal"),
            Fault("position == position", .typeMismatch, 0, 20, "never equal"),
            Fault("position > 1", .typeMismatch, 0, 8, "position.lat"),
            Fault("abs(position)", .typeMismatch, 4, 8, "position.lat"), Fault("position", .typeMismatch, 0, 8, ".lat"),
            Fault("null", .typeMismatch, 0, 4, "compared"), Fault("null == null", .typeMismatch, 0, 4, "compared"),
            Fault("1 + null", .typeMismatch, 4, 4, "compared"), Fault("abs('x')", .typeMismatch, 4, 3, "needs numbers"),
            Fault("lower(1)", .typeMismatch, 6, 1, "needs a text"),
            Fault("concat(position)", .typeMismatch, 7, 8, ".lat"),
            Fault("if(1, 2, 3)", .typeMismatch, 3, 1, "boolean"),
            Fault("if(true, 2, 'x')", .typeMismatch, 12, 3, "one type"),
            Fault("coalesce(1, true)", .typeMismatch, 12, 4, "one type"),
            Fault("coalesce(position, 1)", .typeMismatch, 19, 1, "location"),
        ]
    )
    func meaning(fault: Fault) throws {
        try check(fault)
    }

    private func check(_ fault: Fault) throws {
        let error = try #require(compilationError(fault.source), "\(fault.source) was accepted")
        #expect(error.code == fault.code, "\(fault.source): \(error.message)")
        #expect(error.position.offset == fault.offset, "\(fault.source): \(error.message)")
        #expect(error.position.length == fault.length, "\(fault.source): \(error.message)")
        #expect(error.message.contains(fault.mentions), "\(fault.source): \(error.message)")
    }

    @Test("The result must have the expected type")
    func expected() throws {
        #expect(compilationError("temperature > 1", expecting: .boolean) == nil)
        let number = try #require(compilationError("temperature", expecting: .boolean))
        #expect(number.code == .typeMismatch)
        #expect(number.message.contains("must be a boolean"))
        #expect(try #require(compilationError("running", expecting: .boolean)).message.contains("running == true"))
        #expect(compilationError("temperature > 1", expecting: .number)?.code == .typeMismatch)
    }

    @Test("Lines and columns count characters")
    func lines() throws {
        let error = try #require(compilationError("temperature > 1\n  and 'é😀' == oops"))
        #expect(error.position.offset == 31)
        #expect(error.position.length == 4)
        #expect(error.position.line == 2)
        #expect(error.position.column == 15)
        #expect(error.detail == "Line 2, column 15: There is nothing called oops.")
    }

    @Test("Sources are bounded in length, depth and size")
    func limits() throws {
        let fits = String(repeating: " ", count: 4_095) + "1"
        #expect(compilationError(fits) == nil)
        #expect(compilationError(fits + " ")?.code == .tooLong)
        func nested(_ count: Int, _ open: String, _ close: String, _ core: String) -> String {
            String(repeating: open, count: count) + core + String(repeating: close, count: count)
        }
        for (open, close, core) in [("(", ")", "1"), ("-", "", "1"), ("not ", "", "true"), ("abs(", ")", "1")] {
            #expect(compilationError(nested(64, open, close, core)) == nil, "\(open)")
            #expect(compilationError(nested(65, open, close, core))?.code == .tooDeep, "\(open)")
            #expect(compilationError(nested(800, open, close, core))?.code == .tooDeep, "\(open)")
        }
        #expect(compilationError("1" + String(repeating: "+1", count: 511)) == nil)
        #expect(compilationError("1" + String(repeating: "+1", count: 512))?.code == .tooComplex)
    }

    @Test("The grammar can be checked without names")
    func syntaxOnly() throws {
        try CompiledExpression.checkSyntax("whatever > 1 and f(x)")
        #expect(throws: ExpressionError.self) { try CompiledExpression.checkSyntax("whatever >") }
    }
}
