import Foundation
import Primitives

/// A pretended ERP of one kind: its contract over HTTP as far as connectors use it, over a small plant in memory.
///
/// It does no I/O; whoever hosts it hands it requests. It refuses what the real system refuses: wrong credentials,
/// unknown equipment and items, texts that are too long, a second document where references are unique.
public protocol SimulatedERP: Sendable {
    /// Answers a request.
    func answer(_ request: SimulatedRequest) -> SimulatedResponse

    /// The orders, oldest first.
    var orders: [SimulatedOrder] { get }

    /// What is on hand of every item.
    var stock: [String: Double] { get }

    /// The files at orders, oldest first.
    var files: [SimulatedFile] { get }

    /// Does the work of an order as a person in the ERP would; false when there is no such order.
    func complete(_ externalID: String, outcome: String) -> Bool

    /// Ends every session, as a restart of the ERP does.
    func endSessions()
}

extension SimulatedERP {
    /// None.
    public var files: [SimulatedFile] { [] }
}

/// A file at an order.
public struct SimulatedFile: Hashable, Sendable {
    /// The order's identifier.
    public var order: String
    /// Its name.
    public var name: String
    /// What it holds.
    public var bytes: [UInt8]

    /// Makes a file.
    public init(order: String, name: String, bytes: [UInt8]) {
        self.order = order
        self.name = name
        self.bytes = bytes
    }

    /// Makes a file whose contents came in base 64; nil when they are something else.
    init?(order: String, name: String, base64: String?) {
        guard let data = base64.flatMap({ Data(base64Encoded: $0) }) else { return nil }
        self.init(order: order, name: name, bytes: [UInt8](data))
    }
}

/// What a simulated ERP holds at its start.
public struct SimulatedPlant: Hashable, Sendable {
    /// A piece of equipment.
    public struct Equipment: Hashable, Sendable {
        /// The plant's own tag.
        public var tag: String
        /// Its name.
        public var name: String
        /// Its serial number.
        public var serial: String

        /// Makes a piece of equipment.
        public init(tag: String, name: String, serial: String) {
            self.tag = tag
            self.name = name
            self.serial = serial
        }
    }

    /// A stock item.
    public struct Item: Hashable, Sendable {
        /// Its number.
        public var number: String
        /// Its name.
        public var name: String
        /// What it is counted in.
        public var unit: String
        /// How much there is.
        public var onHand: Double

        /// Makes an item.
        public init(number: String, name: String, unit: String, onHand: Double) {
            self.number = number
            self.name = name
            self.unit = unit
            self.onHand = onHand
        }
    }

    /// The equipment.
    public var equipment: [Equipment]
    /// The items.
    public var items: [Item]

    /// Makes a plant.
    public init(equipment: [Equipment], items: [Item]) {
        self.equipment = equipment
        self.items = items
    }

    /// The plant that tests and trials without one of their own get.
    public static let example = SimulatedPlant(
        equipment: [
            Equipment(tag: "PUMP-7", name: "Circulation pump 7", serial: "SN-70007"),
            Equipment(tag: "FAN-2", name: "Exhaust fan 2", serial: "SN-20002"),
        ],
        items: [
            Item(number: "BRG-6204", name: "Bearing 6204", unit: "pcs", onHand: 25),
            Item(number: "PELLET-PP", name: "Polypropylene pellets", unit: "kg", onHand: 4_000),
        ]
    )
}

/// Who may call a simulated ERP.
public struct SimulatedAccount: Hashable, Sendable {
    /// The user name, API key or client id.
    public var name: String
    /// The password, API secret or token.
    public var secret: Redacted<String>

    /// Makes an account.
    public init(name: String, secret: Redacted<String>) {
        self.name = name
        self.secret = secret
    }
}

/// An order in a simulated ERP.
public struct SimulatedOrder: Hashable, Sendable {
    /// The identifier that connectors get.
    public var externalID: String
    /// The connector's key; empty when the order has none.
    public var reference: String
    /// What it is about.
    public var title: String
    /// The tag of its equipment.
    public var equipment: String?
    /// The state in the ERP's words.
    public var status: String

    /// Makes an order.
    public init(externalID: String, reference: String, title: String, equipment: String?, status: String) {
        self.externalID = externalID
        self.reference = reference
        self.title = title
        self.equipment = equipment
        self.status = status
    }
}
