import HTTPServer
import Primitives

/// Connectors, mappings, deliveries, work orders and inventory.
public struct ERPRoutes: Sendable {
    /// Makes the routes.
    public init() {}

    func register(on routes: inout APIRouter) {}
}
