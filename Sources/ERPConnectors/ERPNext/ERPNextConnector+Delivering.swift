import Primitives

extension ERPNextConnector {
    func perform(_ order: DeliveryOrder) async -> CallReport<CallOutcome> {
        var trace = CallTrace()
        let outcome = await perform(order, &trace)
        return CallReport(outcome, trace)
    }

    private func perform(_ order: DeliveryOrder, _ trace: inout CallTrace) async -> CallOutcome {
        let fields: OrderFields
        do throws(CallFailure) {
            fields = try OrderFields(order, manifest)
        } catch {
            return error.refused
        }
        switch (order.operation, order.target) {
        case (.workOrderUpdate, let target?): return await update(target, fields, &trace)
        case (.workOrderCancel, let target?): return await cancel(target, fields, &trace)
        case (.workOrderComment, let target?): return await comment(target, order, fields, &trace)
        case (.workOrderAttach, let target?): return await attach(order, to: target, &trace)
        case (.partsCheck, _): return await check(fields, &trace)
        default: return await create(order, fields, &trace)
        }
    }

    private func create(_ order: DeliveryOrder, _ fields: OrderFields, _ trace: inout CallTrace) async -> CallOutcome {
        guard let type = requests.type(of: order.operation) else {
            return CallFailure.unsupported("such operation").refused
        }
        let request: RenderedRequest
        do throws(CallFailure) {
            // Made once before anything is sent, so that a fault in the fields is told whatever the site says.
            let draft = try requests.creation(of: order, fields, failedAt: "")
            request =
                order.operation == .workOrderCreate && options.document == .assetRepair
                ? try requests.creation(of: order, fields, failedAt: await failedAt(order, &trace)) : draft
        } catch {
            return Self.isFinal(error) ? error.refused : error.transient
        }
        if !hasField(type) {
            do throws(CallFailure) {
                switch try await find(type, key: order.idempotencyKey, &trace) {
                case .nothing: break
                case .document(let name, let state): return Self.done(type, name, state)
                }
            } catch {
                return Self.isFinal(error) ? error.refused : error.transient
            }
        }
        switch await change(request, &trace) {
        case .done(let document):
            guard let name = JSONPath("name")?.identifier(in: document) else {
                return .uncertain(reason: "no-id", detail: "The ERP answered without the name of what it made.")
            }
            return .done(externalID: name)
        case .unchanged: return .done(externalID: nil, note: "The stock was so already; nothing was booked.")
        case .duplicate(let failure): return await own(type, order, failure, &trace)
        case .refused(let failure): return failure.refused
        case .transient(let failure): return failure.transient
        case .uncertain(let failure): return failure.uncertain
        }
    }

    /// A document that was refused as a duplicate is our own when it holds the key.
    private func own(
        _ type: String,
        _ order: DeliveryOrder,
        _ failure: CallFailure,
        _ trace: inout CallTrace
    ) async -> CallOutcome {
        do throws(CallFailure) {
            switch try await find(type, key: order.idempotencyKey, &trace) {
            case .document(let name, let state): return Self.done(type, name, state)
            case .nothing: return failure.refused
            }
        } catch {
            return .uncertain(
                reason: failure.reason,
                detail: "\(failure.detail) Looking it up failed: \(error.detail)"
            )
        }
    }

    /// Asked without a change, so that trying again does no harm; but not for ever.
    static func isFinal(_ failure: CallFailure) -> Bool {
        ["http-401", "http-403", "http-417"].contains(failure.reason) || failure.reason.hasPrefix("field-")
    }

    private func failedAt(_ order: DeliveryOrder, _ trace: inout CallTrace) async throws(CallFailure) -> String {
        try await siteTime(&trace).text(order.causedAt)
    }

    private static func done(_ type: String, _ name: String, _ state: Int64) -> CallOutcome {
        if let draft = draft(type, name, state) { return .stuck(reason: "draft", detail: draft) }
        return .done(externalID: name)
    }

    /// Stock is booked by submitted documents only; a workflow of the site can keep one back.
    private static func draft(_ type: String, _ name: String, _ state: Int64) -> String? {
        guard ERPNextOptions.stockTypes.contains(type), state == 0 else { return nil }
        return "\(type) \(name) is a draft and books nothing: submit it in ERPNext."
    }

    private func update(_ target: String, _ fields: OrderFields, _ trace: inout CallTrace) async -> CallOutcome {
        do throws(CallFailure) {
            return Self.outcome(
                await change(try requests.change(target, fields), isRepeatable: true, &trace),
                id: target
            )
        } catch {
            return error.refused
        }
    }

