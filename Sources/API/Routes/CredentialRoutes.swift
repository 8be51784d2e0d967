import Accounts
import Assets
import HTTPServer
import HTTPTypes
import Primitives

/// Accounts of devices on the embedded broker.
struct CredentialRoutes: Sendable {
    let plant: PlantStore
    let make: (@Sendable (String) async throws -> DeviceCredentials)?

    func register(on routes: inout APIRouter) {
        routes.post(
            "/api/v1/devices/{key}/credentials",
            role: .admin,
            summary: "Make the device's account on the embedded broker; the password is told once."
        ) { request in
            let device = try plant.snapshot.required(device: try request.resourceKey("device").text)
            guard let make else {
                throw HTTPProblem(
                    .conflict,
                    code: "external-broker",
                    detail: "Plantwright uses your own MQTT broker: make the device's account there."
                )
            }
            let credentials = try await make(device.identifier)
            return .json(
                ["username": .string(credentials.username), "password": .string(credentials.password)],
                status: .created,
                headers: [.cacheControl: "no-store"]
            )
        }
    }
}
