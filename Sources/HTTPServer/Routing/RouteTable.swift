import HTTPTypes

/// The routes of a server as a trie in one array: finds the route of a request.
struct RouteTable: Sendable {
    enum Match: Sendable {
        case found(Router.Entry, RouteParameters)
        /// The path exists, but not with this method; its methods for `Allow`.
        case otherMethods(String)
        case nothing
    }

    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        /// Parameters with text around them, the longest text first.
        var affixed: [(prefix: String, suffix: String, node: Int)] = []
        var parameter: Int?
        var rest: Int?
        /// Indexes of the routes that end here.
        var routes: [Int] = []
    }

    private struct Route: Sendable {
        let entry: Router.Entry
        let parameterNames: [String]
    }

    private var nodes = [Node()]
    private var routes: [Route] = []

    /// Compiles and checks the routes.
    init(_ router: Router) throws(RouterError) {
        for entry in router.entries {
            let pattern = try RoutePattern(entry.description.pattern)
            var node = 0
            for segment in pattern.segments { node = child(of: node, for: segment) }
            let method = entry.description.method
            if let clash = nodes[node].routes.first(where: { routes[$0].entry.description.method == method }) {
                let other = routes[clash].entry.description.pattern
                throw RouterError(pattern: pattern.text, reason: "\(method.rawValue) clashes with \(other)")
            }
            nodes[node].routes.append(routes.count)
            routes.append(Route(entry: entry, parameterNames: pattern.parameterNames))
        }
    }

    private mutating func child(of node: Int, for segment: PatternSegment) -> Int {
        switch segment {
        case .literal(let text):
            if let known = nodes[node].literals[text] { return known }
            nodes[node].literals[text] = nodes.count
        case .parameter(_, "", ""):
            if let known = nodes[node].parameter { return known }
            nodes[node].parameter = nodes.count
        case .parameter(_, let prefix, let suffix):
            let known = nodes[node].affixed.first { $0.prefix == prefix && $0.suffix == suffix }
            if let known { return known.node }
            nodes[node].affixed.append((prefix, suffix, nodes.count))
            nodes[node].affixed.sort { left, right in
                left.prefix.utf8.count + left.suffix.utf8.count > right.prefix.utf8.count + right.suffix.utf8.count
            }
        case .rest:
            if let known = nodes[node].rest { return known }
            nodes[node].rest = nodes.count
        }
        nodes.append(Node())
        return nodes.count - 1
    }

    private struct Search {
        let method: HTTPRequest.Method
        let segments: [String]
        var values: [String] = []
        var others: Set<Int> = []
    }

    /// Finds the route of a request; `HEAD` falls back to `GET`.
    func match(_ method: HTTPRequest.Method, _ segments: [String]) -> Match {
        var search = Search(method: method, segments: segments)
        if let route = find(from: 0, at: 0, &search) { return found(route, search.values) }
        if method == .head {
            var fallback = Search(method: .get, segments: segments)
            if let route = find(from: 0, at: 0, &fallback), !routes[route].entry.description.isWebSocket {
                return found(route, fallback.values)
            }
        }
        if search.others.isEmpty { return .nothing }
        return .otherMethods(allowed(search.others))
    }

    private func found(_ route: Int, _ values: [String]) -> Match {
        let names = routes[route].parameterNames
        return .found(
            routes[route].entry,
            RouteParameters(zip(names, values).map { (name: $0, value: $1) })
        )
    }

    private func allowed(_ indexes: Set<Int>) -> String {
        var methods: Set<String> = ["OPTIONS"]
        for index in indexes {
            let description = routes[index].entry.description
            methods.insert(description.method.rawValue)
            if description.method == .get, !description.isWebSocket { methods.insert("HEAD") }
        }
        return methods.sorted().joined(separator: ", ")
    }

    /// Depth first in order of precedence; on the way the values of the parameters are collected.
    private func find(from index: Int, at position: Int, _ search: inout Search) -> Int? {
        let node = nodes[index]
        if position == search.segments.count { return route(at: node, &search) }
        let segment = search.segments[position]
        if let next = node.literals[segment], let route = find(from: next, at: position + 1, &search) { return route }
        if segment.isEmpty { return nil }
        for (prefix, suffix, next) in node.affixed {
            let length = prefix.utf8.count + suffix.utf8.count
            guard segment.utf8.count > length, segment.hasPrefix(prefix), segment.hasSuffix(suffix) else { continue }
            let value = String(segment.dropFirst(prefix.count).dropLast(suffix.count))
            if let route = find(from: next, at: position + 1, value: value, &search) { return route }
        }
        if let next = node.parameter, let route = find(from: next, at: position + 1, value: segment, &search) {
            return route
        }
        guard let next = node.rest else { return nil }
        let value = search.segments[position...].joined(separator: "/")
        return find(from: next, at: search.segments.count, value: value, &search)
    }

    private func find(from index: Int, at position: Int, value: String, _ search: inout Search) -> Int? {
        search.values.append(value)
        if let route = find(from: index, at: position, &search) { return route }
        search.values.removeLast()
        return nil
    }

    private func route(at node: Node, _ search: inout Search) -> Int? {
        if let route = node.routes.first(where: { routes[$0].entry.description.method == search.method }) {
            return route
        }
        search.others.formUnion(node.routes)
        return nil
    }
}
