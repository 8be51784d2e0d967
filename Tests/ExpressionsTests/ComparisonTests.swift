import Expressions
import Testing

@Suite("The comparisons that a chart draws") struct ComparisonTests {
    private func comparisons(_ source: String) throws -> [String] {
        var scope = Scope()
        for (slot, name) in ["temperature", "pressure"].enumerated() { scope.add(name, .number, slot: slot) }
        scope.add("running", .boolean, slot: 2)
        return try CompiledExpression(source, scope: scope).comparisons.map { "\($0.name) \($0.symbol) \($0.value)" }
    }

    @Test func theyAreFoundWhereverTheyStand() throws {
        #expect(try comparisons("temperature > 80") == ["temperature > 80.0"])
        #expect(try comparisons("-5 >= temperature") == ["temperature <= -5.0"])
        #expect(
            try comparisons("running and (temperature > 80 or not (pressure <= 2.5))")
                == ["temperature > 80.0", "pressure <= 2.5"]
        )
    }

    @Test func whatIsNoSuchComparisonIsLeftOut() throws {
        #expect(try comparisons("temperature * 2 > 80 or temperature > pressure or running").isEmpty)
    }
}
