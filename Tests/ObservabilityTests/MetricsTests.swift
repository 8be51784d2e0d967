import Testing

@testable import Observability

@Suite struct MetricsTests {
    @Test func countersCountFromManyTasks() async {
        let counter = Counter()
        let gauge = Gauge()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 {
                        counter.increment()
                        gauge.add(0.5)
                    }
                }
            }
        }
        #expect(counter.value == 8_000)
        #expect(gauge.value == 4_000)
        counter.increment(by: 5)
        counter.increment(by: -5)
        #expect(counter.value == 8_005)
        gauge.set(-2)
        gauge.add(-0.5)
        #expect(gauge.value == -2.5)
    }

    @Test func histogramsCountIntoRangesWithInclusiveBounds() {
        let histogram = Histogram(bounds: [1, 0.125, .infinity])
        #expect(histogram.bounds == [0.125, 1])
        for value in [0.0625, 0.125, 0.5, 1, 7, .nan] { histogram.observe(value) }
        histogram.observe(Duration.milliseconds(62.5))
        #expect(histogram.snapshot == .init(cumulativeCounts: [3, 5], count: 6, sum: 8.75))
    }

    @Test func familiesAreBounded() {
        let family = CounterFamily(labels: ["a", "b"], limit: 2)
        family.counter(["x", "1"]).increment()
        family.counter(["x", "1"]).increment()
        family.counter(["y"]).increment()
        family.counter(["z", "3"]).increment()
        family.counter(["w", "4", "extra"]).increment()
        #expect(family.all.map(\.values) == [["other", "other"], ["x", "1"], ["y", ""]])
        #expect(family.all.map(\.counter.value) == [2, 2, 1])
    }

    @Test func writesPrometheusText() {
        let registry = MetricsRegistry()
        registry.counter("events_total", "Back\\slash\nand line.").increment(by: 3)
        registry.gauge("level", "A gauge.").set(0.25)
        registry.counters("calls_total", "Calls.", labels: ["to", "how"]).counter(["a\"b\\c\nd", "ok"]).increment()
        let histogram = registry.histogram("seconds", "Durations.", bounds: [0.1, 1])
        histogram.observe(0.5)
        histogram.observe(2)
        #expect(
            registry.exposition() == """
                # HELP events_total Back\\\\slash\\nand line.
                # TYPE events_total counter
                events_total 3
                # HELP level A gauge.
                # TYPE level gauge
                level 0.25
                # HELP calls_total Calls.
                # TYPE calls_total counter
                calls_total{to="a\\"b\\\\c\\nd",how="ok"} 1
                # HELP seconds Durations.
                # TYPE seconds histogram
                seconds_bucket{le="0.1"} 0
                seconds_bucket{le="1"} 1
                seconds_bucket{le="+Inf"} 2
                seconds_sum 2.5
                seconds_count 2

                """
        )
    }

    @Test(arguments: [(Double.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (1e21, "1e+21"), (-3, "-3")])
    func writesEveryNumber(value: Double, text: String) {
        let registry = MetricsRegistry()
        registry.gauge("g", "").set(value)
        #expect(registry.exposition().hasSuffix("\ng \(text)\n"))
    }

    /// The public contract: these are there, with 0, from the start.
    @Test func theProductsMetricsArePresentFromTheStart() {
        let metrics = PlantwrightMetrics()
        let lines = Set(metrics.registry.exposition().split(separator: "\n").map(String.init))
        for name in [
            "plantwright_messages_received_total", "plantwright_readings_stored_total",
            "plantwright_readings_duplicate_total", "plantwright_readings_late_total",
            "plantwright_readings_conflict_total", "plantwright_messages_rejected_total",
            "plantwright_alarms_raised_total", "plantwright_deliveries_pending", "plantwright_live_sessions",
            "plantwright_ingest_commit_seconds_count", "plantwright_ingest_commit_seconds_sum",
        ] {
            #expect(lines.contains("\(name) 0"), "\(name)")
        }
        #expect(lines.contains("# TYPE plantwright_deliveries_total counter"))
        #expect(lines.contains("# TYPE plantwright_ingest_commit_seconds histogram"))
        metrics.deliveries(connector: "erp", outcome: "delivered").increment()
        metrics.httpRequests(method: "GET", route: "/api/v1/devices/{key}", status: 200).increment()
        let text = metrics.registry.exposition()
        #expect(text.contains("plantwright_deliveries_total{connector=\"erp\",outcome=\"delivered\"} 1\n"))
        #expect(
            text.contains(
                "plantwright_http_requests_total{method=\"GET\",route=\"/api/v1/devices/{key}\",status=\"200\"} 1\n"
            )
        )
    }
}
