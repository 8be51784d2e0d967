import DecoderProperties
import FuzzDriver
import Glibc

@main
enum FuzzSenML {
    static func main() { exit(FuzzDriver.run { SenMLProperty.violation($0) }) }
}
