import Assets
import Foundation
import PostgreSQL
import Primitives

/// Every statement of the module, for the test that prepares them.
public enum TelemetryStatements {
    /// Needed before the others can be prepared: some name the stage.
    public static let stage = AnyStatement(ReadingWriteQueries.createStage())

    /// All statements, with sample arguments.
    public static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let holder = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        let reading = Reading(
            deviceID: 0,
            timestamp: time,
            receivedAt: time,
            quality: 0,
            values: MetricValues(slots: [1])
        )
        return [
            AnyStatement(ReadingWriteQueries.insertFromStage()), AnyStatement(ReadingWriteQueries.twins()),
            AnyStatement(ReadingWriteQueries.merge(reading, retention: .forever)),
            AnyStatement(ReadingWriteQueries.insertConflict(reading)),
            AnyStatement(ReadingWriteQueries.newest(DeviceClasses([0], .empty))),
            AnyStatement(RefusedMessageQueries.pruneQuarantine(limit: 1)),
            AnyStatement(RefusedMessageQueries.pruneRejected(limit: 1)),
            AnyStatement(LeaseQueries.take(holder, epoch: nil, seconds: 1)),
            AnyStatement(LeaseQueries.evict(exceptSession: "")),
            AnyStatement(LeaseQueries.isUnderWay(session: "")),
            AnyStatement(LeaseQueries.end(session: "")),
            AnyStatement(LeaseQueries.release(holder, epoch: 1)),
            AnyStatement(LedgerQueries.add(LedgerBatch([:], at: time), epoch: nil, configuration: nil)),
            AnyStatement(LedgerQueries.fold()), AnyStatement(LedgerQueries.days(device: 0, since: time)),
            AnyStatement(LedgerQueries.conflicts(device: 0, before: nil, limit: 1)),
        ] + RefusedListQueries.statements + SourceQueries.statements + ReadingQueries.all + RollupQueries.all
            + RolloverQueries.all
            + PackedBlockQueries.all + PartitionQueries.all + PackingQueries.all
            + StorageQueries.all + SparkplugQueries.statements
    }()
}
