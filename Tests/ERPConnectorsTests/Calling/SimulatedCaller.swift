import HTTPClient
import Primitives

@testable import ERPConnectors
@testable import ERPSimulators

/// Callers that reach a simulated ERP without a network.
enum SimulatedCaller {
    static func make(_ erp: any SimulatedERP, _ credentials: JSONValue) throws -> ERPCaller {
        ERPCaller(credentials: try ConnectorCredentials(credentials)) { (request) throws(OutboundError) in
            send(request, to: erp)
        }
    }

    /// Hands a request to a simulated ERP.
    static func send(_ request: OutboundRequest, to erp: any SimulatedERP) -> OutboundResponse {
        let rest = request.url.dropFirst("http://".count)
        let response = erp.answer(
            SimulatedRequest(
                method: request.method,
                target: rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/",
                headers: request.headers.map { (name: $0.name, value: $0.value) },
                body: request.body
            )
        )
        return OutboundResponse(
            status: response.status,
            headers: response.headers.map { OutboundHeader($0.name, $0.value) },
            body: response.body
        )
    }

    /// Where a kind finds something wrong with options and credentials.
    static func pointers(
        _ definition: ConnectorDefinition,
        _ options: JSONValue,
        _ credentials: JSONValue = [:]
    ) -> [String] {
        do throws(InvalidInput) {
            let caller = ERPCaller(credentials: try ConnectorCredentials(credentials), send: closed)
            _ = try definition.make(ConnectorSetup(url: "https://erp.test", options: options, caller: caller))
            return []
        } catch {
            return error.issues.map(\.pointer)
        }
    }

    private static let closed: ERPCaller.Send = { (_) throws(OutboundError) in
        throw OutboundError(.closed, mayHaveReachedServer: false, detail: "Nothing is sent.")
    }
}
