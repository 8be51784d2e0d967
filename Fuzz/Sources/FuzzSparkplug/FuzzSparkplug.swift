import FuzzDriver
import Glibc
import SparkplugProperties

@main
enum FuzzSparkplug {
    static func main() { exit(FuzzDriver.run { SparkplugProperty.violation($0) }) }
}
