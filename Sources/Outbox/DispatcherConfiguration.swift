/// The dispatcher's times and bounds; the defaults are the product's.
public struct DispatcherConfiguration: Sendable {
    /// How long a lease holds, in seconds; longer than a connector's call can take.
    public var lease = 40.0
    /// How many calls one connector gets at once, unless its limit says otherwise.
    public var callsPerConnector = 4
    /// The most calls that a connector's limit can ask for.
    public var mostCallsPerConnector = 16
    /// How many calls are under way in all.
    public var calls = 24
    /// How many ended calls may wait to be written down before no more begin.
    public var mostUnsettled = 32
    /// How often the table is asked when nothing hints at work.
    public var pollInterval = Duration.seconds(1)
    /// How long ends of calls are gathered after a look while others are under way: one look and commit for many.
    public var pause = Duration.milliseconds(4)
    /// Successive failures after which a connector is left alone but for probes.
    public var breakerThreshold = 10
    /// Seconds between probes of such a connector.
    public var probeInterval = 10.0
    /// The longest wait after a first failure, in seconds; it doubles with each.
    public var firstDelay = 2.0
    /// The longest wait of all, in seconds.
    public var longestDelay = 300.0
    /// Seconds from an order's creation to its first status check.
    public var orderCheckInterval = 5.0
    /// Seconds between two looks for expired leases.
    public var reclaimInterval = 1.0
    /// Seconds between two looks for deliveries whose turn was missed.
    public var sweepInterval = 5.0
    /// Seconds until an order that is still to be made is asked for again, if its making does not tell.
    public var orderWait = 60.0
    /// How often the gauge of pending deliveries is refreshed.
    public var gaugeInterval = Duration.seconds(2)
    /// How long calls may go on after the dispatcher was told to stop, before they are cut off.
    public var grace = Duration.seconds(3)

    /// The product's times and bounds.
    public init() {}

    var delay: RetryDelay { RetryDelay(first: firstDelay, longest: longestDelay) }
}

/// What a dispatcher tells about itself: the signals that tests wait for.
enum DispatcherEvent: Hashable, Sendable {
    /// It asked for work, and leased so many deliveries.
    case looked(leased: Int)
    /// It committed the start of a call.
    case began(CallPurpose)
    /// It found that the order, which a delivery is about, is not made yet.
    case waitsForOrder
    /// It committed what came of a delivery.
    case settled(DeliveryState)
    /// It came too late: somebody else decides on the delivery.
    case lost
    /// It could not write down what came of a delivery.
    case gaveUp
    /// It took back so many expired leases.
    case reclaimed(Int)
    /// It ended so many deliveries of deleted connectors.
    case abandoned(Int)
}
