/// Finds the MQTT packets in a stream of bytes, however it is cut.
struct PacketFramer {
    private var header: [UInt8] = []
    private var bodyLeft = 0

    /// The types of the packets that begin in these bytes, once their length is known.
    mutating func types(in bytes: ArraySlice<UInt8>) -> [UInt8] {
        var types: [UInt8] = []
        var rest = bytes
        while !rest.isEmpty {
            if bodyLeft > 0 {
                let taken = min(bodyLeft, rest.count)
                rest = rest.dropFirst(taken)
                bodyLeft -= taken
                continue
            }
            header.append(rest.removeFirst())
            guard header.count > 1, header[header.count - 1] & 0x80 == 0 else { continue }
            types.append(header[0] >> 4)
            bodyLeft = header.dropFirst().reversed().reduce(0) { $0 << 7 | Int($1 & 0x7F) }
            header = []
        }
        return types
    }
}
