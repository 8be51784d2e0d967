import Primitives

/// The plain pages of the simulated ERP.
enum ERPSimulatorPage {
    static func list(_ state: ERPSimulatorState) -> String {
        let open = state.orders.count { $0.completedAt == nil }
        var body = "<h1>Contoso ERP <small>simulator</small></h1>"
        body += "<p>\(state.orders.count) maintenance orders, \(open) open. "
        body += "References with more than one order: <strong>\(state.doubledReferences)</strong>.</p>"
        body += "<h2>Maintenance orders</h2>"
        if state.orders.isEmpty {
            body += "<p>No orders yet. They arrive when Plantwright raises an alarm that is mapped to this ERP.</p>"
        } else {
            body += table(
                ["Order", "Title", "Equipment", "Priority", "Status", "Created", "Reference"],
                state.orders.reversed().prefix(200).map { order in
                    [
                        "<a href=\"/orders/\(order.id)\">\(order.id)</a>", escaped(order.title),
                        escaped(order.equipment), escaped(order.priority), escaped(order.status),
                        escaped(order.createdAt.rfc3339), "<code>\(escaped(order.reference))</code>",
                    ]
                }
            )
        }
        body += "<h2>Stock</h2>"
        body += table(
            ["Item", "Quantity", "Unit", "Postings", "Updated"],
            state.stock.sorted { $0.key < $1.key }.map { item, figure in
                [
                    escaped(item), JSONValue.text(of: figure.quantity), escaped(figure.unit), String(figure.writes),
                    escaped(figure.updatedAt.rfc3339),
                ]
            }
        )
        body += "<h2>Misbehave</h2><p>Now: <strong>\(state.fault.rawValue)</strong></p><div class=\"row\">"
        for fault in SimulatedFault.allCases {
            body += "<form method=\"post\" action=\"/fault/\(fault.rawValue)\"><button>\(label(fault))</button></form>"
        }
        return page("Contoso ERP", body + "</div>", refreshes: true)
    }

    static func order(_ order: SimulatedOrder) -> String {
        var body = "<p><a href=\"/\">All orders</a></p><h1>Order \(order.id)</h1><dl>"
        let facts = [
            ("Title", order.title), ("Equipment", order.equipment), ("Priority", order.priority),
            ("Status", order.status), ("Created", order.createdAt.rfc3339),
            ("Completed", order.completedAt?.rfc3339 ?? "not yet"), ("Reference", order.reference),
        ]
        for (name, value) in facts { body += "<dt>\(name)</dt><dd>\(escaped(value))</dd>" }
        body += "</dl><p class=\"text\">\(escaped(order.text))</p>"
        if order.link.hasPrefix("http://") || order.link.hasPrefix("https://") {
            body += "<p><a href=\"\(escaped(order.link))\">Evidence in Plantwright</a></p>"
        }
        if order.completedAt == nil {
            body +=
                "<form method=\"post\" action=\"/orders/\(order.id)/complete\"><button>Complete this order</button></form>"
        }
        return page("Order \(order.id)", body, refreshes: false)
    }

    private static func label(_ fault: SimulatedFault) -> String {
        switch fault {
        case .none: "Behave"
        case .slow: "Be slow (5 s)"
        case .failing: "Fail (503)"
        case .dropping: "Do the work, drop the answer"
        }
    }

    private static func table(_ header: [String], _ rows: [[String]]) -> String {
        let head = header.map { "<th scope=\"col\">\($0)</th>" }.joined()
        let body = rows.map { row in "<tr>" + row.map { "<td>\($0)</td>" }.joined() + "</tr>" }.joined()
        return "<table><thead><tr>\(head)</tr></thead><tbody>\(body)</tbody></table>"
    }

    private static func page(_ title: String, _ body: String, refreshes: Bool) -> String {
        """
        <!doctype html><html lang="en"><head><meta charset="utf-8">\
        <meta name="viewport" content="width=device-width, initial-scale=1">\
        \(refreshes ? "<meta http-equiv=\"refresh\" content=\"3\">" : "")\
        <title>\(escaped(title))</title><link rel="stylesheet" href="/simulator.css"></head>\
        <body><main>\(body)</main></body></html>
        """
    }

    /// Text for HTML content and attributes.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
        return result
    }

    static let style = """
        :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
        body { margin: 0; background: Canvas; color: CanvasText; }
        main { max-width: 70rem; margin: 0 auto; padding: 1.5rem; }
        small { color: GrayText; font-weight: normal; }
        table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto; }
        th, td { text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8886; white-space: nowrap; }
        dt { font-weight: 600; } dd { margin: 0 0 .5rem; } .text { white-space: pre-wrap; }
        .row { display: flex; gap: .5rem; flex-wrap: wrap; } button { font: inherit; padding: .4rem .9rem; }
        """
}
