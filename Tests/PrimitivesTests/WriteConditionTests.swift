import Primitives
import Testing

@Suite struct WriteConditionTests {
    private let current = ResourceVersion(id: 7, revision: 3)

    @Test func conditionsAllowWhatTheySay() {
        let other = ResourceVersion(id: 7, revision: 2)
        let cases: [(WriteCondition, whenThere: Bool, whenAbsent: Bool)] = [
            (.always, true, true), (.exists, true, false), (.absent, false, true), (.version([]), false, false),
            (.version([current]), true, false), (.version([other]), false, false),
            (.version([other, current]), true, false),
            (.version([ResourceVersion(id: 8, revision: 3)]), false, false), (.otherThan([current]), false, true),
            (.otherThan([other]), true, true), (.otherThan([]), true, true),
        ]
        for (condition, whenThere, whenAbsent) in cases {
            #expect(condition.allows(current) == whenThere, "\(condition)")
            #expect(condition.allows(nil) == whenAbsent, "\(condition)")
        }
    }

    @Test func refusalsNameWhatIsThere() throws {
        try WriteCondition.always.check(nil)
        #expect(throws: ResourceFailure.preconditionFailed(current: current)) {
            try WriteCondition.absent.check(current)
        }
        #expect(throws: ResourceFailure.preconditionFailed(current: nil)) { try WriteCondition.exists.check(nil) }
    }

    @Test func oneVersionHasOneText() {
        #expect(current.text == "7-3")
        #expect(ResourceVersion("7-3") == current)
        for text in ["", "7", "7-", "-3", "7-3-1", "07-3", "7-03", "+7-3", "7-+3", " 7-3", "a-b", "7-99999999999"] {
            #expect(ResourceVersion(text) == nil, "\(text)")
        }
    }
}
