import Primitives

extension ConnectorCredentials {
    /// Refuses credentials that a kind has no use for.
    ///
    /// - Throws: ``InvalidInput`` at `/credentials`.
    func check(_ isUsable: Bool, _ detail: String) throws(InvalidInput) {
        // Previews and checks of options have none.
        if self == .none || isUsable { return }
        throw InvalidInput(pointer: "/credentials", code: "unsuitable", detail: detail)
    }
}
