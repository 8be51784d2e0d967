import Primitives

extension InvenTreeSimulator {
    /// Attachments of build orders; every upload makes another one.
    func attachment(_ request: SimulatedRequest, _ state: inout State) -> SimulatedResponse {
        if request.method == "GET" {
            let text = request.parameter("search")?.lowercased() ?? ""
            let rows = state.attachments.map(\.row).filter { row in
                row["comment"]?.string?.lowercased().contains(text) == true
                    && request.parameter("model_type") == row["model_type"]?.string
                    && request.parameter("model_id").flatMap { Int64($0) } == row["model_id"]?.integer
            }
            return Self.list(rows, request)
        }
        guard state.roles["build"]?.contains("change") == true else {
            return Self.detail(403, "You do not have permission to perform this action.")
        }
        guard let form = SimulatedForm(request) else {
            return Self.detail(415, "Unsupported media type \"\(request.header("content-type") ?? "")\" in request.")
        }
        guard form.text("model_type") == "build" else {
            return Self.fields("model_type", "\"\(form.text("model_type") ?? "")\" is not a valid choice.")
        }
        guard let id = form.text("model_id"), state.builds.contains(where: { $0["pk"].map(\.text) == id }) else {
            return Self.fields("model_id", "Invalid model ID")
        }
        guard let file = form.file("attachment") else {
            return Self.fields("attachment", "Missing file")
        }
        let row: JSONObject = [
            "pk": .integer(Int64(state.attachments.count + 1)), "filename": .string(file.name), "model_type": "build",
            "model_id": Int64(id).map(JSONValue.integer) ?? .null, "comment": .string(form.text("comment") ?? ""),
        ]
        state.attachments.append((row, SimulatedFile(order: id, name: file.name, bytes: file.bytes)))
        return .json(.object(row), status: 201)
    }
}
