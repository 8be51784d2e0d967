import Primitives

extension TrytonStore {
    // The parameters are `[domain, offset, limit, order, fields]`.
    func searchRead(_ model: String, _ parameters: [JSONValue]) throws(Refusal) -> JSONValue {
        guard parameters.count == 5, let domain = parameters[0].array, let fields = parameters[4].array else {
            throw .fault("search_read() takes other arguments")
        }
        var found: [JSONObject] = []
        for record in tables[model] ?? [] where try matches(model, record, domain, isAny: false) {
            found.append(record)
        }
        for part in (parameters[3].array ?? []).reversed() {
            guard let name = part.array?.first?.string else { continue }
            let isDescending = part.array?.last?.string == "DESC"
            // Stable, so that what was sorted by before stays in order.
            found = found.enumerated().sorted { left, right in
                let order = Self.compare(left.element[name] ?? .null, right.element[name] ?? .null)
                if order == 0 { return left.offset < right.offset }
                return isDescending ? order > 0 : order < 0
            }.map(\.element)
        }
        if let limit = parameters[2].integer { found = Array(found.prefix(Int(clamping: limit))) }
        return .array(
            try found.map { (record) throws(Refusal) in try read(model, record, fields.compactMap(\.string)) }
        )
    }

    func read(_ model: String, _ record: JSONObject, _ fields: [String]) throws(Refusal) -> JSONValue {
        var result = JSONObject()
        result["id"] = record["id"]
        for field in fields {
            guard let dot = field.firstIndex(of: ".") else {
                guard let value = try value(model, record, field) else { throw .fault("'\(field)'") }
                result[field] = value
                continue
            }
            // `product.code` answers as `"product.": {"code": …, "id": …}`.
            let name = String(field[..<dot])
            let rest = String(field[field.index(after: dot)...])
            let value = try value(model, record, name) ?? .null
            guard let id = value.integer, let target = target(model, name), let other = self.record(target, id) else {
                result[name + "."] = .null
                continue
            }
            var part = result[name + "."]?.object ?? JSONObject()
            for member in try read(target, other, [rest]).object?.members ?? [] { part[member.name] = member.value }
            result[name + "."] = .object(part)
        }
        return .object(result)
    }

    private func target(_ model: String, _ field: String) -> String? {
        field == "parent" ? model : Self.targets[field]
    }

    /// A field's value; nil for a field that the model does not have.
    private func value(_ model: String, _ record: JSONObject, _ name: String) throws(Refusal) -> JSONValue? {
        if let value = record[name] { return value }
        switch (model, name) {
        case ("production", "rec_name"):
            return .string("\(record["number"]?.string ?? "") [\(record["reference"]?.string ?? "")]")
        case ("production", "cost"): return ["__class__": "Decimal", "decimal": "25.00"]
        case ("production", _) where ["done_by", "run_by", "assigned_by", "work_center"].contains(name): return .null
        case ("production", _) where name.hasSuffix("_date"): return .null
        default: return tables[model]?.first?[name] == nil ? nil : .null
        }
    }

    // MARK: Domains

    private func matches(
        _ model: String,
        _ record: JSONObject,
        _ domain: [JSONValue],
        isAny: Bool
    ) throws(Refusal) -> Bool {
        for part in domain {
            guard let clause = part.array else { continue }
            let isTrue: Bool
            if clause.first == "OR" || clause.first == "AND" {
                isTrue = try matches(model, record, Array(clause.dropFirst()), isAny: clause.first == "OR")
            } else if clause.first?.string != nil {
                isTrue = try holds(model, record, clause)
            } else {
                isTrue = try matches(model, record, clause, isAny: false)
            }
            if isTrue == isAny { return isAny }
        }
        return !isAny
    }

    private func holds(_ model: String, _ record: JSONObject, _ clause: [JSONValue]) throws(Refusal) -> Bool {
        guard clause.count == 3, let path = clause[0].string, let comparison = clause[1].string else {
            throw .fault("not a clause")
        }
        let values = try values(model, record, path.split(separator: ".").map(String.init))
        let wanted = clause[2]
        switch comparison {
        case "=": return values.contains { Self.compare($0, wanted) == 0 }
        case "!=": return !values.contains { Self.compare($0, wanted) == 0 }
        case ">": return values.contains { !$0.isNull && Self.compare($0, wanted) > 0 }
        case ">=": return values.contains { !$0.isNull && Self.compare($0, wanted) >= 0 }
        case "in": return (wanted.array ?? []).contains { one in values.contains { Self.compare($0, one) == 0 } }
        case "like":
            // Only patterns with % at both ends.
            let text = (wanted.string ?? "").filter { $0 != "%" }
            return values.contains { ($0.string ?? "").contains(text) }
        default: throw .fault("unknown operator \(comparison)")
        }
    }

    private func values(_ model: String, _ record: JSONObject, _ path: [String]) throws(Refusal) -> [JSONValue] {
        guard let name = path.first, let value = try value(model, record, name) else {
            throw .fault("'\(path.first ?? "")'")
        }
        if path.count == 1 { return [value] }
        guard let target = target(model, name) else { throw .fault("'\(name)'") }
        let ids = value.array?.compactMap(\.integer) ?? [value.integer].compactMap { $0 }
        var all: [JSONValue] = []
        for id in ids {
            guard let other = self.record(target, id) else { continue }
            all += try values(target, other, Array(path.dropFirst()))
        }
        return all
    }

    /// Below, at or above 0; null comes first, true is 1.
    static func compare(_ left: JSONValue, _ right: JSONValue) -> Int {
        if left.isNull || right.isNull { return left.isNull == right.isNull ? 0 : left.isNull ? -1 : 1 }
        if let left = number(left), let right = number(right) { return left < right ? -1 : left > right ? 1 : 0 }
        if let left = left.string, let right = right.string { return left < right ? -1 : left > right ? 1 : 0 }
        let names = ["year", "month", "day", "hour", "minute", "second", "microsecond"]
        for name in names {
            let (left, right) = (left[name]?.integer ?? 0, right[name]?.integer ?? 0)
            if left != right { return left < right ? -1 : 1 }
        }
        return left.object == nil || right.object == nil ? -1 : 0
    }

    private static func number(_ value: JSONValue) -> Double? {
        value.double ?? value.bool.map { $0 ? 1 : 0 } ?? value["decimal"]?.string.flatMap(Double.init)
    }
}
