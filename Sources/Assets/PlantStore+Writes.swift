import PostgreSQL
import Primitives

extension PlantStore {
    /// Creates or replaces a profile.
    ///
    /// Metrics left out are retired; their ordinals are never reused.
    ///
    /// - Returns: the profile, and whether it is new.
    /// - Throws: ``InvalidInput``, ``ResourceFailure`` (`metric-kind-change`, a failed condition), `PostgresError`.
    public func putProfile(
        key: ResourceKey,
        document: JSONValue,
        onlyIf condition: WriteCondition = .always
    ) async throws -> (profile: Profile, isNew: Bool) {
        let draft = try ProfileDraft(document)
        return try await writing.withLock {
            let old = look { $0.profile(key: key.text) }
            try condition.check(old?.version)
            let metrics = try Self.ordinals(of: draft.metrics, after: old)
            if let old, old.name == draft.name, old.reportingInterval == draft.reportingInterval,
                old.metrics == metrics, old.retention.current == draft.retention
            {
                return (old, false)
            }
            let id = try await database.atomically { transaction in
                let id = try await transaction.first(
                    PlantWriteQueries.upsertProfile(
                        key: key.text,
                        name: draft.name,
                        reportingInterval: draft.reportingInterval,
                        over: old?.revision ?? 0
                    )
                )
                guard let id else { throw ResourceFailure.preconditionFailed(current: nil) }
                for (position, metric) in metrics.enumerated() {
                    _ = try await transaction.execute(
                        PlantWriteQueries.upsertMetric(profileID: id, metric: metric, position: Int16(position))
                    )
                }
                _ = try await transaction.execute(
                    PlantWriteQueries.retireMetrics(profileID: id, except: metrics.map(\.key))
                )
                _ = try await transaction.execute(PlantWriteQueries.setRetention(profileID: id, draft.retention))
                try await ConfigurationHistory.note(
                    .profiles,
                    key.text,
                    from: old?.json,
                    to: draft.json(key: key.text),
                    in: transaction
                )
                return id
            }
            try await refresh(profiles: [id])
            return (try Self.found(look { $0.profiles[id] }, "profile \(key)"), old == nil)
        }
    }

    private static func ordinals(of drafts: [MetricDraft], after old: Profile?) throws -> [Metric] {
        let known = (old?.metrics ?? []) + (old?.retired ?? [])
        var next = old?.slotCount ?? 0
        return try drafts.enumerated().map { index, draft in
            if let metric = known.first(where: { $0.key == draft.key }) {
                guard metric.kind == draft.kind else {
                    throw ResourceFailure.conflict(
                        code: "metric-kind-change",
                        detail: "Metric “\(draft.key)” is a \(metric.kind.rawValue) and has history: its kind cannot "
                            + "change. Add a metric with another key instead (/metrics/\(index)/kind)."
                    )
                }
                return Metric(
                    key: draft.key,
                    name: draft.name,
                    unit: draft.unit,
                    kind: draft.kind,
                    rollover: draft.rollover,
                    ordinal: metric.ordinal
                )
            }
            let metric = Metric(
                key: draft.key,
                name: draft.name,
                unit: draft.unit,
                kind: draft.kind,
                rollover: draft.rollover,
                ordinal: next
            )
            next += metric.width
            return metric
        }
    }

    /// Creates or replaces an asset.
    public func putAsset(
        key: ResourceKey,
        document: JSONValue,
        onlyIf condition: WriteCondition = .always
    ) async throws -> (asset: Asset, isNew: Bool) {
        let draft = try AssetDraft(document)
        return try await writing.withLock {
            let (old, before) = look { plant in
                let asset = plant.asset(key: key.text)
                return (asset, asset.map(plant.json))
            }
            try condition.check(old?.version)
            let parentID = try look { plant throws(InvalidInput) in try Self.parent(of: draft, asset: old, in: plant) }
            if let old, old.name == draft.name, old.level == draft.level, old.parentID == parentID,
                old.location == draft.location, old.equipment == draft.equipment
            {
                return (old, false)
            }
            let id = try await write(
                PlantWriteQueries.upsertAsset(draft, key: key.text, parentID: parentID, over: old?.revision ?? 0),
                Written(.assets, key, from: before, to: draft.json(key: key.text))
            )
            try await refresh(assets: [id])
            return (try Self.found(look { $0.assets[id] }, "asset \(key)"), old == nil)
        }
    }

