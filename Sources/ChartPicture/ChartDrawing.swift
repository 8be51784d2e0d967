import Primitives

/// Lays a picture out and draws it.
struct ChartDrawing {
    private(set) var canvas: Canvas
    private let picture: ChartPicture
    private let panels: [ChartPanel]
    private let lettering = Lettering.standard
    private let plotHeight: Int
    /// Where plots begin: as far right as the longest label needs.
    private let left: Int
    private let right: Int
    private let scales: [PanelScale]

    private static let margin = 28
    private static let head = 84
    private static let panelHead = 38
    private static let panelGap = 18
    private static let foot = 78
    /// What the first plot keeps free at its top for the words of the mark.
    private static let strip = 30

    init(_ picture: ChartPicture) {
        self.picture = picture
        panels = Array(picture.panels.prefix(ChartPicture.maximumPanels))
        plotHeight = [420, 250, 190, 160][panels.count - 1]
        let height = plotHeight
        let strip = picture.mark == nil ? 0 : Self.strip
        scales = panels.enumerated().map { PanelScale($1, height: height, strip: $0 == 0 ? strip : 0) }
        let label = scales.flatMap(\.labels).map { Lettering.standard.width($0) }.max() ?? 0
        left = Self.margin + min(label, 240) + 12
        right = ChartPicture.width - Self.margin
        let each = Self.panelHead + plotHeight + Self.panelGap
        canvas = Canvas(width: ChartPicture.width, height: Self.head + panels.count * each + Self.foot)
    }

    mutating func draw() {
        let line = right - Self.margin
        canvas.write(lettering.fit(picture.title, line), x: Self.margin, baseline: 40, .ink, isBold: true)
        canvas.write(lettering.fit(picture.subtitle, line), x: Self.margin, baseline: 68, .quiet)
        let room = right - left
        let ticks = TimeTicks(from: picture.from, to: picture.to, count: max(2, room / 110))
        for index in panels.indices {
            let top = Self.head + Self.panelHead + index * (Self.panelHead + plotHeight + Self.panelGap)
            drawPanel(index, top: top, ticks)
        }
        let bottom = canvas.height - Self.foot - Self.panelGap
        drawTimes(ticks, bottom: bottom)
        let span = "\(picture.from.pictured) to \(picture.to.pictured), times in UTC"
        canvas.write(lettering.fit(span, room), x: left, baseline: canvas.height - 22, .quiet)
    }

    /// The column of a time.
    private func column(_ time: Timestamp) -> Double {
        let share = time.seconds(since: picture.from) / picture.to.seconds(since: picture.from)
        return Double(left) + share * Double(right - left)
    }

    private mutating func drawTimes(_ ticks: TimeTicks, bottom: Int) {
        for (time, label) in zip(ticks.times, ticks.labels) {
            let x = Int(column(time).rounded())
            canvas.vertical(x: x, from: bottom, to: bottom + 6, .frame)
            let half = lettering.width(label) / 2
            canvas.write(label, x: min(max(x, left + half - 20), right - half), baseline: bottom + 26, .ink, .centre)
        }
    }

    private mutating func drawPanel(_ index: Int, top: Int, _ ticks: TimeTicks) {
        let (panel, scale) = (panels[index], scales[index])
        drawHeading(panel, baseline: top - 12)
        for time in ticks.times {
            canvas.vertical(x: Int(column(time).rounded()), from: top, to: top + plotHeight, .grid)
        }
        for (value, label) in zip(scale.marks, scale.labels) {
            let y = top + Int(scale.row(value).rounded())
            canvas.horizontal(y: y, from: left, to: right, .grid)
            let baseline = y + Lettering.capitalHeight / 2
            canvas.write(lettering.fit(label, 240), x: left - 10, baseline: baseline, .ink, .right)
        }
        drawFrame(top: top)
        drawCourse(panel, scale, top: top)
        drawThresholds(panel, scale, top: top)
        drawMark(top: top, isFirst: index == 0)
        if panel.extremes == nil {
            let y = top + plotHeight / 2
            canvas.write("No readings in this time.", x: (left + right) / 2, baseline: y, .quiet, .centre)
        }
    }

    private mutating func drawFrame(top: Int) {
        canvas.horizontal(y: top, from: left, to: right, .frame)
        canvas.horizontal(y: top + plotHeight, from: left, to: right, .frame)
        canvas.vertical(x: left, from: top, to: top + plotHeight, .frame)
        canvas.vertical(x: right, from: top, to: top + plotHeight, .frame)
    }

    /// The metric and its unit; at the right its lowest and highest value.
    private mutating func drawHeading(_ panel: ChartPanel, baseline: Int) {
        let name = panel.unit.isEmpty ? panel.name : "\(panel.name) (\(panel.unit))"
        var extremes = ""
        if case .line = panel.course, let found = panel.extremes {
            extremes =
                "min \(NumberText.plain(found.low.value)) at \(found.low.time.picturedClock), "
                + "max \(NumberText.plain(found.high.value)) at \(found.high.time.picturedClock)"
        }
        let width = lettering.width(extremes)
        canvas.write(extremes, x: right, baseline: baseline, .quiet, .right)
        let room = right - left - width - 30
        canvas.write(lettering.fit(name, max(120, room)), x: left, baseline: baseline, .ink, isBold: true)
    }

