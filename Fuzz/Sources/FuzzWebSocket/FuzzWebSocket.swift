import FuzzDriver
import Glibc
import WireProperties

@main
enum FuzzWebSocket {
    static func main() { exit(FuzzDriver.run { WebSocketProperty.violation($0) }) }
}
