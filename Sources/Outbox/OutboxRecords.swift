import Foundation
import Primitives

/// A connector, device or asset as lists name it.
public struct NamedResource: Hashable, Sendable {
    /// Its address.
    public var key: String
    /// What people call it.
    public var name: String

    /// The API's form.
    public var json: JSONValue { ["key": .string(key), "name": .string(name)] }
}

/// A delivery as the API shows it.
public struct DeliveryRecord: Hashable, Sendable {
    /// The row.
    public var id: UUID
    /// Names the cause in the ERP.
    public var idempotencyKey: String
    /// What made it.
    public var mapping: NamedResource
    /// The mapping's revision at that time.
    public var mappingRevision: Int32
    /// Where it goes.
    public var connector: NamedResource
    /// What is to be done there.
    public var operation: String
    /// Where it stands.
    public var state: DeliveryState
    /// Why it is dead, or the last failure.
    public var reason: String?
    /// More about the reason.
    public var detail: String?
    /// How many attempts there were.
    public var attempts: Int
    /// When it was made.
    public var createdAt: Timestamp
    /// When it is tried next; nil when nobody works on it any more.
    public var nextAttemptAt: Timestamp?
    /// When it reached its final state.
    public var finishedAt: Timestamp?
    /// The ERP's number of what it made.
    public var externalID: String?
    /// The alarm that caused it.
    public var alarmID: UUID?
    /// The device whose reading caused it.
    public var device: NamedResource?
    /// The asset of that device then.
    public var asset: NamedResource?
    /// The mapping's computed fields.
    public var fields: JSONObject
    /// Source time of the cause.
    public var readingTimestamp: Timestamp
    /// When the cause reached us.
    public var readingReceivedAt: Timestamp
    /// What the ERP said beside “done”.
    public var note: String?
    /// The delivery that makes the order which this one is about.
    public var targetID: UUID?
    /// The delivery whose open order it was attached to, instead of making a second one.
    public var attachedTo: UUID?
    /// The ERP's identifier of the order that it is about, where no delivery of ours made it.
    public var target: String?

    /// The API's form in lists.
    public var json: JSONValue { .object(object) }

    var object: JSONObject {
        [
            "id": .string(id.text), "idempotencyKey": .string(idempotencyKey),
            "mapping": [
                "key": .string(mapping.key), "name": .string(mapping.name),
                "revision": .integer(Int64(mappingRevision)),
            ],
            "connector": connector.json, "operation": .string(operation), "state": .string(state.rawValue),
            "reason": .optional(reason), "detail": .optional(detail), "attempts": .integer(Int64(attempts)),
            "createdAt": .string(createdAt.rfc3339), "nextAttemptAt": .optional(nextAttemptAt),
            "finishedAt": .optional(finishedAt), "externalId": .optional(externalID),
            "alarmId": .optional(alarmID?.text), "device": device?.json ?? .null, "asset": asset?.json ?? .null,
            "fields": .object(fields), "readingTs": .string(readingTimestamp.rfc3339), "note": .optional(note),
            "targetId": .optional(targetID?.text), "attachedTo": .optional(attachedTo?.text),
            "target": .optional(target),
        ]
    }
}

/// One call in a delivery's time line.
public struct AttemptRecord: Hashable, Sendable {
    /// Its number, from 1; numbers may be left out.
    public var number: Int
    /// What it was for.
    public var purpose: CallPurpose
    /// When it began.
    public var startedAt: Timestamp
    /// When it ended; nil while it is under way, and for ever when the server ended before it did.
    public var endedAt: Timestamp?
    /// How it ended: `done`, `refused`, `transient`, `uncertain`, or of look-ups `found`, `not-found`, `failed`.
    public var outcome: String?
    /// What was sent, without secrets.
    public var request: String?
    /// The answer's status.
    public var status: Int?
    /// The answer's body, or what went wrong.
    public var response: String?
    /// The exchanges before the one that decided, as `{request, status, response}`.
    public var earlier: [JSONValue] = []
    /// What the ERP said beside “done”.
    public var note: String?

    /// The API's form; `request`, `status` and `response` are those of the last exchange.
    public var json: JSONValue {
        let last: JSONValue? = request.map { request in
            [
                "request": .string(request), "status": status.map { .integer(Int64($0)) } ?? .null,
                "response": .optional(response),
            ]
        }
        return [
            "number": .integer(Int64(number)), "purpose": .string(purpose.rawValue),
            "startedAt": .string(startedAt.rfc3339), "endedAt": .optional(endedAt), "outcome": .optional(outcome),
            "request": .optional(request), "status": status.map { .integer(Int64($0)) } ?? .null,
            "response": .optional(response), "exchanges": .array(earlier + [last].compactMap { $0 }),
            "note": .optional(note),
        ]
    }
}