    // MARK: The course

    private mutating func drawCourse(_ panel: ChartPanel, _ scale: PanelScale, top: Int) {
        let isSteps = if case .states = panel.course { true } else { false }
        var mask = CoverageMask(x: left, y: top, width: right - left + 1, height: plotHeight + 1)
        var before: Place?
        var alone = true
        for point in panel.points {
            guard let value = point.value, value.isFinite else {
                if let before, alone { mask.add(dot: before, radius: 3.5) }
                (before, alone) = (nil, true)
                continue
            }
            let place = Place(x: column(point.time), y: Double(top) + scale.row(value))
            drawBand(point, scale, top: top, x: place.x)
            if let before {
                if isSteps {
                    let corner = Place(x: place.x, y: before.y)
                    mask.add(from: before, to: corner, thickness: 3)
                    mask.add(from: corner, to: place, thickness: 3)
                } else {
                    mask.add(from: before, to: place, thickness: 2.6)
                }
                alone = false
            }
            before = place
        }
        if let before, alone { mask.add(dot: before, radius: 3.5) }
        // The last state lasts until something else is told.
        if isSteps, let before { mask.add(from: before, to: Place(x: Double(right), y: before.y), thickness: 3) }
        if panel.points.count <= 40, !isSteps {
            for point in panel.points {
                guard let value = point.value, value.isFinite else { continue }
                mask.add(dot: Place(x: column(point.time), y: Double(top) + scale.row(value)), radius: 4)
            }
        }
        canvas.paint(mask, .line)
    }

    /// From the lowest to the highest value of a stretch.
    private mutating func drawBand(_ point: ChartPanel.Point, _ scale: PanelScale, top: Int, x: Double) {
        guard let low = point.low, let high = point.high, low.isFinite, high.isFinite else { return }
        let first = Int((Double(top) + scale.row(high)).rounded())
        let last = Int((Double(top) + scale.row(low)).rounded())
        let start = Int(x.rounded(.down))
        canvas.fill(x: start, y: first, width: 2, height: last - first + 1, .band)
    }

    // MARK: What matters

    private mutating func drawThresholds(_ panel: ChartPanel, _ scale: PanelScale, top: Int) {
        for threshold in panel.thresholds {
            guard case .line = panel.course, let row = scale.visibleRow(threshold.value) else { continue }
            let y = top + Int(row.rounded())
            canvas.horizontal(y: y - 1, from: left, to: right, .alarm, thickness: 2, dash: 9)
            let above = y - top > Lettering.lineHeight + 4
            drawTag(threshold.label, x: left + 8, baseline: above ? y - 8 : y + 22, .left)
        }
    }

    private mutating func drawMark(top: Int, isFirst: Bool) {
        guard let mark = picture.mark, mark.time >= picture.from, mark.time <= picture.to else { return }
        let x = Int(column(mark.time).rounded())
        canvas.vertical(x: x - 1, from: top, to: top + plotHeight, .alarm, thickness: 2)
        guard isFirst else { return }
        let text = "\(mark.label) \(mark.time.picturedClock)"
        let isLate = x + 10 + lettering.width(text) > right
        drawTag(text, x: isLate ? x - 8 : x + 8, baseline: top + 22, isLate ? .right : .left)
    }

    /// A text on white, so that it can be read on top of a course.
    private mutating func drawTag(_ text: String, x: Int, baseline: Int, _ alignment: Canvas.Alignment) {
        let text = lettering.fit(text, right - left - 20)
        let width = lettering.width(text)
        let start = alignment == .right ? x - width : x
        canvas.fill(x: start - 3, y: baseline - 16, width: width + 6, height: 22, .paper)
        canvas.write(text, x: start, baseline: baseline, .alarm)
    }
}

/// How the values of a panel become rows.
struct PanelScale: Hashable, Sendable {
    private let low: Double
    private let high: Double
    private let height: Double
    private let strip: Double
    let marks: [Double]
    let labels: [String]

    /// Makes a scale; `strip` rows at the top stay free.
    init(_ panel: ChartPanel, height: Int, strip: Int) {
        self.height = Double(height - strip)
        self.strip = Double(strip)
        switch panel.course {
        case .line:
            let ticks = ValueTicks(panel.span ?? 0...1, count: max(3, height / 55))
            (low, high, marks, labels) = (ticks.low, ticks.high, ticks.values, panel.span == nil ? [] : ticks.labels)
        case .states(let names):
            (low, high) = (-0.6, Double(max(1, names.count)) - 0.4)
            marks = names.indices.map(Double.init)
            labels = names
        }
    }

    /// Pixels below the upper edge.
    func row(_ value: Double) -> Double { strip + (high - min(max(value, low), high)) / (high - low) * height }

    /// As ``row(_:)``; nil for what lies outside.
    func visibleRow(_ value: Double) -> Double? { (low...high).contains(value) ? row(value) : nil }
}
