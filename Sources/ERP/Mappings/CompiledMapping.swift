import Assets
import Expressions
import Primitives

/// The expressions of a mapping, compiled for one profile; shared by everything that is computed with them.
final class CompiledMapping: Sendable {
    private struct Lookup: Sendable {
        var expression: CompiledExpression
        var table: [String: String]
        var fallback: String?
    }

    /// The field templates.
    let fields: CompiledFields
    /// What must be true; nil for no condition.
    private let condition: CompiledExpression?
    private let lookups: [Lookup]
    /// The mapping's own names that anything here uses.
    let usedNames: [MappingName]
    /// Whether the condition depends on the reading's values alone, so that no names need be computed for it.
    let conditionNeedsReadingOnly: Bool
    /// Whether anything here uses a value of the reading.
    let usesReading: Bool

    /// Compiles the fields, the condition and the tables.
    ///
    /// - Throws: ``InvalidInput`` with every fault.
    init(
        fields templates: JSONObject,
        options: MappingOptions,
        profile: Profile?,
        states: StateTexts,
        context: MappingContext
    ) throws(InvalidInput) {
        let plain = Scope(mappingOn: profile, states: states, context: context)
        var issues: [InputIssue] = []
        var scope = plain
        var lookups: [Lookup] = []
        for (index, lookup) in options.lookups.enumerated() {
            scope.add("lookups." + lookup.name, .text, slot: MappingName.firstLookupSlot + index)
            do throws(ExpressionError) {
                let expression = try CompiledExpression(lookup.expression, scope: plain)
                lookups.append(Lookup(expression: expression, table: lookup.table, fallback: lookup.fallback))
            } catch {
                let pointer = MappingLookup.pointer(to: lookup.name) + "/expression"
                issues.append(InputIssue(pointer: pointer, code: error.code.rawValue, detail: error.detail))
            }
        }
        condition = Self.condition(options.condition, scope, &issues)
        do throws(InvalidInput) {
            fields = try CompiledFields(templates, scope: scope)
        } catch {
            throw InvalidInput(issues + error.issues)
        }
        if !issues.isEmpty { throw InvalidInput(issues) }
        self.lookups = lookups
        let inCondition = Set(condition?.usedNames ?? [])
        let names = lookups.reduce(into: fields.usedNames.union(inCondition)) {
            $0.formUnion($1.expression.usedNames)
        }
        usedNames = MappingName.allCases.filter { names.contains($0.name) }
        let own = Set(MappingName.allCases.filter { $0.isKnown(context) }.map(\.name))
        func isOfReading(_ name: String) -> Bool { !own.contains(name) && !name.hasPrefix("lookups.") }
        conditionNeedsReadingOnly = inCondition.allSatisfy(isOfReading)
        usesReading = names.contains(where: isOfReading)
    }

    private static func condition(
        _ source: String?,
        _ scope: Scope,
        _ issues: inout [InputIssue]
    ) -> CompiledExpression? {
        guard let source else { return nil }
        do throws(ExpressionError) {
            return try CompiledExpression(source, scope: scope, expecting: .boolean)
        } catch {
            issues.append(InputIssue(pointer: "/condition", code: error.code.rawValue, detail: error.detail))
            return nil
        }
    }

    /// Whether there is a condition.
    var hasCondition: Bool { condition != nil }

    /// Whether the condition holds; a condition without a value does not.
    func holds(_ values: MappingValues) -> Bool {
        guard let condition else { return true }
        return condition.evaluate(values) == .boolean(true)
    }

    /// Whether a condition over a reading's values alone holds.
    func holds(over values: MetricValues) -> Bool {
        guard let condition else { return true }
        return condition.condition(over: values.slots) == true
    }

    /// Looks everything up.
    func translate(_ values: inout MappingValues) {
        for (index, lookup) in lookups.enumerated() {
            let value = lookup.expression.evaluate(values).rendered
            values.set(lookup: index, value.flatMap { lookup.table[$0] } ?? lookup.fallback)
        }
    }
}
