import Primitives
import Synchronization

extension MaximoSimulator {
    /// The attached documents of a work order: what they are called, and one more.
    func documents(_ resource: String, _ request: SimulatedRequest) -> SimulatedResponse {
        state.withLock { state in
            let order = state.rows["mxapiwodetail"]?.first { Self.resource("mxapiwodetail", $0) == resource }
            guard let number = order?["wonum"]?.string else {
                return Self.problem(404, "BMXAA8727E", "The OSLC resource was not found.")
            }
            let path = "http://maximo.internal/oslc/os/mxapiwodetail/\(resource)/doclinks"
            if request.method == "GET" {
                let members = state.files.enumerated().filter { $0.element.order == number }.map { index, file in
                    [
                        "href": .string("\(path)/\(index + 1)"),
                        "describedBy": [
                            "identifier": .string(String(index + 1)), "fileName": .string(file.name),
                            "docType": "Attachments", "urlType": "FILE",
                        ],
                    ] as JSONValue
                }
                return .json(["href": .string(path), "member": .array(members)])
            }
            guard let name = request.header("slug"), !request.body.isEmpty else {
                return Self.problem(400, "BMXAA8738E", "The attachment has no name or no contents.")
            }
            guard request.header("x-document-meta") == "Attachments" else {
                return Self.problem(400, "BMXAA4191E", "The document type is not valid for work orders.")
            }
            let isTaken = state.files.contains { $0.name == name }
            let stored = isTaken ? name.replacing(".png", with: "\(state.files.count).png") : name
            state.files.append(SimulatedFile(order: number, name: stored, bytes: request.body))
            return SimulatedResponse(201, headers: [(name: "Location", value: "\(path)/\(state.files.count)")])
        }
    }
}
