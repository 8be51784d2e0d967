/// An edge node's name: unique in a broker, as (group, node).
public struct EdgeNodeName: Hashable, Comparable, Sendable {
    /// The Sparkplug group.
    public var group: String
    /// The edge node in the group.
    public var node: String

    /// Makes a name.
    public init(group: String, node: String) {
        self.group = group
        self.node = node
    }

    /// Orders by group, then by node.
    public static func < (left: EdgeNodeName, right: EdgeNodeName) -> Bool {
        (left.group, left.node) < (right.group, right.node)
    }

    /// `{group}/{node}`, or `{group}/{node}/{device}`; unambiguous, since a topic level holds no `/`.
    public func identifier(device: String? = nil) -> String {
        device.map { "\(group)/\(node)/\($0)" } ?? "\(group)/\(node)"
    }
}

/// What a message of an edge node is about (Sparkplug 3.0, section 4.2).
public enum SparkplugVerb: String, CaseIterable, Sendable {
    /// An edge node's birth.
    case nodeBirth = "NBIRTH"
    /// An edge node's death.
    case nodeDeath = "NDEATH"
    /// An edge node's values.
    case nodeData = "NDATA"
    /// A command to an edge node.
    case nodeCommand = "NCMD"
    /// A device's birth.
    case deviceBirth = "DBIRTH"
    /// A device's death.
    case deviceDeath = "DDEATH"
    /// A device's values.
    case deviceData = "DDATA"
    /// A command to a device.
    case deviceCommand = "DCMD"

    /// Whether a device's name follows the edge node's.
    public var concernsDevice: Bool { rawValue.first == "D" }
    /// Whether host applications send it.
    public var isCommand: Bool { self == .nodeCommand || self == .deviceCommand }
}

/// A topic below `spBv1.0`.
public enum SparkplugTopic: Hashable, Sendable {
    /// `spBv1.0/{group}/{verb}/{node}[/{device}]`.
    case edge(EdgeNodeName, SparkplugVerb, device: String?)
    /// `spBv1.0/STATE/{host id}`.
    case state(hostID: String)

    /// The first level of every topic.
    public static let root = "spBv1.0"

    /// Reads a topic.
    ///
    /// - Returns: nil when the topic is none of the Sparkplug B namespace.
    public init?(_ topic: String) {
        let levels = topic.split(separator: "/", maxSplits: 5, omittingEmptySubsequences: false)
        guard levels.count >= 3, levels[0] == Self.root, !levels.contains(where: \.isEmpty),
            !topic.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") || $0 == 0 })
        else { return nil }
        if levels.count == 3 {
            guard levels[1] == "STATE" else { return nil }
            self = .state(hostID: String(levels[2]))
            return
        }
        guard let verb = SparkplugVerb(rawValue: String(levels[2])), levels.count == (verb.concernsDevice ? 5 : 4)
        else {
            return nil
        }
        let name = EdgeNodeName(group: String(levels[1]), node: String(levels[3]))
        self = .edge(name, verb, device: verb.concernsDevice ? String(levels[4]) : nil)
    }

    /// The topic's text.
    public var text: String {
        switch self {
        case .edge(let name, let verb, let device):
            let node = "\(Self.root)/\(name.group)/\(verb.rawValue)/\(name.node)"
            return device.map { "\(node)/\($0)" } ?? node
        case .state(let hostID): return "\(Self.root)/STATE/\(hostID)"
        }
    }

    /// Whether a text can be a group, node, device or host id: one topic level without wildcards.
    public static func isValidName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 1_024
            && !text.utf8.contains { "+/#".utf8.contains($0) || $0 == 0 }
    }
}
