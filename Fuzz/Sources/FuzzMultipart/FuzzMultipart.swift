import FuzzDriver
import Glibc
import WireProperties

@main
enum FuzzMultipart {
    static func main() { exit(FuzzDriver.run { MultipartProperty.violation($0) }) }
}
