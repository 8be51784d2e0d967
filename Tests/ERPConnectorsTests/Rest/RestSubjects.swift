import ERPConnectors
import Primitives

@testable import ERPSimulators

extension ConformanceSubject {
    static let rest = ConformanceSubject(
        name: "rest",
        kind: .rest,
        simulator: .rest,
        wrongCredentials: ["bearer": "another-token"],
        samples: [
            .workOrderCreate: ["title": "Check the bearing", "equipment": "PUMP-7"],
            .stockSet: ["item": "PELLET-PP", "quantity": 3_500],
            .meterRecord: ["meter": "PUMP-7", "value": 120.5],
        ]
    )

    /// Pictures as forms, asked for by their name.
    static let restForm = rest(
        "rest, form",
        attach: [
            "path": "/orders/${id}/files", "form": "file", "body": ["note": "${title}", "main": false],
            "find": ["path": "/orders/${id}/files?name=${fileName}", "items": "items"],
        ]
    )

    /// Pictures as they are, each at its own address.
    static let restPut = rest("rest, PUT", attach: ["method": "PUT", "path": "/orders/${id}/files/${fileName}"])

    private static func rest(_ name: String, attach: JSONValue) -> ConformanceSubject {
        var subject = rest
        subject.name = name
        let simulator = subject.simulator
        subject.simulator.setup = { account in
            var setup = simulator.setup(account)
            var options = setup.options.object ?? [:]
            options["attach"] = attach
            setup.options = .object(options)
            return setup
        }
        return subject
    }
}
