import Primitives

/// The query options of OData that connectors use, on rows in memory.
struct SimulatedODataQuery {
    /// What comes of a list.
    enum Result {
        /// A page, and where the next one begins.
        case page([JSONObject], next: Int?)
        /// The query is not understood.
        case refused(String)
    }

    private let request: SimulatedRequest

    init(_ request: SimulatedRequest) { self.request = request }

    /// The names of `$select`; nil for all.
    var names: [String]? { request.parameter("$select").map { $0.split(separator: ",").map(String.init) } }

    /// Filters, sorts and cuts rows.
    ///
    /// Names that are not `known` are refused, as OData services do; `pageSize` is how many rows a page has at most.
    func apply(to rows: [JSONObject], known: Set<String>, pageSize: Int) -> Result {
        if let unknown = names?.first(where: { !known.contains($0) }) {
            return .refused("Could not find a property named '\(unknown)'.")
        }
        var rows = rows
        if let text = request.parameter("$filter") {
            guard let filter = SimulatedFilter(odata: text) else { return .refused("Syntax error in '\(text)'.") }
            if let unknown = filter.conditions.first(where: { !known.contains($0.name) }) {
                return .refused("Could not find a property named '\(unknown.name)'.")
            }
            rows = rows.filter(filter.matches)
        }
        if let order = request.parameter("$orderby")?.split(separator: ",").first?.split(separator: " ").first {
            let name = String(order)
            rows = rows.enumerated().sorted { left, right in
                let (first, second) = (left.element[name]?.string ?? "", right.element[name]?.string ?? "")
                return first == second ? left.offset < right.offset : first < second
            }.map(\.element)
        }
        let start =
            request.parameter("$skiptoken").flatMap(Int.init) ?? request.parameter("$skip").flatMap(Int.init) ?? 0
        let rest = rows.dropFirst(max(0, start))
        if let top = request.parameter("$top").flatMap(Int.init) {
            return .page(rest.prefix(max(0, top)).map(selected), next: nil)
        }
        let page = rest.prefix(pageSize)
        return .page(page.map(selected), next: rest.count > page.count ? start + page.count : nil)
    }

    /// A row with the selected members, and what was expanded into it.
    func selected(_ row: JSONObject) -> JSONObject {
        guard let names else { return row }
        var result = JSONObject()
        let expanded = expandedNames
        for member in row.members {
            let plain = member.name.split(separator: "@").first.map(String.init) ?? member.name
            if names.contains(plain) || plain == "" || expanded.contains(plain) || member.name.hasPrefix("@") {
                result[member.name] = member.value
            }
        }
        return result
    }

    private var expandedNames: [String] {
        (request.parameter("$expand") ?? "").split(separator: ",").map { part in
            String(part.prefix { $0 != "(" })
        }
    }
}
