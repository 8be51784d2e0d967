extension JSONValue {
    /// The JSON text with a member or element a line, for files that people read and compare; ends with a line feed.
    public var indentedText: String {
        var output: [UInt8] = []
        write(indented: 0, to: &output)
        output.append(UInt8(ascii: "\n"))
        return String(decoding: output, as: UTF8.self)
    }

    private func write(indented depth: Int, to output: inout [UInt8]) {
        func line(_ depth: Int) {
            output.append(UInt8(ascii: "\n"))
            output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
        }
        switch self {
        case .array(let elements) where !elements.isEmpty:
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                line(depth + 1)
                element.write(indented: depth + 1, to: &output)
            }
            line(depth)
            output.append(UInt8(ascii: "]"))
        case .object(let object) where !object.isEmpty:
            output.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                line(depth + 1)
                JSONValue.write(string: member.name, to: &output)
                output.append(contentsOf: ": ".utf8)
                member.value.write(indented: depth + 1, to: &output)
            }
            line(depth)
            output.append(UInt8(ascii: "}"))
        default: write(to: &output)
        }
    }
}
