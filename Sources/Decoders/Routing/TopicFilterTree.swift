/// Finds the most specific of many topic filters that match a topic (MQTT 5.0 section 4.7).
///
/// Filters are compared level by level from the left: a name comes before `+`, `+` before `#`. So for `a/b/c`,
/// `a/b/#` comes before `a/+/c`. A topic whose first level begins with `$` is not matched by a wildcard there.
public struct TopicFilterTree<Value: Sendable>: Sendable {
    private struct Node: Sendable {
        var names: [String: Int] = [:]
        var anyLevel: Int?
        /// The value of the filter that ends here with `#`.
        var rest: Value?
        /// The value of the filter that ends here.
        var value: Value?
    }

    private var nodes = [Node()]

    /// Makes an empty tree.
    public init() {}

    /// Adds a filter; one that is there already is replaced.
    public mutating func insert(_ filter: TopicFilter, _ value: Value) {
        var place = 0
        for level in filter.levels {
            if level == "#" {
                nodes[place].rest = value
                return
            }
            place = level == "+" ? wildcardChild(of: place) : child(of: place, level)
        }
        nodes[place].value = value
    }

    private mutating func child(of place: Int, _ name: String) -> Int {
        if let known = nodes[place].names[name] { return known }
        nodes.append(Node())
        nodes[place].names[name] = nodes.count - 1
        return nodes.count - 1
    }

    private mutating func wildcardChild(of place: Int) -> Int {
        if let known = nodes[place].anyLevel { return known }
        nodes.append(Node())
        nodes[place].anyLevel = nodes.count - 1
        return nodes.count - 1
    }

    /// The value of the most specific filter that matches; nil when none does.
    public func match(_ topic: String) -> Value? {
        if nodes.count == 1, nodes[0].rest == nil { return nil }
        return match(TopicFilter.levels(of: topic)[...], from: 0, isFirst: true)
    }

    /// Goes down one level; no deeper than the longest filter.
    private func match(_ levels: ArraySlice<String>, from place: Int, isFirst: Bool) -> Value? {
        let node = nodes[place]
        // `#` also stands for the level above it: `a/#` matches `a`.
        guard let level = levels.first else { return node.value ?? node.rest }
        if let next = node.names[level], let found = match(levels.dropFirst(), from: next, isFirst: false) {
            return found
        }
        if isFirst, level.utf8.first == UInt8(ascii: "$") { return nil }
        if let next = node.anyLevel, let found = match(levels.dropFirst(), from: next, isFirst: false) {
            return found
        }
        return node.rest
    }
}
