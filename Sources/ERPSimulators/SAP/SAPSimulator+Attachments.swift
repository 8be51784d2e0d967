import Primitives

/// `API_CV_ATTACHMENT_SRV`: files of any business object; two of one name are two.
extension SAPSimulator {
    static func attachments(_ request: SimulatedRequest, _ path: String, _ state: State) -> SimulatedResponse {
        guard path == "GetAllOriginals" else {
            return problem(405, "/IWFND/CM_MGW/096", "Method not allowed")
        }
        // Without quotes a parameter is no literal of OData.
        guard let object = request.parameter("LinkedSAPObjectKey").flatMap(key),
            let type = request.parameter("BusinessObjectTypeName").flatMap(key)
        else { return problem(400, "/IWBEP/CM_MGW_RT/082", "Malformed parameters") }
        let rows = state.rows[SAPEntitySet.file.name, default: []].filter { row in
            row.values["LinkedSAPObjectKey"]?.string == object && row.values["BusinessObjectTypeName"]?.string == type
        }
        return .json(["d": ["results": .array(rows.map { document($0, .file) })]])
    }

    func attach(_ request: SimulatedRequest, _ path: String, _ state: inout State) -> SimulatedResponse {
        guard request.method == "POST", path == SAPEntitySet.file.name else {
            return Self.problem(405, "/IWFND/CM_MGW/096", "Method not allowed")
        }
        guard let name = request.header("slug"), let object = request.header("linkedsapobjectkey"),
            let type = request.header("businessobjecttypename"), let media = request.header("content-type"),
            !request.body.isEmpty
        else { return Self.problem(400, "CV_ATTACHMENT/001", "Enter file name, object type and object key") }
        // What SAP says of a wrong type and of a number without its zeros.
        guard ["BUS2038", "PMQMEL"].contains(type), object.count == 12 else {
            return Self.problem(
                403,
                "CV_ATTACHMENT/003",
                "User has no authorization for operation 03 on object \(type)"
            )
        }
        let count = state.rows[SAPEntitySet.file.name, default: []].count
        let row = Row(values: [
            "DocumentInfoRecordDocType": .string(type == "BUS2038" ? "GOS" : "SAT"),
            "ArchiveDocumentID": .string("FA163E-\(count + 1)"), "LinkedSAPObjectKey": .string(object),
            "BusinessObjectTypeName": .string(type), "FileName": .string(name),
            "FileSize": .string(String(request.body.count)), "MimeType": .string(media),
        ])
        state.rows[SAPEntitySet.file.name, default: []].append(row)
        let number = String(object.drop { $0 == "0" })
        state.files.append(SimulatedFile(order: number, name: name, bytes: request.body))
        return .json(["d": Self.document(row, .file)], status: 201)
    }
}