/// A delivery with its time line.
public struct DeliveryDetail: Hashable, Sendable {
    /// The delivery.
    public var delivery: DeliveryRecord
    /// Its calls, in order.
    public var timeline: [AttemptRecord]
    /// What people did with it, in order.
    public var acts: [DeliveryAct] = []
    /// The delivery of the picture that goes to the order; nil when none does.
    public var picture: DeliveryRecord?
    /// Where it stands among those that go one after the other; nil when it goes by itself, or is over.
    public var lane: LanePlace?

    /// Who released it; nil when nobody had to.
    public var approvedBy: String? { acts.last { $0.act == .approved }?.by }

    /// What became of the picture: `{id, state, reason, detail}`; null when there is none.
    public var pictureJSON: JSONValue {
        guard let picture else { return .null }
        return [
            "id": .string(picture.id.text), "state": .string(picture.state.rawValue),
            "reason": .optional(picture.reason), "detail": .optional(picture.detail),
        ]
    }

    /// The API's form.
    public var json: JSONValue {
        var object = delivery.object
        object["timeline"] = .array(timeline.map(\.json))
        object["acts"] = .array(acts.map(\.json))
        object["approvedBy"] = .optional(approvedBy)
        object["picture"] = pictureJSON
        let isFirst = lane?.first == delivery.id
        object["waitsFor"] = .optional(isFirst ? nil : lane?.first?.text)
        object["holdsUp"] = .integer(Int64(isFirst ? lane?.behind ?? 0 : 0))
        object["mayStepAside"] = .bool(isFirst && lane?.isOfAsset == true && delivery.attempts > 0)
        let received = delivery.readingReceivedAt
        let delivered = delivery.state == .delivered ? delivery.finishedAt?.seconds(since: received) : nil
        object["latency"] = [
            "readingToReceived": .optional(received.seconds(since: delivery.readingTimestamp)),
            "receivedToDelivered": .optional(delivered),
        ]
        return .object(object)
    }
}

/// The place of a delivery among those that go one after the other, such as orders of one asset or figures of one item.
public struct LanePlace: Hashable, Sendable {
    /// How many wait behind it.
    public var behind: Int
    /// The one that goes first.
    public var first: UUID?
    /// Whether the orders of an asset wait here.
    public var isOfAsset: Bool
}

/// A stock figure that the ERP got from us.
public struct InventoryRecord: Hashable, Sendable {
    /// The connector's row.
    public var connectorID: Int32
    /// Where it is.
    public var connector: NamedResource
    /// What there is.
    public var item: String
    /// Its name in the ERP, as read last.
    public var itemName: String?
    /// The unit that the ERP counts it in, as read last.
    public var itemUnit: String?
    /// How much, in the unit that the mapping sends.
    public var quantity: Double
    /// The unit that the mapping sends; nil when it sends none, so that it is ``itemUnit``.
    public var sentUnit: String?
    /// The place that the mapping sends; nil when it sends none.
    public var location: String?
    /// The device that measured it.
    public var device: NamedResource?
    /// The asset of that device then.
    public var asset: NamedResource?
    /// Source time of the figure.
    public var readingTimestamp: Timestamp
    /// When the ERP took it.
    public var updatedAt: Timestamp

    /// The identifier in the change feed.
    public var entityID: String { "\(connectorID)/\(item)" }

    /// The API's form.
    public var json: JSONValue {
        [
            "connector": connector.json, "item": .string(item), "itemName": .optional(itemName),
            "itemUnit": .optional(itemUnit), "quantity": .optional(quantity),
            "unit": .optional(sentUnit ?? itemUnit), "location": .optional(location),
            "device": device?.json ?? .null, "asset": asset?.json ?? .null,
            "readingTs": .string(readingTimestamp.rfc3339), "updatedAt": .string(updatedAt.rfc3339),
        ]
    }
}

/// How much there is to do.
public struct OutboxCounts: Hashable, Sendable {
    /// Deliveries that are neither delivered, dead nor superseded.
    public var waiting: Int
    /// Deliveries that wait for a person.
    public var dead: Int
    /// Orders that are not done.
    public var openOrders: Int

    /// The API's form.
    public var json: JSONValue {
        [
            "waiting": .integer(Int64(waiting)), "dead": .integer(Int64(dead)),
            "openOrders": .integer(Int64(openOrders)),
        ]
    }
}

extension UUID {
    /// The form in which the API writes identifiers.
    var text: String { uuidString.lowercased() }
}

/// What became of an alarm's delivery, in short.
public struct AlarmDelivery: Hashable, Sendable {
    /// The alarm.
    public var alarmID: UUID
    /// The delivery.
    public var id: UUID
    /// Where it stands.
    public var state: DeliveryState
    /// The ERP's number of what it made.
    public var externalID: String?
}
