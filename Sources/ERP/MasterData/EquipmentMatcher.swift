import ERPConnectors

/// Finds out which equipment of the ERP is which asset.
///
/// Pure. Numbers decide before names: an equal tag or serial number outweighs any likeness of words. An asset and a piece
/// of equipment are proposed to each other only when each is the other's best, so that a proposal can be confirmed blindly.
struct EquipmentMatcher {
    /// How alike an asset and a piece of equipment are, and why.
    struct Likeness: Hashable, Sendable {
        /// 0 to 1.
        var score: Double
        /// What agrees, for people.
        var reasons: [String]
    }

    /// Proposals below this are noise.
    static let threshold = 0.5

    private let equipment: [EquipmentRecord]
    private let assets: [AssetCandidate]
    private let equipmentWords: [Set<String>]
    private let assetWords: [Set<String>]

    init(equipment: [EquipmentRecord], assets: [AssetCandidate]) {
        self.equipment = equipment
        self.assets = assets
        equipmentWords = equipment.map { Self.words($0.name) }
        assetWords = assets.map { Self.words($0.name) }
    }

    /// Every asset with its state, then the equipment that no asset stands for.
    func rows() -> [MatchRow] {
        let known = Dictionary(equipment.indices.map { (equipment[$0].reference, $0) }, uniquingKeysWith: { $1 })
        var users: [String: Int] = [:]
        for asset in assets { if let reference = asset.reference { users[reference, default: 0] += 1 } }
        let proposals = proposals(taken: Set(users.keys))
        var rows: [MatchRow] = []
        for (index, asset) in assets.enumerated() {
            guard let reference = asset.reference else {
                if let (other, likeness) = proposals[index] {
                    rows.append(MatchRow(.proposed, asset, equipment[other], likeness))
                } else {
                    rows.append(MatchRow(.unmatchedAsset, asset, nil))
                }
                continue
            }
            rows.append(linked(asset, known[reference].map { equipment[$0] }, users: users[reference] ?? 0))
        }
        let proposed = Set(proposals.values.map(\.equipment))
        for (index, record) in equipment.enumerated()
        where users[record.reference] == nil && !proposed.contains(index) && !record.isRetired {
            rows.append(MatchRow(.unmatchedEquipment, nil, record))
        }
        return rows
    }

    private func linked(_ asset: AssetCandidate, _ record: EquipmentRecord?, users: Int) -> MatchRow {
        guard let record else {
            let reason = "The ERP no longer has “\(asset.reference ?? "")”."
            return MatchRow(.drift, asset, nil, Likeness(score: 0, reasons: [reason]))
        }
        if record.isRetired {
            return MatchRow(.drift, asset, record, Likeness(score: 0, reasons: ["It is out of use in the ERP."]))
        }
        if users > 1 {
            return MatchRow(.duplicate, asset, record, Likeness(score: 0, reasons: ["\(users) assets name it."]))
        }
        return MatchRow(.linked, asset, record, Self.likeness(record, asset, Self.likeness(record.name, asset.name)))
    }

    /// The best pairs by the asset's index.
    private func proposals(taken: Set<String>) -> [Int: (equipment: Int, likeness: Likeness)] {
        let open = assets.indices.filter { assets[$0].reference == nil }
        var bestOfAsset: [Int: (equipment: Int, likeness: Likeness)] = [:]
        var bestOfEquipment: [Int: (asset: Int, score: Double)] = [:]
        let index = Index(assets: assets, words: assetWords, open: open)
        for (other, record) in equipment.enumerated() where !taken.contains(record.reference) && !record.isRetired {
            for asset in index.candidates(record, equipmentWords[other]) {
                let words = Self.jaccard(equipmentWords[other], assetWords[asset])
                let likeness = Self.likeness(record, assets[asset], words)
                guard likeness.score >= Self.threshold else { continue }
                if likeness.score > bestOfAsset[asset]?.likeness.score ?? 0 { bestOfAsset[asset] = (other, likeness) }
                if likeness.score > bestOfEquipment[other]?.score ?? 0 {
                    bestOfEquipment[other] = (asset, likeness.score)
                }
            }
        }
        return bestOfAsset.filter { bestOfEquipment[$0.value.equipment]?.asset == $0.key }
    }

    // MARK: - Likeness

    static func likeness(_ record: EquipmentRecord, _ asset: AssetCandidate, _ words: Double) -> Likeness {
        var score = 0.75 * words
        var reasons = words >= 0.3 ? ["Name “\(record.name)” is like “\(asset.name)”."] : []
        let numbers = Set(([asset.key] + asset.devices).map(plain))
        for (value, what, weight) in [
            (record.tag, "Tag", 0.97), (record.serial, "Serial number", 0.95),
            (Optional(record.reference), "Number", 0.9),
        ] {
            guard let value, plain(value).count >= 3, numbers.contains(plain(value)) else { continue }
            score = max(score, weight)
            reasons.append("\(what) “\(value)” is the asset's key or that of its device.")
        }
        if let location = record.location {
            let place = jaccard(Self.words(location), Self.words(asset.path.joined(separator: " ")))
            if place > 0 {
                score = min(1, score + 0.15 * place)
                reasons.append("Location “\(location)” is like “\(asset.path.joined(separator: " › "))”.")
            }
        }
        return Likeness(score: min(1, (score * 100).rounded() / 100), reasons: reasons)
    }

    static func likeness(_ first: String, _ second: String) -> Double { jaccard(words(first), words(second)) }

    private static func jaccard(_ first: Set<String>, _ second: Set<String>) -> Double {
        let union = first.union(second).count
        return union == 0 ? 0 : Double(first.intersection(second).count) / Double(union)
    }

    /// Letters and digits in small letters: `PUMP-07 b` and `pump07B` are the same.
    static func plain(_ text: String) -> String { String(text.lowercased().filter { $0.isLetter || $0.isNumber }) }

    /// The words of a name; numbers without leading zeros, so that “Pump 07” is “Pump 7”.
    static func words(_ text: String) -> Set<String> {
        var words: Set<String> = []
        var word = ""
        func flush() {
            if word.isEmpty { return }
            let digits = word.drop { $0 == "0" }
            words.insert(word.allSatisfy(\.isNumber) && !digits.isEmpty ? String(digits) : word)
            word = ""
        }
        for character in text.lowercased() {
            guard character.isLetter || character.isNumber else {
                flush()
                continue
            }
            if let last = word.last, last.isNumber != character.isNumber { flush() }
            word.append(character)
        }
        flush()
        return words
    }

    /// Finds the assets worth comparing: those that share a number or a word that is not everywhere.
    private struct Index {
        private var byNumber: [String: [Int]] = [:]
        private var byWord: [String: [Int]] = [:]
        private static let commonest = 200

        init(assets: [AssetCandidate], words: [Set<String>], open: [Int]) {
            for asset in open {
                for number in Set(([assets[asset].key] + assets[asset].devices).map(plain)) {
                    byNumber[number, default: []].append(asset)
                }
                for word in words[asset] { byWord[word, default: []].append(asset) }
            }
        }

        func candidates(_ record: EquipmentRecord, _ words: Set<String>) -> [Int] {
            var found: Set<Int> = []
            for number in [record.reference, record.tag, record.serial].compactMap({ $0 }) {
                found.formUnion(byNumber[plain(number)] ?? [])
            }
            for word in words {
                if let assets = byWord[word], assets.count <= Self.commonest { found.formUnion(assets) }
            }
            return found.sorted()
        }
    }
}
