import Expressions
import Primitives
import Testing

@Suite("Templates")
struct TemplateTests {
    private func values() -> PlantValues {
        var values = PlantValues()
        values.temperature = 71.449
        values.running = 1
        values.mode = 2
        values.enabled = true
        values.assetName = "Press 4"
        return values
    }

    private func render(_ source: String) throws -> Value {
        try CompiledTemplate(source, scope: plantScope).render(values())
    }

    @Test(
        "Text with placeholders",
        arguments: [
            ("Bearing of ${asset.name} at ${round(temperature, 1)} °C", "Bearing of Press 4 at 71.4 °C"),
            ("plain", "plain"), ("", ""), ("$", "$"), ("$$", "$$"), ("a$b{c}", "a$b{c}"), ("$${x}", "${x}"),
            ("$$${x}", "$${x}"), ("${'}'} and ${\"${\"}", "} and ${"), ("${1}${2}", "12"), (" ${1}", " 1"),
            ("${mode}/${running}/${enabled}", "fault/true/true"), ("${1/3}|", "0.3333333333333333|"),
            ("${100000 * 10}|", "1000000|"), ("é${ asset.name }é", "éPress 4é"),
        ]
    )
    func texts(source: String, expected: String) throws {
        #expect(try render(source) == .text(expected))
    }

    @Test("Exactly one placeholder keeps its type")
    func single() throws {
        #expect(try render("${temperature}") == .number(71.449))
        #expect(try render("${temperature > 70}") == .boolean(true))
        #expect(try render("${mode}") == .text("fault"))
        #expect(try render("${running}") == .boolean(true))
        #expect(try render("${pressure}") == .null)
        #expect(try CompiledTemplate("${temperature}", scope: plantScope).type == .number)
        #expect(try CompiledTemplate("${temperature} ", scope: plantScope).type == .text)
        #expect(Value.number(3).json == 3.0)
        #expect(Value.null.json == nil)
    }

    @Test("Within a text, a placeholder without a value is a failure that names it")
    func missing() throws {
        let template = try CompiledTemplate("at ${ round(pressure) } bar", scope: plantScope)
        let failure = #expect(throws: TemplateFailure.self) { try template.render(values()) }
        #expect(failure?.reason == .noValue)
        #expect(failure?.placeholder == " round(pressure) ")
        #expect(template.usedNames == ["pressure"])
    }

    @Test("A text beyond the limit is a failure")
    func tooLong() throws {
        var long = values()
        long.assetName = String(repeating: "x", count: 2_000)
        let template = try CompiledTemplate("${asset.name}${asset.name}${asset.name}", scope: plantScope)
        let failure = #expect(throws: TemplateFailure.self) { try template.render(long) }
        #expect(failure?.reason == .tooLong)
        #expect(failure?.placeholder == nil)
    }

    @Test("Placeholders can be escaped on their way into the text, literal text is not")
    func escaping() throws {
        let template = try CompiledTemplate("/a b/${asset.name}", scope: plantScope)
        #expect(try template.text(values()) { $0.replacing(" ", with: "%20") } == "/a b/Press%204")
    }

    @Test(
        "Faults stand at their place in the whole template",
        arguments: [
            ("é ${oops}", ExpressionError.Code.unknownName, 4, 4), ("a ${", .syntax, 2, 2),
            ("a ${1 + }", .syntax, 8, 1),
            ("${}", .syntax, 2, 1), ("${'}", .syntax, 2, 2), ("${position}", .typeMismatch, 2, 8),
            ("${1} ${true + 1}", .typeMismatch, 7, 4), ("${1 2}", .syntax, 4, 1), ("${(1}", .syntax, 2, 1),
        ]
    )
    func faults(source: String, code: ExpressionError.Code, offset: Int, length: Int) throws {
        let error = #expect(throws: ExpressionError.self) { try CompiledTemplate(source, scope: plantScope) }
        #expect(error?.code == code, "\(source): \(error?.message ?? "")")
        #expect(error?.position.offset == offset, "\(source): \(error?.message ?? "")")
        #expect(error?.position.length == length, "\(source): \(error?.message ?? "")")
    }

    @Test("Templates are bounded")
    func limit() throws {
        _ = try CompiledTemplate(String(repeating: "x", count: 4_096), scope: plantScope)
        let error = #expect(throws: ExpressionError.self) {
            try CompiledTemplate(String(repeating: "x", count: 4_097), scope: plantScope)
        }
        #expect(error?.code == .tooLong)
    }
}
