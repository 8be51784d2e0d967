import Foundation
import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors
@testable import ERPSimulators

/// How the kinds with a contract of their vendor's upload a picture, request by request.
@Suite struct UploadRequestTests {
    private static let picture = OrderAttachment(
        title: "Motor “7”, °C",
        mediaType: "image/png",
        bytes: [0x89, 0x50, 0x4E, 0x47, 0x00, 0xFF]
    )
    private static let base64 = JSONValue.string("iVBORwD/")
    private static let fileName = "plantwright-pc-0123456789abc.png"

    /// What is sent for an upload to an order of the simulated ERP, beside the ways there; the upload is the last.
    private func upload(_ subject: ConformanceSubject) async throws -> (order: DeliveryOrder, sent: SimulatedRequest) {
        let world = ConformanceWorld(subject)
        var order = try await world.sample(.workOrderAttach, key: "pc-0123456789abc")
        order.attachment = Self.picture
        #expect(try await world.perform(order) == .done(externalID: order.target))
        let changes = world.injector.requests.filter(subject.simulator.isChange)
        return (order, try #require(changes.last))
    }

    @Test func maximoTakesThePictureItself() async throws {
        let (order, sent) = try await upload(.maximo)
        #expect(sent.method == "POST" && sent.path.hasSuffix("/doclinks") && sent.parameter("lean") == "1")
        #expect(sent.body == Self.picture.bytes && sent.header("content-type") == "image/png")
        #expect(sent.header("slug") == Self.fileName && sent.header("x-document-meta") == "Attachments")
        let title = try #require(sent.header("x-document-encdescription").flatMap { Data(base64Encoded: $0) })
        #expect(String(decoding: title, as: UTF8.self) == Self.picture.title)
        #expect(order.target?.hasPrefix("PW-") == true)
    }

    @Test func maximosOwnDocumentTypeIsSent() throws {
        #expect(try MaximoOptions(["site": "BEDFORD", "documentType": "Images"]).documentType == "Images")
        let credentials: JSONValue = ["header": "apikey", "value": "x"]
        let pointers = SimulatedCaller.pointers(.maximo, ["site": "BEDFORD", "documentType": "a\nb"], credentials)
        #expect(pointers == ["/options/documentType"])
    }

    @Test func oracleTakesBase64() async throws {
        let (_, sent) = try await upload(.oracle)
        let id = "300000000001"
        #expect(sent.path.hasSuffix("/maintenanceWorkOrders/\(id)/child/attachments"))
        let body = try #require(sent.json)
        #expect(body["DatatypeCode"] == "FILE" && body["CategoryName"] == "MISC")
        #expect(body["FileName"] == .string(Self.fileName) && body["FileContents"] == Self.base64)
        #expect(body["Title"] == .string(Self.picture.title) && body["UploadedFileContentType"] == "image/png")
    }

    @Test func businessCentralTakesARowOfTheExtension() async throws {
        let (order, sent) = try await upload(.businessCentral)
        #expect(sent.path.hasSuffix("/requestPictures") && sent.path.contains("/api/plantwright/maintenance/v1.0/"))
        let body = try #require(sent.json)
        #expect(body["number"] == "PC-0123456789ABC" && body["requestNumber"]?.string == order.target)
        #expect(body["fileName"] == .string(Self.fileName) && body["content"] == Self.base64)
    }

    @Test func supplyChainTakesAnAttachmentOfTheRequest() async throws {
        let (order, sent) = try await upload(.supplyChain)
        #expect(sent.path == "/data/MaintenanceRequestDocumentAttachments")
        #expect(sent.parameter("cross-company") == "true")
        let body = try #require(sent.json)
        #expect(body["dataAreaId"] == "usmf" && body["RequestId"]?.string == order.target)
        #expect(body["AttachmentDescription"] == "Plantwright pc-0123456789abc")
        #expect(body["DocumentAttachmentTypeCode"] == "Image" && body["FileType"] == "png")
        #expect(body["Attachment"] == Self.base64 && body["AttachedDateTime"] == nil)
    }

    /// Extensions and versions that have no pictures: orders work, and the checks say what is missing.
    @Test(arguments: [
        (ConformanceSubject.businessCentral, "requestPictures", "extension again"),
        (ConformanceSubject.supplyChain, "MaintenanceRequestDocumentAttachments", "your version"),
    ])
    func whatCannotTakePicturesIsTold(_ subject: ConformanceSubject, _ set: String, _ words: String) async throws {
        let world = ConformanceWorld(subject)
        let complete = try await world.connector().preflight(key: "pw-never-used-yet")
        #expect(complete.first { $0.name == "attachments" }?.result == .ok)
        let caller = ERPCaller(
            credentials: try ConnectorCredentials(subject.setup.credentials),
            send: { request throws(OutboundError) in
                if request.url.contains(set) { return OutboundResponse(status: 404) }
                return SimulatedCaller.send(request, to: world.erp)
            }
        )
        let definition = try #require(ConnectorDefinition.of(subject.kind))
        let setup = ConnectorSetup(url: "http://erp.test", options: subject.setup.options, caller: caller)
        let checks = try await definition.make(setup).preflight(key: "pw-never-used-yet")
        #expect(!checks.contains { $0.result == .failed }, "\(checks)")
        let check = try #require(checks.first { $0.name == "attachments" })
        #expect(check.result == .warning && check.remedy?.contains(words) == true, "\(check)")
    }
}
