import ERPConnectors
import PostgreSQL
import Primitives

/// Compares what a mapping writes into pick lists, and the items that it names, with what the ERP has there.
///
/// What is found is a warning: lists change, and an ERP that cannot be asked must not keep anybody from saving.
struct PickListCheck: Sendable {
    /// How long the ERP may take to tell a list.
    static let patience = Duration.seconds(4)

    /// The connector's row.
    let connectorID: Int32
    let erp: any ERPConnector
    /// Where the ERP's items are, as they were read.
    let session: any PostgresSession

    /// Warnings about the values of fields that are texts without placeholders or come from lookup tables.
    func warnings(operation: ERPOperation, fields: JSONObject, lookups: [MappingLookup]) async -> [InputIssue] {
        guard let manifest = erp.manifest.operation(operation) else { return [] }
        var warnings: [InputIssue] = []
        for member in fields.members {
            guard let field = manifest.field(member.name) else { continue }
            let values = Self.values(member, lookups)
            if values.isEmpty { continue }
            switch field.kind {
            case .choice: warnings += await unknownChoices(values, field)
            case .item: warnings += await unknownItems(values, field)
            default: continue
            }
        }
        return warnings
    }

    private func unknownChoices(_ values: [Candidate], _ field: FormField) async -> [InputIssue] {
        guard let choices = await choices(of: field) else { return [] }
        let known = Set(choices.map(\.value))
        let some = choices.prefix(8).map(\.value).joined(separator: ", ")
        return Self.warnings(
            values.filter { !known.contains($0.value) },
            field,
            "It has: \(some)\(choices.count > 8 ? ", …" : "")."
        )
    }

    /// Nothing when the items were never read, or cannot be looked up now.
    private func unknownItems(_ values: [Candidate], _ field: FormField) async -> [InputIssue] {
        guard let readAt = try? await session.first(ItemQueries.readAt(connector: connectorID)),
            let found = try? await session.query(ItemQueries.known(values.map(\.value), connector: connectorID))
        else { return [] }
        let known = Set(found)
        return Self.warnings(
            values.filter { !known.contains($0.value) },
            field,
            "Its items were read at \(readAt.rfc3339.prefix(16))Z; read them again if it is new."
        )
    }

    private static func warnings(_ unknown: [Candidate], _ field: FormField, _ advice: String) -> [InputIssue] {
        unknown.map { value in
            let detail = "“\(field.label)” has no value “\(value.value.prefix(60))” in this ERP. \(advice)"
            return InputIssue(pointer: value.pointer, code: "unknown-choice", detail: detail)
        }
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
