import SparkplugB
import Testing

@Suite struct TopicTests {
    @Test(arguments: SparkplugVerb.allCases)
    func everyVerbSurvivesARoundTrip(verb: SparkplugVerb) {
        let device = verb.concernsDevice ? "d 1" : nil
        let text = "spBv1.0/g/\(verb.rawValue)/n\(device.map { "/" + $0 } ?? "")"
        let topic = SparkplugTopic(text)
        #expect(topic == .edge(EdgeNodeName(group: "g", node: "n"), verb, device: device))
        #expect(topic?.text == text)
    }

    @Test func stateHasThreeLevels() {
        #expect(SparkplugTopic("spBv1.0/STATE/scada") == .state(hostID: "scada"))
        #expect(SparkplugTopic.state(hostID: "scada").text == "spBv1.0/STATE/scada")
    }

    @Test(arguments: [
        "", "spBv1.0", "spBv1.0/g", "spBv1.0/g/NDATA", "spBv1.0/g/NDATA/n/d", "spBv1.0/g/DDATA/n", "spAv1.0/g/NDATA/n",
        "spBv1.0//NDATA/n", "spBv1.0/g/NDATA/", "spBv1.0/g/ndata/n", "spBv1.0/g/DDATA/n/d/e", "spBv1.0/g/DDATA/n/+",
        "spBv1.0/#", "STATE/scada", "spBv1.0/STATE/",
    ])
    func othersAreNone(text: String) {
        #expect(SparkplugTopic(text) == nil)
    }

    @Test func identifiersAreUnambiguous() {
        let name = EdgeNodeName(group: "a", node: "b")
        #expect(name.identifier() == "a/b")
        #expect(name.identifier(device: "c") == "a/b/c")
        #expect(!SparkplugTopic.isValidName("a/b"))
        #expect(!SparkplugTopic.isValidName("a+"))
        #expect(!SparkplugTopic.isValidName(""))
        #expect(SparkplugTopic.isValidName("Grüße 1"))
    }
}
