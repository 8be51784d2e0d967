import Testing

@testable import Telemetry

@Suite struct BucketWidthTests {
    @Test(arguments: [(3_600, 100), (86_400, 500), (2_592_000, 1_000), (7, 3), (1, 2), (31_536_000, 2_000), (100, 1)])
    func bucketsFitIntoTheirNumber(seconds: Int, points: Int) {
        let span = Int64(seconds) * 1_000_000
        let width = ChartResolution.width(span: span, points: points, source: nil)
        for start in [0, 1, width / 2, width - 1] as [Int64] {
            let touched = (start + span - 1) / width - start / width + 1
            #expect(points == 1 ? touched <= 2 : touched <= points, "\(span) \(width) \(start)")
        }
    }
}
