import DecoderProperties
import FuzzDriver
import Glibc

@main
enum FuzzLineProtocol {
    static func main() { exit(FuzzDriver.run { LineProtocolProperty.violation($0) }) }
}
