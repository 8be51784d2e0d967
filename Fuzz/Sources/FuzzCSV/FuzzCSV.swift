import DecoderProperties
import FuzzDriver
import Glibc

@main
enum FuzzCSV {
    static func main() { exit(FuzzDriver.run { CSVProperty.violation($0) }) }
}
