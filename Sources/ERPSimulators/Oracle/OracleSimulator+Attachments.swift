import Primitives
import Synchronization

extension OracleSimulator {
    /// The attachments of a work order: what they are called, and one more.
    ///
    /// Two of one name are two.
    func attachments(_ id: String, _ request: SimulatedRequest) -> SimulatedResponse {
        state.withLock { state in
            let order = state.rows["maintenanceWorkOrders"]?.first { row in
                row["WorkOrderId"]?.integer.map(String.init) == id
            }
            guard let number = order?["WorkOrderNumber"]?.string else { return SimulatedResponse(404) }
            let files = state.files.filter { $0.order == number }
            if request.method == "GET" {
                let limit = min(500, request.parameter("limit").flatMap(Int.init) ?? 25)
                let rows = files.prefix(limit).map { file -> JSONValue in
                    ["FileName": .string(file.name), "DatatypeCode": "FILE"]
                }
                return .json(["items": .array(rows), "hasMore": .bool(files.count > limit)])
            }
            guard request.method == "POST", let row = request.json?.object else {
                return Self.problem(400, "The body is no object.")
            }
            guard row["DatatypeCode"] == "FILE", row["CategoryName"] == "MISC" else {
                return Self.problem(400, "The attachment type or category is not valid.")
            }
            guard (row["Title"]?.string ?? "").count <= 80, let name = row["FileName"]?.string,
                let file = SimulatedFile(order: number, name: name, base64: row["FileContents"]?.string)
            else { return Self.problem(400, "The file name, its title or its contents are not valid.") }
            state.files.append(file)
            return .json(["FileName": .string(name)], status: 201)
        }
    }
}
