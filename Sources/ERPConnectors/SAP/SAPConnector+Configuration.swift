import HTTPClient
import Primitives

/// Previews and checks.
extension SAPConnector {
    func preview(_ order: DeliveryOrder) throws(CallFailure) -> [RenderedRequest] {
        let fields = try OrderFields(order, manifest)
        switch order.operation {
        case .workOrderCreate:
            var all = [try requests.createNotification(order, fields)]
            guard options.orderType != nil else { return all }
            all.append(try requests.createOrder(ofNotification: "‹notification›", fields))
            if options.releaseOrder { all.append(Self.readable(requests.release(order: "‹order›"))) }
            return all
        case .workOrderUpdate:
            let target = order.target ?? ""
            let path = SAPRequests.notification(target)
            let changes = try requests.notificationChanges(fields)
            return changes.isEmpty ? [] : [requests.update(.notification, path, changes, etag: "‹ETag of \(target)›")]
        case .workOrderComment:
            let target = order.target ?? ""
            let text = try fields.required("text")
            let whole = Self.longText(nil, text, Self.mark(order.idempotencyKey)) ?? text
            let body: JSONObject = ["MaintNotifLongTextForEdit": .string("‹long text› " + whole)]
            return [requests.update(.notification, SAPRequests.notification(target), body, etag: "‹ETag of \(target)›")]
        case .workOrderCancel:
            let target = order.target ?? ""
            if options.orderType == nil {
                return [requests.complete(notification: target, etag: "‹ETag of \(target)›")]
            }
            return [Self.readable(requests.cancel(order: "‹order›"))]
        case .stockConsume, .stockReceive:
            guard let movement = try requests.movement(order.operation, fields) else { return [] }
            return [try requests.post(movement, order, fields)]
        case .stockSet, .partsCheck:
            let place = requests.place(fields.text("location"))
            let item = try fields.required("item")
            return [requests.findStock(item, plant: place.plant, storageLocation: place.storageLocation)]
        case .workOrderAttach: return [requests.attach(order, toNotification: order.target ?? "")]
        case .meterRecord: throw .unsupported("meter readings")
        }
    }

    /// An address in which what only an earlier answer tells can be read.
    private static func readable(_ request: RenderedRequest) -> RenderedRequest {
        var request = request
        for mark in ["‹", "›"] { request.url = request.url.replacing(PercentEncoding.encode(mark), with: mark) }
        return request
    }

    func preflight(key: String) async -> [PreflightCheck] {
        var trace = CallTrace()
        let find = requests.findNotification(key)
        let found = await list(find, &trace)
        var checks = Self.connection(found, find)
        guard case .success(let list) = found else { return checks }
        checks.append(Self.lookUp(list))
        checks.append(await writing())
        if options.orderType != nil {
            checks.append(
                await reading("orders", "Maintenance orders can be read", requests.findOrder(ofNotification: key))
            )
        }
        let parts = requests.findStock(key, plant: options.plant, storageLocation: nil)
        checks.append(await reading("stock", "Stock can be read", parts, isNeeded: false))
        let documents = requests.findMaterialDocument(key)
        checks.append(await reading("movements", "Material documents can be read", documents, isNeeded: false))
        let equipment = requests.read(.equipment, "Equipment", [("$select", "Equipment"), ("$top", "1")])
        checks.append(await reading("equipment", "Equipment can be read", equipment, isNeeded: false))
        checks.append(await attaching())
        checks.append(
            PreflightCheck(
                "create-permission",
                "Notifications may be created",
                .skipped,
                "SAP tells only when it is tried: the first order shows it."
            )
        )
        return checks
    }

    private static func connection(
        _ found: Result<[SAPEntity], SAPRefusal>,
        _ request: RenderedRequest
    ) -> [PreflightCheck] {
        let reachable = "SAP answers"
        let accepted = "The user is accepted and may read notifications"
        guard case .failure(let refusal) = found else {
            return [
                PreflightCheck("reachable", reachable, .ok, "GET \(request.url) was answered."),
                PreflightCheck("credentials", accepted, .ok, "SAP took the user."),
            ]
        }
        let detail = refusal.failure.detail
        switch refusal.failure.reason {
        case _ where detail.hasPrefix("The token server"), "http-401":
            let remedy =
                "Check user and password or client and secret, and that the communication arrangement names them."
            return [PreflightCheck("credentials", accepted, .failed, detail, remedy: remedy)]
        case "http-403":
            let remedy = "Give the user the authorization for API_MAINTNOTIFICATION (S_SERVICE, I_QMEL, I_VORG_MEL)."
            return [PreflightCheck("credentials", accepted, .failed, detail, remedy: remedy)]
        case "http-404":
            let remedy =
                "Activate API_MAINTNOTIFICATION (/IWFND/MAINT_SERVICE), or add its communication arrangement in the Cloud."
            return [PreflightCheck("reachable", reachable, .failed, detail, remedy: remedy)]
        default: return [PreflightCheck("reachable", reachable, .failed, detail)]
        }
    }

    private static func lookUp(_ list: [SAPEntity]) -> PreflightCheck {
        let title = "Notifications are found by their external reference"
        if list.isEmpty { return PreflightCheck("look-up", title, .ok, "There is none with a new key, as expected.") }
        let detail = "SAP answered with \(list.count) notifications for a key that cannot exist: it does not filter."
        return PreflightCheck("look-up", title, .failed, detail)
    }

    /// A token for changes; nothing is changed with it.
    private func writing() async -> PreflightCheck {
        let title = "Changes are let through"
        var trace = CallTrace()
        let answer = await ask(requests.fetch(.notification), &trace)
        switch answer {
        case .failure(let refusal): return PreflightCheck("csrf", title, .failed, refusal.failure.detail)
        case .success(let response):
            let pass = SAPSession.Pass(response)
            if pass.token != nil, pass.cookies != nil {
                return PreflightCheck("csrf", title, .ok, "SAP gave a CSRF token and its cookies.")
            }
            let missing = pass.token == nil ? "CSRF token" : "session cookie"
            let remedy = "See whether a proxy between removes x-csrf-token or Set-Cookie."
            return PreflightCheck("csrf", title, .warning, "SAP gave no \(missing).", remedy: remedy)
        }
    }

    /// The service for files, whose lists cannot be asked for without an object.
    private func attaching() async -> PreflightCheck {
        let title = "Pictures can be attached"
        var trace = CallTrace()
        let request = requests.read(.attachment, "")
        switch await ask(request, &trace) {
        case .success: return PreflightCheck("attachments", title, .ok, "GET \(request.url) was answered.")
        case .failure(let refusal):
            let remedy = "Only needed for mappings that attach charts: activate API_CV_ATTACHMENT_SRV."
            return PreflightCheck("attachments", title, .warning, refusal.failure.detail, remedy: remedy)
        }
    }

    private func reading(
        _ name: String,
        _ title: String,
        _ request: RenderedRequest,
        isNeeded: Bool = true
    ) async -> PreflightCheck {
        var trace = CallTrace()
        switch await list(request, &trace) {
        case .success: return PreflightCheck(name, title, .ok, "GET \(request.url) was answered.")
        case .failure(let refusal):
            let remedy =
                isNeeded
                ? "Activate the service and give the user its authorizations."
                : "Only needed where a mapping or the matching uses it: activate the service, authorize the user."
            return PreflightCheck(name, title, isNeeded ? .failed : .warning, refusal.failure.detail, remedy: remedy)
        }
    }
}
