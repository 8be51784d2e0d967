import Foundation
import Primitives

/// A file that goes to an order in the ERP.
public struct OrderAttachment: Hashable, Sendable {
    /// What people read beside it.
    public var title: String
    /// Such as `image/png`.
    public var mediaType: String
    /// What it holds.
    public var bytes: [UInt8]

    /// Makes a file.
    public init(title: String, mediaType: String, bytes: [UInt8]) {
        self.title = title
        self.mediaType = mediaType
        self.bytes = bytes
    }
}

extension DeliveryOrder {
    /// The name of the file that ``ERPOperation/workOrderAttach`` attaches: it holds the key, so that it is found again.
    public var fileName: String { "plantwright-\(idempotencyKey).png" }

    /// The file.
    ///
    /// - Throws: ``CallFailure`` with reason `no-picture` when there is none.
    func requiredAttachment() throws(CallFailure) -> OrderAttachment {
        guard let attachment else {
            throw CallFailure(reason: "no-picture", detail: "There is no picture to attach.")
        }
        return attachment
    }

    /// What stands for the file's contents wherever a request is shown.
    var shownFile: String { "‹contents of \(fileName)›" }
}

extension RenderedRequest {
    /// The request with a file's contents, in base 64, where its body has the words that stand for them.
    ///
    /// What is shown and noted keeps the words: pictures are too long for a time line.
    func carrying(_ attachment: OrderAttachment?, inPlaceOf words: String) -> RenderedRequest {
        guard let attachment else { return self }
        let contents = Array(Data(attachment.bytes).base64EncodedString().utf8)
        let mark = JSONValue.string(words).bytes.dropFirst().dropLast()
        guard let place = payload.firstRange(of: mark) else { return self }
        var request = self
        var bytes = payload
        bytes.replaceSubrange(place, with: contents)
        request.secretBody = Redacted(bytes)
        return request
    }

    /// The file itself as the body.
    ///
    /// What is shown and noted are words in its place.
    func file(of order: DeliveryOrder) -> RenderedRequest {
        let type = (name: "Content-Type", value: order.attachment?.mediaType ?? "image/png")
        var request = RenderedRequest(
            method: method,
            url: url,
            headers: headers + [type],
            body: .string(order.shownFile)
        )
        request.secretBody = order.attachment.map { Redacted($0.bytes) }
        return request
    }

    /// A form with one file (RFC 7578), shown as an object of its fields.
    ///
    /// - Parameters:
    ///   - fields: texts, in order.
    ///   - file: the field that the file is in.
    ///   - order: names the file and holds it.
    /// - Returns: the request with the form as its body.
    func form(
        _ fields: [(name: String, value: String)],
        file: String,
        of order: DeliveryOrder
    ) -> RenderedRequest {
        let boundary = "plantwright-\(order.idempotencyKey)"
        var shown = JSONObject()
        var bytes: [UInt8] = []
        for (name, value) in fields {
            shown[name] = .string(value)
            bytes += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8
        }
        shown[file] = .string(order.shownFile)
        let head = "Content-Disposition: form-data; name=\"\(file)\"; filename=\"\(order.fileName)\""
        bytes += "--\(boundary)\r\n\(head)\r\nContent-Type: \(order.attachment?.mediaType ?? "image/png")\r\n\r\n".utf8
        bytes += order.attachment?.bytes ?? []
        bytes += "\r\n--\(boundary)--\r\n".utf8
        let type = (name: "Content-Type", value: "multipart/form-data; boundary=\(boundary)")
        var request = RenderedRequest(method: method, url: url, headers: headers + [type], body: .object(shown))
        request.secretBody = Redacted(bytes)
        return request
    }
}
