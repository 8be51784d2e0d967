import FuzzDriver
import Glibc
import WireProperties

@main
enum FuzzDeflate {
    static func main() { exit(FuzzDriver.run { DeflateProperty.violation($0) }) }
}
