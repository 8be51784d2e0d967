import Primitives

/// A picture of readings over a span of time: a title, one panel a metric over a common time axis, the moment that
/// matters.
///
/// Pure and deterministic: equal pictures give equal bytes.
public struct ChartPicture: Hashable, Sendable {
    /// What it is about, in one line.
    public var title: String
    /// More about it, in one line; may be empty.
    public var subtitle: String
    /// The beginning of the time axis.
    public var from: Timestamp
    /// Its end.
    public var to: Timestamp
    /// The moment that is marked; nil for none.
    public var mark: Mark?
    /// One for each metric, at most ``maximumPanels``; others are left out.
    public var panels: [ChartPanel]

    /// A moment on the time axis.
    public struct Mark: Hashable, Sendable {
        /// When.
        public var time: Timestamp
        /// What happened: `raised`.
        public var label: String

        /// Makes a mark.
        public init(_ time: Timestamp, _ label: String) {
            self.time = time
            self.label = label
        }
    }

    /// The most panels that are drawn.
    public static let maximumPanels = 4
    /// The width of every picture in pixels: 17 cm in print at 190 dots an inch.
    public static let width = 1_280

    /// Makes a picture.
    public init(
        title: String,
        subtitle: String = "",
        from: Timestamp,
        to: Timestamp,
        mark: Mark? = nil,
        panels: [ChartPanel]
    ) {
        self.title = title
        self.subtitle = subtitle
        self.from = from
        self.to = to
        self.mark = mark
        self.panels = panels
    }

    /// Whether every letter of a text can be drawn; others become boxes.
    public static func hasLetters(for text: String) -> Bool { Lettering.standard.hasAll(of: text) }

    /// The picture as PNG (RFC 2083), 8 bits a channel, on white.
    ///
    /// - Throws: ``ChartPictureError`` when there is nothing to draw or no memory for it.
    public func png() throws(ChartPictureError) -> [UInt8] {
        guard !panels.isEmpty, from < to else { throw ChartPictureError("There is nothing to draw.") }
        var drawing = ChartDrawing(self)
        drawing.draw()
        return try PNGEncoder.encode(drawing.canvas)
    }
}

/// Why there is no picture.
public struct ChartPictureError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, in a sentence.
    public var description: String

    init(_ description: String) { self.description = description }
}
