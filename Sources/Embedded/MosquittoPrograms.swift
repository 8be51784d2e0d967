import Foundation

/// An installed Mosquitto broker and its dynamic-security plugin.
struct MosquittoPrograms: Sendable {
    var broker: String
    var plugin: String

    /// Finds Debian's installation, of whatever processor architecture.
    static func installed() throws(EmbeddedError) -> MosquittoPrograms {
        let files = FileManager.default
        guard let broker = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"].first(where: files.isExecutableFile)
        else { throw .programMissing(program: "Mosquitto", package: "mosquitto") }
        let name = "mosquitto_dynamic_security.so"
        let folders = ((try? files.contentsOfDirectory(atPath: "/usr/lib")) ?? []).sorted().map { "/usr/lib/\($0)" }
        let candidates = (["/usr/lib", "/usr/lib64", "/usr/local/lib"] + folders).map { "\($0)/\(name)" }
        guard let plugin = candidates.first(where: files.isReadableFile) else {
            throw .programMissing(program: "Mosquitto's dynamic-security plugin", package: "mosquitto")
        }
        return MosquittoPrograms(broker: broker, plugin: plugin)
    }
}
