/// How many calls may begin for one connector.
struct CallAllotment: Hashable, Sendable {
    /// The connector's row.
    var connectorID: Int32
    /// The number of calls.
    var places: Int
}

/// How many calls are under way, bounded per connector and in all.
struct CallPlaces: Hashable, Sendable {
    /// The bound for each connector.
    let perConnector: Int
    /// The bound for all together.
    let total: Int
    private var taken: [Int32: Int] = [:]
    private var turn = 0

    /// Makes places that are all free.
    init(perConnector: Int, total: Int) {
        self.perConnector = perConnector
        self.total = total
    }

    /// How many calls of a connector are under way.
    func taken(by connectorID: Int32) -> Int { taken[connectorID, default: 0] }

    /// How many more calls a connector may begin, the bound for all aside.
    ///
    /// - Parameters:
    ///   - connectorID: the connector's row.
    ///   - bound: the bound for this connector; nil for the usual one.
    /// - Returns: the number, 0 at the bound.
    func free(for connectorID: Int32, bound: Int? = nil) -> Int {
        max(0, (bound ?? perConnector) - taken(by: connectorID))
    }

    /// Takes a place.
    mutating func take(_ connectorID: Int32) {
        taken[connectorID, default: 0] += 1
    }

    /// Gives a place back.
    mutating func giveBack(_ connectorID: Int32) {
        let rest = taken(by: connectorID) - 1
        taken[connectorID] = rest > 0 ? rest : nil
    }

    /// Divides the free places fairly: one each in turn, beginning with another connector every time.
    ///
    /// - Parameter wishes: how many calls each connector could begin.
    /// - Returns: what each gets; those that get nothing are left out.
    mutating func share(_ wishes: [CallAllotment]) -> [CallAllotment] {
        guard !wishes.isEmpty else { return [] }
        var free = total - taken.values.reduce(0, +)
        turn = (turn + 1) % wishes.count
        let order = wishes[turn...] + wishes[..<turn]
        var shares = order.map { CallAllotment(connectorID: $0.connectorID, places: 0) }
        var gave = true
        while free > 0, gave {
            gave = false
            for (index, wish) in order.enumerated() where free > 0 && shares[index].places < wish.places {
                shares[index].places += 1
                free -= 1
                gave = true
            }
        }
        return shares.filter { $0.places > 0 }
    }
}
