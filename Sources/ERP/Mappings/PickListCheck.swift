import ERPConnectors
import Primitives

/// Compares what a mapping writes into pick lists with what the ERP has there.
///
/// What is found is a warning: lists change, and an ERP that cannot be asked must not keep anybody from saving.
struct PickListCheck: Sendable {
    /// How long the ERP may take to tell a list.
    static let patience = Duration.seconds(4)

    let erp: any ERPConnector

    /// Warnings about the values of fields that are texts without placeholders or come from lookup tables.
    func warnings(operation: ERPOperation, fields: JSONObject, lookups: [MappingLookup]) async -> [InputIssue] {
        guard let manifest = erp.manifest.operation(operation) else { return [] }
        var warnings: [InputIssue] = []
        for member in fields.members {
            guard let field = manifest.field(member.name), field.kind == .choice else { continue }
            let values = Self.values(member, lookups)
            if values.isEmpty { continue }
            guard let choices = await choices(of: field) else { continue }
            let known = Set(choices.map(\.value))
            let unknown = values.filter { !known.contains($0.value) }
            for value in unknown {
                let some = choices.prefix(8).map(\.value).joined(separator: ", ")
                let detail =
                    "“\(field.label)” has no value “\(value.value.prefix(60))” in this ERP. It has: "
                    + "\(some)\(choices.count > 8 ? ", …" : "")."
                warnings.append(InputIssue(pointer: value.pointer, code: "unknown-choice", detail: detail))
            }
        }
        return warnings
    }

    /// A value that a field can have.
    private struct Candidate {
        var value: String
        /// Where it stands in the mapping's document.
        var pointer: String
    }

    /// The values of a field as far as they are known before it is computed.
    private static func values(_ member: JSONObject.Member, _ lookups: [MappingLookup]) -> [Candidate] {
        guard let text = member.value.string, !text.isEmpty else { return [] }
        if !text.contains("${") { return [Candidate(value: text, pointer: CompiledFields.pointer(to: member.name))] }
        guard text.hasPrefix("${"), text.hasSuffix("}") else { return [] }
        let name = text.dropFirst(2).dropLast().filter { !$0.isWhitespace }
        guard let lookup = lookups.first(where: { "lookups." + $0.name == name }) else { return [] }
        let pointer = MappingLookup.pointer(to: lookup.name)
        let results = Set(lookup.order.compactMap { lookup.table[$0] }).sorted()
        return results.map { Candidate(value: $0, pointer: pointer + "/table") }
            + (lookup.fallback.map { [Candidate(value: $0, pointer: pointer + "/default")] } ?? [])
    }

    private func choices(of field: FormField) async -> [Choice]? {
        guard let list = field.list else { return field.choices.isEmpty ? nil : field.choices }
        let erp = erp
        return await withTaskGroup(of: [Choice]?.self) { group in
            group.addTask {
                do throws(CallFailure) { return field.choices + (try await erp.choices(list)) } catch { return nil }
            }
            group.addTask {
                try? await Task.sleep(for: Self.patience)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
}
