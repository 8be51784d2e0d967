import DecoderProperties
import FuzzDriver
import Glibc

@main
enum FuzzJSON {
    static func main() { exit(FuzzDriver.run { JSONProperty.violation($0) }) }
}
