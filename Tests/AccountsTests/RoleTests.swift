import Foundation
import Primitives
import Testing

@testable import Accounts

@Suite struct RoleTests {
    @Test func eachRoleMayDoWhatTheOnesBeforeItMay() {
        let roles = Role.allCases
        for (index, role) in roles.enumerated() {
            for (neededIndex, needed) in roles.enumerated() {
                #expect(role.allows(needed) == (index >= neededIndex))
            }
        }
        #expect(roles.map(\.rawValue) == ["viewer", "operator", "admin"])
    }
}

@Suite struct PrincipalCacheTests {
    private let principal = Principal(
        id: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
        name: "a",
        role: .viewer,
        kind: .token
    )
    private let start = Timestamp(milliseconds: 1_000_000)

    @Test func believesAProofForItsLifetimeOnly() {
        let cache = PrincipalCache(lifetime: 2, capacity: 10)
        cache.insert(principal, for: [1], at: start, of: 0)
        #expect(cache.principal([1], at: start.adding(seconds: 1.999)) == principal)
        #expect(cache.principal([2], at: start) == nil)
        #expect(cache.principal([1], at: start.adding(seconds: 2)) == nil)
    }

    @Test func aClockSetBackProlongsNothing() {
        let cache = PrincipalCache(lifetime: 2, capacity: 10)
        cache.insert(principal, for: [1], at: start, of: 0)
        #expect(cache.principal([1], at: start.adding(seconds: -1)) == nil)
    }

    @Test func aProofBegunBeforeEverythingWasForgottenIsNotKept() {
        let cache = PrincipalCache(lifetime: 2, capacity: 10)
        let generation = cache.generation
        cache.removeAll()
        cache.insert(principal, for: [1], at: start, of: generation)
        #expect(cache.principal([1], at: start) == nil)
        cache.insert(principal, for: [1], at: start, of: cache.generation)
        #expect(cache.principal([1], at: start) == principal)
    }

    @Test func isBounded() {
        let cache = PrincipalCache(lifetime: 2, capacity: 3)
        for index in 0..<100 as Range<UInt8> { cache.insert(principal, for: [index], at: start, of: 0) }
        let kept = (0..<100 as Range<UInt8>).filter { cache.principal([$0], at: start) != nil }
        #expect((1...3).contains(kept.count))
        cache.removeAll()
        #expect(cache.principal([99], at: start) == nil)
    }
}
