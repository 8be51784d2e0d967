import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors

/// Answers as a running Tryton 6.0.29 gave them, and what they mean.
@Suite struct TrytonAnswerTests {
    private func answer(_ status: Int, _ body: String) -> TrytonAnswer {
        TrytonAnswer(.success(OutboundResponse(status: status, headers: [], body: Array(body.utf8))))
    }

    private func failure(_ body: String) -> TrytonFailure? {
        guard case .failed(let failure) = answer(200, body) else { return nil }
        return failure
    }

    @Test func resultsAreResultsEvenWhenThereIsNone() {
        #expect(answer(200, #"{"id":1,"result":[12]}"#) == .result([12]))
        #expect(answer(200, #"{"id":1,"result":null}"#) == .result(nil))
    }

    @Test func aRefusalHasStatus200() throws {
        let refused = try #require(
            failure(#"{"id":1,"error":["UserError",["Move quantity must be positive.","",null]]}"#)
        )
        #expect(refused.isPermanent && refused.failure.reason == "tryton-refused")
        #expect(refused.failure.detail == "Tryton says: Move quantity must be positive.")
    }

    @Test func aWarningNeedsAPerson() throws {
        let body = #"{"id":1,"error":["UserWarning",["a1b2.date_future","The inventory is in the future.",""]]}"#
        let warning = try #require(failure(body))
        #expect(warning.isPermanent && warning.failure.reason == "tryton-warning")
        #expect(warning.failure.detail.contains("in the future") && !warning.failure.detail.contains("a1b2"))
    }

    @Test func whatIsInTheWayPasses() throws {
        for body in [
            #"{"id":1,"error":["ConcurrencyException","Records were modified in the meanwhile"]}"#,
            #"{"id":1,"error":["database is locked",""]}"#,
            #"{"id":1,"error":["could not serialize access due to concurrent update\n",""]}"#,
        ] {
            #expect(try #require(failure(body)).isPermanent == false, "\(body)")
        }
    }

    @Test func anUnknownModelIsNamed() throws {
        let unknown = try #require(failure(#"{"id":1,"error":["'production'",""]}"#))
        #expect(unknown.isPermanent && unknown.failure.detail.contains("'production'"))
        #expect(unknown.failure.detail.contains("activated"))
    }

    @Test func pagesSayNothing() {
        guard case .unclear = answer(200, "<html><body>Back soon.</body></html>") else {
            Issue.record("relied on a page")
            return
        }
        guard case .unclear = answer(200, #"{"id":1}"#) else {
            Issue.record("neither result nor error")
            return
        }
    }

    @Test func statusesBesidesTheBody() {
        #expect(answer(401, "") == .notSignedIn)
        #expect(
            answer(403, "<!doctype html>")
                == .failed(.permanent("http-403", "Tryton does not allow this call."))
        )
        guard case .unclear = answer(500, "") else {
            Issue.record("500 may come after the work")
            return
        }
        guard case .failed(let busy) = answer(503, ""), !busy.isPermanent else {
            Issue.record("503 passes")
            return
        }
        let lost = OutboundError(.connectionLost, mayHaveReachedServer: true, detail: "cut")
        #expect(TrytonAnswer(.failure(lost)) == .unclear(CallFailure(lost)))
    }

    @Test func typedValues() throws {
        let time = try #require(Timestamp(rfc3339: "2026-11-23T02:12:07.459977Z"))
        let written = TrytonValue.datetime(time)
        #expect(
            written == [
                "__class__": "datetime", "year": 2026, "month": 11, "day": 23, "hour": 2, "minute": 12, "second": 7,
                "microsecond": 459_977,
            ]
        )
        #expect(TrytonValue.timestamp(written) == time)
        #expect(TrytonValue.date("2026-12-01") == ["__class__": "date", "year": 2026, "month": 12, "day": 1])
        #expect(TrytonValue.date("tomorrow") == nil && TrytonValue.date("2026-13-01") == nil)
        #expect(
            TrytonValue.timestamp(["__class__": "date", "year": 2026, "month": 2, "day": 3])
                == Timestamp(rfc3339: "2026-02-03T00:00:00Z")
        )
        #expect(TrytonValue.timestamp(["year": 2026]) == nil && TrytonValue.timestamp(nil) == nil)
        #expect(TrytonValue.number(["__class__": "Decimal", "decimal": "12.50"]) == 12.5)
        #expect(TrytonValue.number(["decimal": "NaN"]) == nil)
        #expect(TrytonValue.bool(1) == true && TrytonValue.bool(false) == false && TrytonValue.bool(nil) == nil)
    }
}