    /// Changes what an asset is called by one connector's ERP, and nothing else of it.
    ///
    /// - Parameters:
    ///   - key: the asset.
    ///   - connector: the connector's key.
    ///   - reference: the ERP's reference, 1 to 255 characters; nil for none.
    /// - Throws: ``ResourceFailure``, ``InvalidInput``, `PostgresError`.
    public func setEquipment(of key: ResourceKey, connector: String, to reference: String?) async throws {
        while true {
            let (asset, written) = try known(key)
            var document = written.object ?? JSONObject()
            var equipment = document["equipment"]?.object ?? JSONObject()
            equipment[connector] = reference.map(JSONValue.string)
            document["equipment"] = .object(equipment)
            do {
                _ = try await putAsset(key: key, document: .object(document), onlyIf: .version([asset.version]))
                return
            } catch ResourceFailure.preconditionFailed {
                // Somebody else wrote it meanwhile: once more over what is there now.
            }
        }
    }

    /// An asset and its form.
    private func known(_ key: ResourceKey) throws(ResourceFailure) -> (asset: Asset, document: JSONValue) {
        try look { plant throws(ResourceFailure) in
            let asset = try Self.found(plant.asset(key: key.text), "asset \(key)")
            return (asset, plant.json(asset))
        }
    }

    /// The row of the parent that a draft names.
    private static func parent(
        of draft: AssetDraft,
        asset: Asset?,
        in plant: PlantIndex
    ) throws(InvalidInput) -> Int32? {
        guard let parent = draft.parent else { return nil }
        guard let node = plant.asset(key: parent.text) else {
            throw InvalidInput(pointer: "/parent", code: "unknown-reference", detail: "There is no asset “\(parent)”.")
        }
        if let asset, plant.isAsset(node.id, within: asset.id) {
            throw InvalidInput(
                pointer: "/parent",
                code: "cycle",
                detail: "“\(parent)” is this asset or stands below it."
            )
        }
        return node.id
    }

    /// Creates or replaces a device.
    public func putDevice(
        key: ResourceKey,
        document: JSONValue,
        onlyIf condition: WriteCondition = .always
    ) async throws -> (device: Device, isNew: Bool) {
        let draft = try DeviceDraft(document, key: key.text)
        return try await writing.withLock {
            let (old, before, other) = look { plant in
                let device = plant.device(key: key.text)
                return (device, device.map(plant.json), plant.device(identifier: draft.identifier))
            }
            try condition.check(old?.version)
            let (profileID, assetID) = try look { plant throws(InvalidInput) in
                try Self.references(of: draft, in: plant)
            }
            if let other, other.key != key.text {
                throw ResourceFailure.conflict(
                    code: "identifier-taken",
                    detail: "Device “\(other.key)” has this identifier already."
                )
            }
            if let old, old.profileID != profileID {
                throw ResourceFailure.conflict(
                    code: "profile-change",
                    detail: "A device keeps its profile, since its stored values belong to it. Make a new device."
                )
            }
            if let old, old.name == draft.name, old.identifier == draft.identifier, old.assetID == assetID {
                return (old, false)
            }
            let id = try await write(
                PlantWriteQueries.upsertDevice(
                    key: key.text,
                    name: draft.name,
                    identifier: draft.identifier,
                    profileID: profileID,
                    assetID: assetID,
                    over: old?.revision ?? 0
                ),
                Written(.devices, key, from: before, to: draft.json(key: key.text))
            )
            try await refresh(devices: [id])
            return (try Self.found(look { $0.devices[id] }, "device \(key)"), old == nil)
        }
    }

