import Accounts
import HTTPServer
import HTTPTypes

/// The browser app: its pages, its assets, the map's tiles.
struct PageRoutes: Sendable {
    let assets: StaticAssets
    let tiles: TileArchive?

    /// The addresses of the app's pages; the page itself decides what to show.
    static let paths = [
        "/", "/alarms", "/orders", "/work-orders", "/inventory", "/plant", "/plant/{key}", "/devices",
        "/devices/{key}", "/deliveries/{id}", "/deliveries/{id}/evidence", "/quarantine", "/rejected", "/account",
        "/admin",
        "/admin/{section}", "/admin/{section}/{key}", "/admin/{section}/{key}/{part}",
    ]

    func register(on routes: inout APIRouter) {
        for path in Self.paths {
            routes.get(path, role: nil, summary: "A page of the browser app.") { request in
                try assets.page("index.html", for: request)
            }
        }
        routes.get("/sign-in", role: nil, summary: "The sign-in page.") { request in
            try assets.page("sign-in.html", for: request)
        }
        routes.addAssets(assets)
        routes.addTiles(tiles, role: .viewer)
    }
}
