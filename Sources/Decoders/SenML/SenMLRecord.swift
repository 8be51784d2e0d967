/// One SenML record (RFC 8428 section 4) as it is written, in either encoding.
struct SenMLRecord {
    /// What a record measures.
    enum Measurement: Hashable {
        case number(Double)
        case text(String)
        case flag(Bool)
        /// Base64 with the URL alphabet, or bytes that were written so.
        case data(String)
    }

    var baseName: String?
    var baseTime: Double?
    var baseUnit: String?
    var baseValue: Double?
    var baseSum: Double?
    var baseVersion: Double?
    var name: String?
    var unit: String?
    var value: Measurement?
    var sum: Double?
    var time: Double?
    /// Where it stands.
    var pointer: String

    init(pointer: String) {
        self.pointer = pointer
    }

    /// The labels with their CBOR keys (RFC 8428 table 4).
    enum Label: String, CaseIterable {
        case baseVersion = "bver"
        case baseName = "bn"
        case baseTime = "bt"
        case baseUnit = "bu"
        case baseValue = "bv"
        case baseSum = "bs"
        case name = "n"
        case unit = "u"
        case value = "v"
        case textValue = "vs"
        case flagValue = "vb"
        case sum = "s"
        case time = "t"
        case updateTime = "ut"
        case dataValue = "vd"

        /// The label with that CBOR key.
        init?(cborKey: Int64) {
            switch cborKey {
            case -6: self = .baseSum
            case -5: self = .baseValue
            case -4: self = .baseUnit
            case -3: self = .baseTime
            case -2: self = .baseName
            case -1: self = .baseVersion
            case 0: self = .name
            case 1: self = .unit
            case 2: self = .value
            case 3: self = .textValue
            case 4: self = .flagValue
            case 5: self = .sum
            case 6: self = .time
            case 7: self = .updateTime
            case 8: self = .dataValue
            default: return nil
            }
        }
    }

    /// What a member holds, in either encoding.
    enum Content {
        case number(Double)
        case text(String)
        case flag(Bool)
        case data(String)
    }

    /// Takes a member in.
    mutating func set(_ label: Label, _ content: Content) throws(DecodeFailure) {
        switch (label, content) {
        case (.baseVersion, .number(let number)): baseVersion = number
        case (.baseName, .text(let text)): baseName = text
        case (.baseTime, .number(let number)): baseTime = number
        case (.baseUnit, .text(let text)): baseUnit = text
        case (.baseValue, .number(let number)): baseValue = number
        case (.baseSum, .number(let number)): baseSum = number
        case (.name, .text(let text)): name = text
        case (.unit, .text(let text)): unit = text
        case (.sum, .number(let number)): sum = number
        case (.time, .number(let number)): time = number
        case (.updateTime, .number): break
        case (.value, .number(let number)): try set(.number(number))
        case (.textValue, .text(let text)): try set(.text(text))
        case (.flagValue, .flag(let flag)): try set(.flag(flag))
        case (.dataValue, .data(let text)), (.dataValue, .text(let text)): try set(.data(text))
        default:
            throw DecodeFailure(
                .badShape,
                "“\(label.rawValue)” has a value of another type than RFC 8428 says.",
                pointer: pointer + "/" + label.rawValue
            )
        }
    }

    private mutating func set(_ measurement: Measurement) throws(DecodeFailure) {
        guard value == nil else {
            throw DecodeFailure(.badShape, "A record has more than one of v, vs, vb and vd.", pointer: pointer)
        }
        value = measurement
    }

    /// What is said of a label that ends with an underscore and is not known (RFC 8428 section 4.4).
    static func mustUnderstand(_ label: String, _ pointer: String) -> DecodeFailure {
        DecodeFailure(
            .badShape,
            "The record must not be read without understanding “\(label)”, which is not known here.",
            pointer: pointer
        )
    }
}
