import Primitives

extension SAPSimulator {
    func list(_ request: SimulatedRequest, _ set: SAPEntitySet, _ state: State) -> SimulatedResponse {
        var rows = set.name == "A_MatlStkInAcctMod" ? stockRows(state) : state.rows[set.name, default: []]
        if let text = request.parameter("$filter") {
            guard let filter = SAPFilter(text) else {
                return Self.problem(400, "/IWBEP/CM_MGW_RT/176", "Invalid filter '\(text)'")
            }
            if let unknown = filter.properties.first(where: { set.properties[$0] == nil }) {
                return Self.problem(400, "/IWBEP/CM_MGW_RT/160", "Property '\(unknown)' is not known")
            }
            rows = rows.filter { filter.holds($0.values) }
        }
        if let problem = selection(request, set) { return problem }
        if let name = request.parameter("$orderby")?.split(separator: " ").first.map(String.init) {
            rows = rows.enumerated().sorted { Self.before($0, $1, name) }.map(\.element)
        }
        let skip = min(request.parameter("$skip").flatMap(Int.init) ?? 0, rows.count)
        let top = request.parameter("$top").flatMap(Int.init) ?? rows.count
        let page = rows.dropFirst(max(0, skip)).prefix(max(0, top))
        return .json(["d": ["results": .array(page.map { Self.document($0, set, request) })]])
    }

    func entity(_ request: SimulatedRequest, _ set: SAPEntitySet, _ path: String, _ state: State) -> SimulatedResponse {
        guard let row = Self.row(path, set, state) else { return Self.missing(path) }
        if let problem = selection(request, set) { return problem }
        return .json(["d": Self.document(row, set, request)], headers: [("ETag", Self.etag(row))])
    }

    /// A name in `$select` or `$expand` that the set does not have.
    private func selection(_ request: SimulatedRequest, _ set: SAPEntitySet) -> SimulatedResponse? {
        let names = [request.parameter("$select"), request.parameter("$expand")].compactMap(\.self)
            .flatMap { $0.split(separator: ",") }
            .map { String($0.prefix { $0 != "/" }) }
        guard let unknown = names.first(where: { set.properties[$0] == nil && set.navigations[$0] == nil }) else {
            return nil
        }
        return Self.problem(400, "/IWBEP/CM_MGW_RT/021", "Property '\(unknown)' not found in '\(set.name)'")
    }

    private static func before(
        _ one: (offset: Int, element: Row),
        _ other: (offset: Int, element: Row),
        _ name: String
    )
        -> Bool
    {
        let left = one.element.values[name]?.string ?? ""
        let right = other.element.values[name]?.string ?? ""
        if let first = SAPFilter.milliseconds(left), let second = SAPFilter.milliseconds(right), first != second {
            return first < second
        }
        return left == right ? one.offset < other.offset : left < right
    }

    private func stockRows(_ state: State) -> [Row] {
        plant.items.map { item in
            let quantity = state.stock[item.number] ?? 0
            return Row(values: [
                "Material": .string(item.number), "Plant": .string(Self.plantCode),
                "StorageLocation": .string(Self.storageLocation), "InventorySpecialStockType": "",
                "InventoryStockType": "01", "MaterialBaseUnit": .string(item.unit.uppercased()),
                "MatlWrhsStkQtyInMatlBaseUnit": .string(JSONValue.text(of: quantity)),
            ])
        }
    }

    static func document(_ row: Row, _ set: SAPEntitySet, _ request: SimulatedRequest? = nil) -> JSONValue {
        let selected = request?.parameter("$select").map { Set($0.split(separator: ",").map(String.init)) }
        let expanded = Set((request?.parameter("$expand") ?? "").split(separator: ",").map(String.init))
        var document: JSONObject = ["__metadata": ["type": .string(set.name), "etag": .string(etag(row))]]
        for name in set.properties.keys.sorted() where selected?.contains(name) ?? true {
            document[name] = row.values[name] ?? (row.values.isEmpty ? .null : "")
        }
        for name in set.navigations.keys.sorted() {
            document[name] =
                expanded.contains(name)
                ? ["results": .array((row.children[name] ?? []).map(JSONValue.object))]
                : ["__deferred": ["uri": .string(name)]]
        }
        return .object(document)
    }

    /// The row of a path such as `MaintenanceOrder('4000001')`.
    static func row(_ path: String, _ set: SAPEntitySet, _ state: State) -> Row? {
        guard let key = key(path) else { return nil }
        return state.rows[set.name, default: []].first { $0.values[set.keys[0]]?.string == key }
    }

    static func key(_ path: String) -> String? {
        guard let start = path.firstIndex(of: "'"), let end = path.lastIndex(of: "'"), start < end else { return nil }
        return String(path[path.index(after: start)..<end]).replacing("''", with: "'")
    }

    static func index(of key: String, in set: String, _ state: inout State) -> Int? {
        state.rows[set, default: []].firstIndex { $0.values[set]?.string == key }
    }

    static func etag(_ row: Row) -> String { "W/\"\(row.version)\"" }

    static func date(_ time: Timestamp) -> String { "/Date(\(time.milliseconds)+0000)/" }

    static func missing(_ path: String) -> SimulatedResponse {
        problem(404, "/IWBEP/CM_MGW_RT/022", "Resource not found for segment '\(path)'")
    }

    static func problem(
        _ status: Int,
        _ code: String,
        _ text: String,
        headers: [(name: String, value: String)] = []
    ) -> SimulatedResponse {
        let detail: JSONValue = ["code": .string(code), "message": .string(text), "severity": "error"]
        let error: JSONValue = [
            "code": .string(code), "message": ["lang": "en", "value": .string(text)],
            "innererror": ["errordetails": [detail]],
        ]
        return .json(["error": error], status: status, headers: headers)
    }
}
