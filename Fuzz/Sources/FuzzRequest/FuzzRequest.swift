import FuzzDriver
import Glibc
import WireProperties

@main
enum FuzzRequest {
    static func main() { exit(FuzzDriver.run { RequestProperty.violation($0) }) }
}
