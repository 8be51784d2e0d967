import Primitives
import Simulation
import Testing

/// 2025-11-22T16:00:00Z, a Saturday.
let saturday = Timestamp(milliseconds: 1_763_827_200_000)

@Suite("History of the simulated plant")
struct PlantHistoryTests {
    private let model = PlantModel()

    @Test func twoPlantsOfOneSeedAreEqualAndAnotherSeedDiffers() {
        let (twin, other) = (PlantModel(seed: 1), PlantModel(seed: 2))
        var differences = 0
        for index in 0..<model.deviceCount {
            for minute in stride(from: 0.0, to: 1_440, by: 97) {
                let time = saturday.adding(seconds: minute * 60)
                #expect(model.values(ofDevice: index, at: time) == twin.values(ofDevice: index, at: time))
                if model.values(ofDevice: index, at: time) != other.values(ofDevice: index, at: time) {
                    differences += 1
                }
            }
        }
        #expect(differences > 500)
    }

    /// All of it: 58 devices, 30 days, a reading every five minutes.
    @Test func noRuleIsTrueInThirtyDaysAndTheyAreMadeInSeconds() throws {
        let start = saturday.adding(seconds: -30 * 86_400)
        var count = 0
        var violations: [String] = []
        let began = ContinuousClock.now
        for index in 0..<model.deviceCount {
            let conditions = try model.conditions(ofDevice: index)
            #expect(!conditions.isEmpty)
            for sample in model.history(ofDevice: index, from: start, to: saturday, step: 300) {
                count += 1
                for condition in conditions where condition.comparison.holds(for: sample.values[condition.metric]) {
                    violations.append("\(condition.rule) \(model.key(ofDevice: index)) \(sample.time.rfc3339)")
                }
            }
        }
        let duration = ContinuousClock.now - began
        print("history: \(count) samples of \(model.deviceCount) devices in \(duration)")
        #expect(count == model.deviceCount * 8_640)
        #expect(violations.isEmpty, "\(violations.count), first \(violations.prefix(3))")
        // Generous: a debug build on a busy machine. What matters is the printed number of a release build.
        #expect(duration < .seconds(60))
    }

    @Test func historyIsInIncreasingTimeAndExcludesItsEnd() {
        let times = model.history(ofDevice: 0, from: saturday, to: saturday.adding(seconds: 900), step: 300).map(\.time)
        #expect(times == [0, 300, 600].map { saturday.adding(seconds: $0) })
        let none = Array(model.history(ofDevice: 0, from: saturday, to: saturday, step: 300))
        #expect(none.isEmpty)
    }

    @Test func countersOnlyRiseAndFollowTheirFlow() throws {
        let key = "green-heart-station-3"
        var last = try #require(model.number("total", of: key, at: saturday, course: .history))
        var volume = 0.0
        let first = last
        for minute in 1...2_880 {
            let time = saturday.adding(seconds: Double(minute) * 60)
            let total = try #require(model.number("total", of: key, at: time, course: .history))
            #expect(total > last)
            volume += try #require(model.number("flow", of: key, at: time, course: .history)) / 60
            last = total
        }
        #expect(abs((last - first) / volume - 1) < 0.02, "\(last - first) against \(volume)")
    }

    @Test func trucksStayInTheNetherlandsAndDriveAtTheSpeedTheyTell() throws {
        let places = model.devices.map(\.key).filter { $0.hasPrefix("truck-") }
        #expect(places.count == 6)
        for key in places {
            var movingSeconds = 0
            var last: (latitude: Double, longitude: Double)?
            for second in stride(from: 0, to: 36_000, by: 20) {
                let payload = model.reading(of: key, at: saturday.adding(seconds: Double(second)), liveSince: nil)
                let latitude = try #require(payload["position"]?["lat"]?.double)
                let longitude = try #require(payload["position"]?["lon"]?.double)
                let speed = try #require(payload["speed"]?.double)
                #expect((51.4...53.3).contains(latitude) && (4.15...6.95).contains(longitude))
                #expect((0...90).contains(speed))
                if speed > 0 { movingSeconds += 20 }
                if let last {
                    let metres = distance(last, (latitude, longitude))
                    #expect(metres <= 20 * 25, "\(key) jumps \(metres) m at \(second) s")
                    if speed == 0, metres > 0 { #expect(metres < 20 * 22) }
                }
                last = (latitude, longitude)
            }
            #expect(movingSeconds > 18_000, "\(key) moves \(movingSeconds) s of ten hours")
        }
    }

    private func distance(
        _ from: (latitude: Double, longitude: Double),
        _ to: (latitude: Double, longitude: Double)
    ) -> Double {
        // 0.615 is the cosine of 52°.
        let north = (to.latitude - from.latitude) * 111_195
        let east = (to.longitude - from.longitude) * 111_195 * 0.615
        return (north * north + east * east).squareRoot()
    }

    @Test func theWeekShowsInTheOfficeAndTheNightInTheThirdLine() {
        // 11:00 and 02:00 in Dutch winter time, on a Saturday and the Monday after it.
        let saturdayMorning = saturday.adding(seconds: -6 * 3_600)
        let monday = saturdayMorning.adding(seconds: 2 * 86_400)
        func co2(_ time: Timestamp) -> Double {
            ["1-room-1", "1-room-3", "2-room-1", "2-room-3"].reduce(0) { sum, room in
                sum + (model.number("co2", of: "utrecht-floor-\(room)", at: time, course: .history) ?? .nan)
            }
        }
        #expect(co2(monday) > co2(saturdayMorning) + 300)
        let night = monday.adding(seconds: -9 * 3_600)
        let resting = model.reading(of: "haarlem-line-3-motor-01", at: night, liveSince: nil)
        #expect(resting["running"] == false)
        #expect(resting["current"]?.double == 0)
        #expect(model.reading(of: "haarlem-line-3-motor-01", at: monday, liveSince: nil)["running"] == true)
        #expect(model.reading(of: "haarlem-line-1-motor-01", at: night, liveSince: nil)["running"] == true)
    }
}