    private func cancel(_ target: String, _ fields: OrderFields, _ trace: inout CallTrace) async -> CallOutcome {
        switch await state(target, &trace) {
        case .failed(let failure): return Self.isFinal(failure) ? failure.refused : failure.transient
        case .gone: return .refused(reason: "order-gone", detail: "The ERP no longer has \(target).")
        case .state(let state):
            switch state.phase {
            case .cancelled: return .done(externalID: target)
            case .inProgress: return .refused(reason: "work-begun", detail: "Work on \(target) has begun.")
            case .done: return .refused(reason: "order-done", detail: "\(target) is done already.")
            case .open: break
            }
        }
        let request = requests.cancellation(of: target, fields)
        return Self.outcome(await change(request, isRepeatable: true, &trace), id: target)
    }

    private func comment(
        _ target: String,
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async -> CallOutcome {
        let request: RenderedRequest
        do throws(CallFailure) {
            request = try commentRequest(target, order, fields)
        } catch {
            return error.refused
        }
        return Self.outcome(await change(request, &trace), id: target)
    }

    func commentRequest(
        _ target: String,
        _ order: DeliveryOrder,
        _ fields: OrderFields
    ) throws(CallFailure) -> RenderedRequest {
        let text = MarkupText.html(try fields.required("text"))
        return requests.comment(on: target, "<div>\(text)</div><div><small>\(order.idempotencyKey)</small></div>")
    }

    private func check(_ fields: OrderFields, _ trace: inout CallTrace) async -> CallOutcome {
        do throws(CallFailure) {
            let item = try fields.required("item")
            let wanted = try fields.number("quantity") ?? 1
            let stock = try await stock(of: item, at: fields.text("location"), &trace)
            let free = stock.available ?? stock.onHand
            let figures = "\(JSONValue.text(of: stock.onHand)) on hand, \(JSONValue.text(of: free)) free of \(item)"
            return .done(externalID: nil, note: free >= wanted ? figures : "Not enough: \(figures).")
        } catch {
            return Self.isFinal(error) ? error.refused : error.transient
        }
    }

    static func outcome(_ change: ERPNextAnswer.Change, id: String) -> CallOutcome {
        switch change {
        case .done, .unchanged: .done(externalID: id)
        case .duplicate(let failure), .refused(let failure): failure.refused
        case .transient(let failure): failure.transient
        case .uncertain(let failure): failure.uncertain
        }
    }

    // MARK: Looking up

    func lookUp(_ order: DeliveryOrder) async -> CallReport<LookUpOutcome> {
        var trace = CallTrace()
        let outcome = await lookUp(order, &trace)
        return CallReport(outcome, trace)
    }

    private func lookUp(_ order: DeliveryOrder, _ trace: inout CallTrace) async -> LookUpOutcome {
        do throws(CallFailure) {
            switch (order.operation, order.target) {
            case (.workOrderComment, let target?):
                let info = try await ask(requests.comments(of: target), &trace)
                guard let comments = info["docinfo"]?["comments"]?.array else {
                    throw CallFailure(reason: "not-a-list", detail: "The site does not list the comments.")
                }
                let isThere = comments.contains { $0["content"]?.string?.contains(order.idempotencyKey) == true }
                return isThere ? .found(externalID: target) : .notFound
            case (.workOrderAttach, let target?):
                let isThere = try await hasFile(order, target, &trace)
                return isThere ? .found(externalID: target) : .notFound
            default:
                guard let type = requests.type(of: order.operation) else { throw .unsupported("look-up for this") }
                switch try await find(type, key: order.idempotencyKey, &trace) {
                case .nothing: return .notFound
                case .document(let name, let state):
                    if let draft = Self.draft(type, name, state) { return .stuck(reason: "draft", detail: draft) }
                    return .found(externalID: name)
                }
            }
        } catch {
            return error.failedLookUp
        }
    }

    // MARK: Previews

    func preview(_ order: DeliveryOrder) throws(CallFailure) -> [RenderedRequest] {
        let fields = try OrderFields(order, manifest)
        let document = options.document.rawValue
        switch (order.operation, order.target) {
        case (.workOrderUpdate, let target?): return [try requests.change(target, fields)]
        case (.workOrderCancel, let target?):
            return [requests.read(document, target), requests.cancellation(of: target, fields)]
        case (.workOrderComment, let target?): return [try commentRequest(target, order, fields)]
        case (.workOrderAttach, let target?): return [requests.attach(order, to: target)]
        case (.partsCheck, _):
            return [bins(try fields.required("item"), fields.text("location") ?? options.warehouse)]
        default:
            let failedAt =
                options.timeZone.map { SiteTime(zone: $0).text(order.causedAt) }
                ?? "‹\(order.causedAt.rfc3339) in the site's time zone›"
            return [try requests.creation(of: order, fields, failedAt: failedAt)]
        }
    }
}
