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
    /// The revision; nil for what has none.
    var revision: Int32?

    /// `ETag`: a strong validator made of the revision.
    var entityTag: String? { revision.map { "\"\($0)\"" } }

    func response(status: HTTPResponse.Status = .ok) -> Response {
        var headers: HTTPFields = [:]
        if let entityTag { headers[.eTag] = entityTag }
        return .json(document, status: status, headers: headers)
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
    var put: @Sendable (ResourceKey, JSONValue, Int32?) async throws -> (state: ResourceState, isNew: Bool)
    /// Changes one, for documents that hold what cannot be read back; nil merges into the document and writes that.
    var patch: (@Sendable (ResourceKey, JSONValue, Int32?) async throws -> ResourceState)?
    /// Deletes one.
    var delete: @Sendable (ResourceKey, Int32?) async throws -> Void

    func register(on routes: inout APIRouter) {
        routes.get(path, role: .viewer, summary: "List the \(name)s.") { request in
            let states = try await list().sorted { $0.key < $1.key }
            return try Page(of: states, for: request, key: \.key).response { $0.document }
        }
        routes.get(path + "/{key}", role: .viewer, summary: "Read a \(name).") { request in
            let state = try await get(try request.resourceKey(name))
            if let tag = state.entityTag, request.headers[.ifNoneMatch] == tag {
                return Response(status: .notModified, headers: [.eTag: tag])
            }
            return state.response()
        }
        routes.put(path + "/{key}", role: .admin, summary: "Create or replace a \(name).") { request in
            let key = try request.resourceKey(name)
            let result = try await put(key, try await request.json(), try request.expectedRevision())
            return result.state.response(status: result.isNew ? .created : .ok)
        }
        routes.patch(path + "/{key}", role: .admin, summary: "Change some fields of a \(name) (RFC 7396).") { request in
            let key = try request.resourceKey(name)
            let document = try await request.json()
            if let patch { return try await patch(key, document, try request.expectedRevision()).response() }
            let old = try await get(key)
            let expected = try request.expectedRevision() ?? old.revision
            return try await put(key, old.document.merging(document), expected).state.response()
        }
        routes.delete(path + "/{key}", role: .admin, summary: "Delete a \(name).") { request in
            try await delete(try request.resourceKey(name), try request.expectedRevision())
            return .noContent
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
