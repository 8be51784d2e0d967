import DecoderProperties
import FuzzDriver
import Glibc

@main
enum FuzzExpansion {
    static func main() { exit(FuzzDriver.run { ExpansionProperty.violation($0) }) }
}
