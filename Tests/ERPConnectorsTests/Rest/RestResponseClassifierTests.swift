import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors

@Suite struct RestResponseClassifierTests {
    private func classifier(items: String = "items") throws -> RestResponseClassifier {
        RestResponseClassifier(
            options: try RestOptions([
                "create": ["path": "/o", "id": "data.id"], "find": ["path": "/o", "items": .string(items), "id": "id"],
                "status": ["path": "/o/${id}", "state": "state", "done": ["done", "3"]],
            ])
        )
    }

    private func answer(
        _ status: Int,
        _ body: String = "",
        _ headers: [OutboundHeader] = []
    ) -> RestResponseClassifier.Answer {
        .success(OutboundResponse(status: status, headers: headers, body: Array(body.utf8)))
    }

    private func lost(_ kind: OutboundError.Kind, reached: Bool) -> RestResponseClassifier.Answer {
        .failure(OutboundError(kind, mayHaveReachedServer: reached, detail: "…"))
    }

    private func word(_ outcome: CallOutcome) -> String {
        switch outcome {
        case .done(let id, _): "done \(id ?? "-")"
        case .refused(let reason, _): "refused \(reason)"
        case .transient(let reason, _, _): "transient \(reason)"
        case .uncertain(let reason, _): "uncertain \(reason)"
        case .stuck(let reason, _): "stuck \(reason)"
        }
    }

    private func word(_ outcome: LookUpOutcome) -> String {
        switch outcome {
        case .found(let id, _): "found \(id ?? "-")"
        case .notFound: "not found"
        case .stuck(let reason, _): "stuck \(reason)"
        case .failed(let reason, _, _): "failed \(reason)"
        }
    }

    @Test(arguments: [
        (200, #"{"data":{"id":7}}"#, "done 7"), (201, #"{"data":{"id":"A-1"}}"#, "done A-1"),
        (200, #"{"error":"no such equipment"}"#, "uncertain no-id"), (202, "", "uncertain no-id"),
        (200, "<html>Access refused</html>", "uncertain no-id"), (200, #"{"data":{"id":null}}"#, "uncertain no-id"),
        (301, "", "refused http-301"), (302, "", "uncertain http-302"), (303, "", "uncertain http-303"),
        (307, "", "refused http-307"), (308, "", "refused http-308"), (400, "", "refused http-400"),
        (401, "", "refused http-401"), (403, "", "refused http-403"), (404, "", "refused http-404"),
        (409, "", "refused http-409"), (422, "", "refused http-422"), (408, "", "transient http-408"),
        (425, "", "transient http-425"), (429, "", "transient http-429"), (503, "", "transient http-503"),
        (500, "", "uncertain http-500"), (502, "", "uncertain http-502"), (504, "", "uncertain http-504"),
    ])
    func creates(_ status: Int, _ body: String, _ expected: String) throws {
        #expect(word(try classifier().create(answer(status, body))) == expected)
    }

    @Test(arguments: [
        (200, "done -"), (204, "done -"), (303, "refused http-303"), (422, "refused http-422"),
        (500, "transient http-500"), (503, "transient http-503"), (502, "uncertain http-502"),
        (504, "uncertain http-504"),
    ])
    func writes(_ status: Int, _ expected: String) throws {
        #expect(word(try classifier().write(answer(status))) == expected)
    }

    @Test(arguments: OutboundError.Kind.allCases)
    func withoutAnAnswerItDependsOnWhatReachedTheServer(_ kind: OutboundError.Kind) throws {
        let classifier = try classifier()
        #expect(word(classifier.create(lost(kind, reached: true))) == "uncertain \(kind.rawValue)")
        #expect(word(classifier.create(lost(kind, reached: false))) == "transient \(kind.rawValue)")
        #expect(word(classifier.write(lost(kind, reached: true))) == "uncertain \(kind.rawValue)")
        #expect(word(classifier.write(lost(kind, reached: false))) == "transient \(kind.rawValue)")
        #expect(word(classifier.lookUp(lost(kind, reached: true))) == "failed \(kind.rawValue)")
        #expect(classifier.status(lost(kind, reached: true)) == .failed(reason: kind.rawValue))
    }

    @Test(arguments: [
        (200, #"{"items":[{"id":7},{"id":8}]}"#, "found 7"), (200, #"{"items":[]}"#, "not found"),
        (200, #"{"items":null}"#, "not found"), (200, "{}", "not found"), (200, #"{"items":{"id":"x"}}"#, "found x"),
        (200, #"{"items":[{"no":1}]}"#, "failed no-id"), (200, #"{"items":"none"}"#, "failed not-a-list"),
        (200, "<html>Sign in</html>", "failed not-json"), (200, "", "failed not-json"), (204, "", "not found"),
        (404, "", "not found"), (401, "", "failed http-401"), (302, "", "failed http-302"),
        (500, #"{"items":[]}"#, "failed http-500"), (503, "", "failed http-503"),
    ])
    func lookUps(_ status: Int, _ body: String, _ expected: String) throws {
        #expect(word(try classifier().lookUp(answer(status, body))) == expected)
    }

    @Test func theWholeAnswerCanBeTheList() throws {
        #expect(word(try classifier(items: "").lookUp(answer(200, #"[{"id":7}]"#))) == "found 7")
        #expect(word(try classifier(items: "").lookUp(answer(200, "[]"))) == "not found")
    }

    @Test(arguments: [
        (200, #"{"state":"open"}"#, OrderStateOutcome.state(OrderState("open", .open))),
        (200, #"{"state":3}"#, .state(OrderState("3", .done))),
        (200, #"{"state":"done"}"#, .state(OrderState("done", .done))),
        (404, "", .gone), (410, "", .gone), (200, "{}", .failed(reason: "no-state")),
        (500, #"{"state":"done"}"#, .failed(reason: "http-500")),
    ])
    func states(_ status: Int, _ body: String, _ expected: OrderStateOutcome) throws {
        #expect(try classifier().status(answer(status, body)) == expected)
    }

    @Test(
        arguments: [
            ("7", nil, 7.0), ("0", nil, 0), ("-1", nil, nil), ("soon", nil, nil), ("999999", nil, 86_400),
            ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:07 GMT", 30),
            ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:07 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", nil, nil), ("Sun, 06 Nov 1994 08:49:37 CET", "x", nil),
        ] as [(String, String?, Double?)]
    )
    func retryAfter(_ text: String, _ date: String?, _ expected: Double?) throws {
        let headers = [OutboundHeader("Retry-After", text)] + (date.map { [OutboundHeader("Date", $0)] } ?? [])
        guard case .transient(_, _, let retryAfter) = try classifier().create(answer(503, "", headers)) else {
            Issue.record("not transient")
            return
        }
        #expect(retryAfter == expected)
    }

    @Test(arguments: [
        (#"{"error":{"message":"Bad equipment"}}"#, "The ERP answered 422: Bad equipment"),
        (#"{"detail":"No \u0000 thing"}"#, "The ERP answered 422: No  thing"),
        ("plain words", "The ERP answered 422: plain words"),
        ("<html>long</html>", "The ERP answered 422"), ("", "The ERP answered 422"),
        (#"{"a":1}"#, #"The ERP answered 422: {"a":1}"#),
    ])
    func refusalsSayWhatTheERPSays(_ body: String, _ expected: String) throws {
        guard case .refused(_, let detail) = try classifier().create(answer(422, body)) else {
            Issue.record("not refused")
            return
        }
        #expect(detail == expected)
    }
}
