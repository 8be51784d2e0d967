import Accounts
import HTTPServer
import HTTPTypes
import Primitives

/// One configured resource as it is answered.
struct ResourceState: Sendable {
    /// Its address.
    var key: String
    /// The document.
    var document: JSONValue
    /// Which state of it this is.
    var version: ResourceVersion

    /// The document with a strong validator.
    ///
    /// It must reach the client as it is: a compressed one would have a weak tag, which `If-Match` cannot use.
    func response(status: HTTPResponse.Status = .ok) -> Response {
        .json(
            document,
            status: status,
            headers: [.eTag: "\"\(version.text)\"", .cacheControl: "no-cache, no-transform"]
        )
    }
}

/// `GET`, `PUT`, `PATCH`, `DELETE` of a kind of resource that an admin configures, each addressed by its key.
struct ResourceEndpoint: Sendable {
    /// The collection's path, such as `/api/v1/profiles`.
    var path: String
    /// What one of it is called.
    var name: String
    /// All resources, in any order.
    var list: @Sendable () async throws -> [ResourceState]
    /// One resource.
    var get: @Sendable (ResourceKey) async throws -> ResourceState
    /// Creates or replaces one.
    var put: @Sendable (ResourceKey, JSONValue, WriteCondition) async throws -> (state: ResourceState, isNew: Bool)
    /// Changes one, for documents that hold what cannot be read back; nil merges into the document and writes that.
    var patch: (@Sendable (ResourceKey, JSONValue, WriteCondition) async throws -> ResourceState)?
    /// Deletes one.
    var delete: @Sendable (ResourceKey, WriteCondition) async throws -> Void

    func register(on routes: inout APIRouter) {
        routes.get(path, role: .viewer, summary: "List the \(name)s.") { request in
            let states = try await list().sorted { $0.key < $1.key }
            return try Page(of: states, for: request, key: \.key).response { $0.document }
        }
        routes.get(path + "/{key}", role: .viewer, summary: "Read a \(name).") { request in
            try await get(try request.resourceKey(name)).response()
        }
        routes.put(path + "/{key}", role: .admin, summary: "Create or replace a \(name).") { request in
            let key = try request.resourceKey(name)
            let document = try await request.json()
            let result = try await put(key, document, request.writeCondition())
            return result.state.response(status: result.isNew ? .created : .ok)
        }
        routes.patch(path + "/{key}", role: .admin, summary: "Change some fields of a \(name) (RFC 7396).") { request in
            let key = try request.resourceKey(name)
            let document = try await request.json()
            let condition = request.writeCondition()
            if let patch { return try await patch(key, document, condition).response() }
            return try await merge(document, into: key, condition).response()
        }
        routes.delete(path + "/{key}", role: .admin, summary: "Delete a \(name).") { request in
            try await delete(try request.resourceKey(name), request.writeCondition())
            return .noContent
        }
    }

    /// Changes the document that is stored when the change is written.
    ///
    /// When someone else writes in between, the patch is applied to theirs: the condition of the client, which may be
    /// none, decides whether that is allowed.
    private func merge(
        _ patch: JSONValue,
        into key: ResourceKey,
        _ condition: WriteCondition
    ) async throws -> ResourceState {
        var attempts = 0
        while true {
            let old = try await get(key)
            try condition.check(old.version)
            do {
                return try await put(key, old.document.merging(patch), .version([old.version])).state
            } catch let failure as ResourceFailure {
                attempts += 1
                guard case .preconditionFailed = failure, attempts < 10 else { throw failure }
            }
        }
    }
}

extension JSONValue {
    /// Applies a JSON merge patch (RFC 7396).
    func merging(_ patch: JSONValue) -> JSONValue {
        guard let changes = patch.object else { return patch }
        var result = object ?? JSONObject()
        for change in changes.members {
            result[change.name] = change.value.isNull ? nil : (result[change.name] ?? .null).merging(change.value)
        }
        return .object(result)
    }
}
