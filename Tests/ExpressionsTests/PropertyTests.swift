import Expressions
import SeededRandom
import Testing

@Suite("Properties of random expressions")
struct PropertyTests {
    @Test("What is printed reads back as the same tree", arguments: 1...4)
    func printing(seed: UInt64) throws {
        var random = RandomExpressions(seed: seed)
        for _ in 0..<500 {
            let tree = random.expression(depth: 4)
            guard let parsed = try parsed(tree) else { continue }
            #expect(parsed == tree, "\(tree)")
        }
    }

    /// The tree of the printed form; nil when a bound was exceeded, which large random trees may do.
    private func parsed(_ tree: Syntax) throws -> Syntax? {
        do {
            return try Syntax(parsing: tree.description)
        } catch let error where [.tooLong, .tooComplex].contains(error.code) {
            return nil
        }
    }

    @Test("The compiled program and the naive evaluator agree", arguments: 10...13)
    func evaluation(seed: UInt64) throws {
        var random = RandomExpressions(seed: seed)
        var nulls = 0
        var compared = 0
        for _ in 0..<500 {
            let tree = random.expression(depth: 4)
            guard try parsed(tree) != nil else { continue }
            let compiled = try CompiledExpression(tree.description, scope: plantScope)
            for _ in 0..<10 {
                let values = random.values()
                let expected = ReferenceEvaluator(values: values).value(tree)
                let actual = compiled.evaluate(values)
                #expect(matches(actual, expected), "\(tree) for \(values): \(actual), not \(expected)")
                compared += 1
                nulls += actual == .null ? 1 : 0
            }
        }
        #expect(compared > 3_000)
        #expect((compared / 10...compared * 9 / 10).contains(nulls), "the comparison must see values and nulls")
    }

    private func matches(_ value: Value, _ expected: ReferenceEvaluator.Result) -> Bool {
        switch (value, expected) {
        case (.null, .null): true
        case (.number(let one), .number(let other)): one == other
        case (.boolean(let one), .boolean(let other)): one == other
        case (.text(let one), .text(let other)): one == other
        default: false
        }
    }

    @Test("Random bytes are refused or evaluated, never more", arguments: 20...23)
    func noise(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("temperature mode 019.eE+-*/()<>=!,'\"\\`{}$u and or not null if max \n\té€😀\u{301}#&|")
        var accepted = 0
        for round in 0..<2_000 {
            let source: String
            if round.isMultiple(of: 2) {
                let bytes = (0..<Int.random(in: 0..<60, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                source = String(decoding: bytes, as: UTF8.self)
            } else {
                let count = Int.random(in: 0..<12, using: &generator)
                source = String((0..<count).map { _ in alphabet.randomElement(using: &generator) ?? " " })
            }
            if let expression = try? CompiledExpression(source, scope: plantScope) {
                accepted += 1
                _ = expression.evaluate(PlantValues())
            }
            if let template = try? CompiledTemplate("${" + source + "}x${" + source, scope: plantScope) {
                _ = try? template.render(PlantValues())
            }
        }
        #expect(accepted > 0, "some noise must be valid, or the test exercises the lexer only")
    }

    @Test("A cut or damaged expression is refused or evaluated, and faults stand within the source")
    func mutations() throws {
        var random = RandomExpressions(seed: 99)
        for _ in 0..<300 {
            var source = Array(random.expression(depth: 3).description)
            guard !source.isEmpty else { continue }
            let index = Int.random(in: 0..<source.count, using: &random.generator)
            if Bool.random(using: &random.generator) {
                source.remove(at: index)
            } else {
                source.removeSubrange(index...)
            }
            let text = String(source)
            guard let error = compilationError(text) else { continue }
            #expect(error.position.offset + error.position.length <= text.utf16.count, "\(text)")
            #expect(!error.message.isEmpty)
        }
    }
}
