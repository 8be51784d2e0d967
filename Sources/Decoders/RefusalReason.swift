/// Why a message is refused: the one list for decoders and for the store, stable and told by the API.
public enum RefusalReason: String, CaseIterable, Sendable {
    /// The payload is not well-formed in its format.
    case badPayload = "bad-payload"
    /// The payload is no JSON.
    case badJSON = "bad-json"
    /// A limit on size, depth or number is exceeded.
    case tooLarge = "too-large"
    /// The payload is well-formed but has not the members or columns that are needed.
    case badShape = "bad-shape"
    /// A time is not of the expected form or out of range.
    case badTime = "bad-time"
    /// The payload cannot be decompressed.
    case badCompression = "bad-compression"
    /// The device cannot be told.
    case noIdentifier = "no-identifier"
    /// There is nothing in the payload that could be a value.
    case noValues = "no-values"
    /// An earlier message is needed to read this one and is not known.
    case birthMissing = "birth-missing"
    /// No enabled source takes the topic.
    case noSource = "no-source"
    /// The topic is not one that a device publishes to.
    case badTopic = "bad-topic"
    /// A value is of another type than its metric.
    case wrongType = "wrong-type"
    /// A state text would be one too many.
    case tooManyStates = "too-many-states"
    /// The database refused the values.
    case notStorable = "not-storable"
}
