import DecoderProperties
import FuzzDriver
import Glibc

@main
enum FuzzTopic {
    static func main() { exit(FuzzDriver.run { TopicProperty.violation($0) }) }
}
