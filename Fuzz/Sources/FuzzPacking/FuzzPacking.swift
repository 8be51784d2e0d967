import FuzzDriver
import Glibc
import PackingProperties

@main
enum FuzzPacking {
    static func main() { exit(FuzzDriver.run { PackingProperty.violation($0) }) }
}
