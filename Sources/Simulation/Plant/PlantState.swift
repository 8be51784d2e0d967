import Primitives
import Synchronization

/// The course of a running plant, shared between its publisher and the ERP simulator's completions.
public final class PlantState: Sendable {
    private let clock: WallClock
    private let stored: Mutex<PlantCourse>

    /// Makes the state of a plant.
    ///
    /// - Parameters:
    ///   - clock: what repairs are timed by.
    ///   - liveSince: when live operation began; nil until ``goLive()``.
    public init(clock: WallClock, liveSince: Timestamp? = nil) {
        self.clock = clock
        stored = Mutex(PlantCourse(liveSince: liveSince))
    }

    /// What has happened so far.
    public var course: PlantCourse { stored.withLock { $0 } }

    /// When live operation began.
    public var liveSince: Timestamp? { course.liveSince }

    /// Begins live operation now: wear starts.
    ///
    /// A second call changes nothing.
    public func goLive() {
        let now = clock.now
        stored.withLock { if $0.liveSince == nil { $0.liveSince = now } }
    }

    /// Tells that maintenance of an equipment number was completed: a worn part cools down within about 20 s and
    /// starts to wear again about 6 minutes later.
    public func repair(equipment: String) {
        let now = clock.now
        stored.withLock { $0.repair(equipment: equipment, at: now) }
    }
}
