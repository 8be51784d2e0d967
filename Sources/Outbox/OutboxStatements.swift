import PostgreSQL

/// All statements of this module, for the check that each can be prepared.
enum OutboxStatements {
    static let all: [AnyStatement] =
        DispatchQueries.all + LimitQueries.all + SettleQueries.all + TargetQueries.all + MirrorQueries.all
        + MirrorListQueries.all + OrderStatusQueries.all + OrderMirrorQueries.all + OrderChangeQueries.all
        + DeliveryQueries.all + DeliveryActQueries.all
}