    private static func references(
        of draft: DeviceDraft,
        in plant: PlantIndex
    ) throws(InvalidInput) -> (profileID: Int32, assetID: Int32?) {
        var issues: [InputIssue] = []
        let profile = draft.profile.flatMap { plant.profile(key: $0.text) }
        if profile == nil {
            let detail = "There is no profile “\(draft.profile?.text ?? "")”."
            issues.append(InputIssue(pointer: "/profile", code: "unknown-reference", detail: detail))
        }
        let asset = draft.asset.flatMap { plant.asset(key: $0.text) }
        if let key = draft.asset, asset == nil {
            issues.append(
                InputIssue(pointer: "/asset", code: "unknown-reference", detail: "There is no asset “\(key)”.")
            )
        }
        guard let profile, issues.isEmpty else { throw InvalidInput(issues) }
        return (profile.id, asset?.id)
    }

    /// Deletes a profile that no device has.
    public func deleteProfile(key: ResourceKey, onlyIf condition: WriteCondition = .always) async throws {
        try await writing.withLock {
            let profile = try Self.found(look { $0.profile(key: key.text) }, "profile \(key)")
            try condition.check(profile.version)
            try await delete(
                PlantWriteQueries.deleteProfile(profile.version),
                Written(.profiles, key, from: profile.json, to: nil)
            )
            try await refresh(profiles: [profile.id])
        }
    }

    /// Deletes an asset without children and devices.
    public func deleteAsset(key: ResourceKey, onlyIf condition: WriteCondition = .always) async throws {
        try await writing.withLock {
            let (asset, document) = try known(key)
            try condition.check(asset.version)
            try await delete(
                PlantWriteQueries.deleteAsset(asset.version),
                Written(.assets, key, from: document, to: nil)
            )
            try await refresh(assets: [asset.id])
        }
    }

    /// Deletes a device.
    ///
    /// Its readings stay stored but are no longer reachable by key.
    public func deleteDevice(key: ResourceKey, onlyIf condition: WriteCondition = .always) async throws {
        try await writing.withLock {
            let (device, document) = try look { plant throws(ResourceFailure) in
                let device = try Self.found(plant.device(key: key.text), "device \(key)")
                return (device, plant.json(device))
            }
            try condition.check(device.version)
            try await delete(
                PlantWriteQueries.deleteDevice(device.version),
                Written(.devices, key, from: document, to: nil)
            )
            try await refresh(devices: [device.id])
        }
    }

    /// Runs a deletion and notes it.
    private func delete(_ statement: Statement<Void>, _ change: Written) async throws {
        do {
            try await database.atomically { transaction in
                // Another process has written: the snapshot that the condition was judged by is old.
                if try await transaction.execute(statement) == 0 {
                    throw ResourceFailure.preconditionFailed(current: nil)
                }
                try await change.note(in: transaction)
            }
        } catch let error as PostgresError where error.sqlState == .foreignKeyViolation {
            throw ResourceFailure.conflict(
                code: "in-use",
                detail:
                    "The \(change.section.singular) “\(change.key)” is still in use; remove what refers to it first."
            )
        }
    }

    /// Runs a write and notes it.
    private func write(_ statement: Statement<Int32>, _ change: Written) async throws -> Int32 {
        try await database.atomically { transaction in
            guard let id = try await transaction.first(statement) else {
                throw ResourceFailure.preconditionFailed(current: nil)
            }
            try await change.note(in: transaction)
            return id
        }
    }

    private static func found<Entity>(_ entity: Entity?, _ name: String) throws(ResourceFailure) -> Entity {
        guard let entity else { throw .notFound(name) }
        return entity
    }
}

/// What is noted of a write.
private struct Written {
    let section: ConfigurationSection
    let key: String
    let before: JSONValue?
    let after: JSONValue?

    init(_ section: ConfigurationSection, _ key: ResourceKey, from before: JSONValue?, to after: JSONValue?) {
        self.section = section
        self.key = key.text
        self.before = before
        self.after = after
    }

    func note(in transaction: Transaction) async throws {
        try await ConfigurationHistory.note(section, key, from: before, to: after, in: transaction)
    }
}
