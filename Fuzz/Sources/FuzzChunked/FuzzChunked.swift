import FuzzDriver
import Glibc
import WireProperties

@main
enum FuzzChunked {
    static func main() { exit(FuzzDriver.run { ChunkedProperty.violation($0) }) }
}
