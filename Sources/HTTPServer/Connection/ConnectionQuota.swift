/// Counts connections in all and per address; those from this machine count only in all.
struct ConnectionQuota {
    let maximum: Int
    let maximumPerAddress: Int
    private(set) var count = 0
    private var perAddress: [String: Int] = [:]

    init(maximum: Int, maximumPerAddress: Int) {
        self.maximum = maximum
        self.maximumPerAddress = maximumPerAddress
    }

    /// Takes a connection in; false when a limit is reached.
    mutating func admit(_ address: String, isLoopback: Bool) -> Bool {
        guard count < maximum else { return false }
        if !isLoopback {
            let open = perAddress[address, default: 0]
            guard open < maximumPerAddress else { return false }
            perAddress[address] = open + 1
        }
        count += 1
        return true
    }

    /// Gives the place of an admitted connection back.
    mutating func release(_ address: String, isLoopback: Bool) {
        count -= 1
        guard !isLoopback, let open = perAddress[address] else { return }
        perAddress[address] = open > 1 ? open - 1 : nil
    }
}
