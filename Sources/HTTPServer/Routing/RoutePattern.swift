/// One segment of a route's pattern.
enum PatternSegment: Hashable, Sendable {
    /// Text that must be equal.
    case literal(String)
    /// A parameter with optional text around it: `{key}`, `{y}.mvt`.
    case parameter(name: String, prefix: String, suffix: String)
    /// All remaining segments, at least one: `{path...}`; only at the end.
    case rest(name: String)
}

/// A route's path pattern, taken apart: `/api/v1/devices/{key}`.
struct RoutePattern: Hashable, Sendable {
    let text: String
    let segments: [PatternSegment]

    init(_ text: String) throws(RouterError) {
        self.text = text
        guard text.hasPrefix("/") else { throw RouterError(pattern: text, reason: "a pattern begins with a slash") }
        var segments: [PatternSegment] = []
        var names: Set<String> = []
        if text != "/" {
            for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
                if case .rest = segments.last {
                    throw RouterError(pattern: text, reason: "nothing can follow {name...}")
                }
                let segment = try RoutePattern.segment(String(part), of: text)
                if let name = segment.parameterName, !names.insert(name).inserted {
                    throw RouterError(pattern: text, reason: "the parameter {\(name)} is there twice")
                }
                segments.append(segment)
            }
        }
        self.segments = segments
    }

    /// The names of the parameters in order.
    var parameterNames: [String] { segments.compactMap(\.parameterName) }

    private static func segment(_ part: String, of pattern: String) throws(RouterError) -> PatternSegment {
        guard let open = part.firstIndex(of: "{") else {
            if part.contains("}") { throw RouterError(pattern: pattern, reason: "a } without {") }
            return .literal(part)
        }
        guard let close = part.firstIndex(of: "}"), open < close else {
            throw RouterError(pattern: pattern, reason: "a { without }")
        }
        let prefix = String(part[..<open])
        let suffix = String(part[part.index(after: close)...])
        var name = String(part[part.index(after: open)..<close])
        let takesRest = name.hasSuffix("...")
        if takesRest { name.removeLast(3) }
        guard !name.isEmpty, !suffix.contains("{"), !suffix.contains("}"), !prefix.contains("}") else {
            throw RouterError(pattern: pattern, reason: "one named parameter per segment")
        }
        if takesRest {
            guard prefix.isEmpty, suffix.isEmpty else {
                throw RouterError(pattern: pattern, reason: "{name...} stands alone in its segment")
            }
            return .rest(name: name)
        }
        return .parameter(name: name, prefix: prefix, suffix: suffix)
    }
}

extension PatternSegment {
    var parameterName: String? {
        switch self {
        case .literal: nil
        case .parameter(let name, _, _), .rest(let name): name
        }
    }
}

/// A mistake in the route table, found when the server is made.
public struct RouterError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The pattern at fault.
    public let pattern: String
    /// What is wrong with it.
    public let reason: String

    /// One line for the developer.
    public var description: String { "route \(pattern): \(reason)" }
}
