import Primitives
import Simulation
import Synchronization
import Testing

@Suite("Live operation of the simulated plant")
struct PlantLiveTests {
    private let model = PlantModel()
    private let motor = PlantModel.wearingDeviceKey

    private func number(
        _ metric: String,
        _ seconds: Double,
        _ course: PlantCourse,
        of key: String? = nil
    ) throws
        -> Double
    {
        let start = try #require(course.liveSince)
        return try #require(
            model.number(metric, of: key ?? motor, at: start.adding(seconds: seconds), course: course)
        )
    }

    /// Every hour of a day, since the healthy temperature depends on it.
    private var starts: [PlantCourse] {
        (0..<24).map { PlantCourse(liveSince: saturday.adding(seconds: Double($0) * 3_600 + Double($0) * 17)) }
    }

    @Test func historyAndLiveValuesMeetWithoutAJump() throws {
        for course in starts {
            let start = try #require(course.liveSince)
            for index in 0..<model.deviceCount {
                #expect(
                    model.values(ofDevice: index, at: start, course: course)
                        == model.values(ofDevice: index, at: start)
                )
                let before = start.adding(seconds: -5)
                #expect(
                    model.values(ofDevice: index, at: before, course: course)
                        == model.values(ofDevice: index, at: before)
                )
            }
            #expect(abs(try number("temperature", 1, course) - number("temperature", -1, course)) < 1)
            #expect(
                abs(
                    try number("level", 1, course, of: "rotterdam-silo-1")
                        - number("level", -1, course, of: "rotterdam-silo-1")
                ) <= 5
            )
        }
    }

    @Test func theBearingPassesItsLimitsAboutAMinuteAndAHalfAfterTheStart() throws {
        var times: [Double] = []
        for course in starts {
            let hot = try (0...300).first { try number("temperature", Double($0), course) > 80 }
            let shaking = try (0...300).first { try number("vibration", Double($0), course) > 7.1 }
            let heldFrom = try (0...300).first { second in
                try (second...second + 5).allSatisfy { try number("temperature", Double($0), course) > 80 }
            }
            times.append(Double(try #require(hot)))
            #expect((75...105).contains(try #require(hot)))
            #expect((75...110).contains(try #require(shaking)))
            #expect((75...110).contains(try #require(heldFrom)))
            for second in 0...30 {
                #expect(try number("temperature", Double(second), course) < 70)
                #expect(try number("vibration", Double(second), course) < 5)
            }
            #expect((52...58).contains(try number("temperature", 0, course)))
            #expect(try number("temperature", 900, course) < 95)
        }
        print("80 °C is passed \(times.min() ?? 0) to \(times.max() ?? 0) s after the start")
    }

    @Test func aRepairCoolsTheBearingWithinTwentySecondsAndItWearsAgainAfterSixMinutes() throws {
        var course = PlantCourse(liveSince: saturday)
        course.repair(equipment: PlantModel.wearingEquipment, at: saturday.adding(seconds: 200))
        #expect(try number("temperature", 199, course) > 85)
        #expect(abs(try number("temperature", 200, course) - number("temperature", 199, course)) < 3)
        #expect(try number("temperature", 220, course) < 60)
        #expect(try number("vibration", 220, course) < 4)
        for second in 220...(200 + 360 + 30) { #expect(try number("temperature", Double(second), course) < 65) }
        let again = try (560...900).first { try number("temperature", Double($0), course) > 80 }
        #expect((635...670).contains(try #require(again)))
    }

    @Test func aRepairOfAnotherEquipmentOrOfAnOlderTimeChangesNothing() throws {
        var course = PlantCourse(liveSince: saturday)
        course.repair(equipment: "EQ-1101", at: saturday.adding(seconds: 200))
        #expect(try number("temperature", 230, course) > 85)
        course.repair(equipment: PlantModel.wearingEquipment, at: saturday.adding(seconds: 300))
        let repaired = course
        course.repair(equipment: PlantModel.wearingEquipment, at: saturday.adding(seconds: 250))
        #expect(course == repaired)
        for minute in 1...100 {
            course.repair(
                equipment: PlantModel.wearingEquipment,
                at: saturday.adding(seconds: 300 + Double(minute) * 30)
            )
        }
        #expect(course.repairs[PlantModel.wearingEquipment]?.count == 16)
        #expect(try number("temperature", 3_330, course) < 60)
    }

    @Test func onlyWearAndACrowdedRoomRaiseAlarmsInTheFirstQuarterOfAnHour() throws {
        for course in [starts[2], starts[9], starts[17]] {
            var broken: Set<String> = []
            var roomSeconds = 0
            var firstRoomSecond: Int?
            for index in 0..<model.deviceCount {
                let conditions = try model.conditions(ofDevice: index)
                for second in 0..<900 {
                    let time = try #require(course.liveSince).adding(seconds: Double(second))
                    let values = model.values(ofDevice: index, at: time, course: course)
                    for condition in conditions where condition.comparison.holds(for: values[condition.metric]) {
                        broken.insert("\(condition.rule) \(model.key(ofDevice: index))")
                        guard condition.rule == "co2-high" else { continue }
                        roomSeconds += 1
                        firstRoomSecond = firstRoomSecond ?? second
                    }
                }
            }
            #expect(
                broken == [
                    "bearing-overheating \(motor)", "vibration-high \(motor)", "co2-high utrecht-floor-1-room-2",
                ]
            )
            #expect((30...300).contains(roomSeconds))
            #expect((200...330).contains(try #require(firstRoomSecond)))
        }
    }

    @Test func theSilosFallInStepsThatAreSeenEveryTenToTwentySecondsAndAreFilledUp() throws {
        let course = PlantCourse(liveSince: saturday)
        for key in ["rotterdam-silo-1", "rotterdam-silo-2"] {
            var told = try number("level", 0, course, of: key)
            var changes: [Int] = []
            for second in 1...600 {
                let level = try number("level", Double(second), course, of: key)
                if abs(level - told) >= 50 {
                    #expect(level < told)
                    changes.append(second)
                    told = level
                }
            }
            let gaps = zip(changes.dropFirst(), changes).map { $0 - $1 }
            #expect(gaps.allSatisfy { (10...20).contains($0) }, "\(gaps)")
            let levels = try (0..<3_600).map { try number("level", Double($0), course, of: key) }
            #expect(zip(levels.dropFirst(), levels).contains { $0 - $1 > 40 })
            #expect(levels.allSatisfy { (3_000...24_000).contains($0) })
        }
    }

    @Test func theStateTimesWhatItIsToldByItsClock() {
        let now = Mutex(saturday)
        let state = PlantState(clock: WallClock { now.withLock { $0 } })
        #expect(state.course == .history)
        state.goLive()
        now.withLock { $0 = saturday.adding(seconds: 100) }
        state.goLive()
        #expect(state.liveSince == saturday)
        state.repair(equipment: "EQ-1107")
        #expect(state.course.repairs == ["EQ-1107": [saturday.adding(seconds: 100)]])
    }
}
