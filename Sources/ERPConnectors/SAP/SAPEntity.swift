import HTTPClient
import Primitives

/// One entity of an OData 2.0 answer in JSON (`d` or an element of `d.results`).
struct SAPEntity: Hashable, Sendable {
    let value: JSONValue
    /// What an update must name in `If-Match`; nil when SAP gives none.
    let etag: String?

    init(_ value: JSONValue, etag: String? = nil) {
        self.value = value
        self.etag = etag ?? value["__metadata"]?["etag"]?.string
    }

    /// A text that is not empty.
    func text(_ name: String) -> String? {
        guard let text = value[name]?.string, !text.isEmpty else { return nil }
        return text
    }

    /// A decimal, which OData 2.0 writes as a text.
    func number(_ name: String) -> Double? {
        value[name].flatMap { $0.double ?? $0.string.flatMap(Double.init) }.flatMap { $0.isFinite ? $0 : nil }
    }

    func bool(_ name: String) -> Bool { value[name]?.bool ?? false }

    /// `/Date(1542801052000+0000)/`; the milliseconds are UTC, the offset is for show.
    func time(_ name: String) -> Timestamp? { text(name).flatMap(ODataLiteral.time) }

    /// The entities of an expanded navigation; none when it is deferred.
    func list(_ name: String) -> [SAPEntity] {
        let list = value[name]?["results"]?.array ?? value[name]?.array ?? []
        return list.map { SAPEntity($0) }
    }
}

/// The answer of an OData 2.0 service.
enum SAPAnswer {
    /// The entity that an answer is about; nil when there is none.
    static func entity(in response: OutboundResponse) -> SAPEntity? {
        guard let document = try? JSONValue(parsing: response.body), let entity = document["d"], entity.object != nil
        else { return nil }
        return SAPEntity(entity, etag: response.header("etag"))
    }

    /// The entities of a list; nil when the answer is no list.
    static func list(in response: OutboundResponse) -> [SAPEntity]? {
        guard let document = try? JSONValue(parsing: response.body),
            let list = document["d"]?["results"]?.array ?? document["d"]?.array
        else { return nil }
        return list.map { SAPEntity($0) }
    }
}

/// Values as OData 2.0 writes them in addresses and bodies
/// (https://www.odata.org/documentation/odata-version-2-0/overview/, section 6).
enum ODataLiteral {
    /// A text in quotes, such as `'O''Neill'`.
    static func text(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

    /// A time with its offset, such as `datetimeoffset'2026-11-23T01:02:03Z'`.
    static func offsetTime(_ time: Timestamp) -> String {
        "datetimeoffset'" + wholeSeconds(time) + "Z'"
    }

    /// `/Date(ms)/` of the day's midnight in UTC: SAP keeps dates without a time so.
    static func day(_ time: Timestamp) -> String {
        let day: Int64 = 86_400_000
        let milliseconds = time.milliseconds
        let rest = milliseconds % day
        return "/Date(\(milliseconds - (rest < 0 ? rest + day : rest)))/"
    }

    /// At most three decimals, as Edm.Decimal(13,3) takes them; nil when it does not fit or nothing is left.
    static func quantity(_ number: Double) -> String? {
        guard number.isFinite, abs(number) < 1e10 else { return nil }
        let thousandths = Int64((number * 1_000).rounded())
        guard thousandths > 0 else { return nil }
        let decimals = String(thousandths % 1_000 + 1_000).dropFirst()
        return "\(thousandths / 1_000).\(decimals)"
    }

    /// Reads `/Date(ms)/` and `/Date(ms+0000)/`.
    static func time(_ text: String) -> Timestamp? {
        guard text.hasPrefix("/Date("), text.hasSuffix(")/") else { return nil }
        let inner = text.dropFirst(6).dropLast(2)
        let sign = inner.dropFirst().firstIndex { $0 == "+" || $0 == "-" } ?? inner.endIndex
        guard let milliseconds = Int64(inner[..<sign]), abs(Double(milliseconds)) < 2.6e14 else { return nil }
        return Timestamp(milliseconds: milliseconds)
    }

    private static func wholeSeconds(_ time: Timestamp) -> String { String(time.rfc3339.prefix(19)) }
}
