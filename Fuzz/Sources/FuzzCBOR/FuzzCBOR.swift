import DecoderProperties
import FuzzDriver
import Glibc

@main
enum FuzzCBOR {
    static func main() { exit(FuzzDriver.run { CBORProperty.violation($0) }) }
}
