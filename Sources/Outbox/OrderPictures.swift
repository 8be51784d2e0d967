import ERPConnectors
import Foundation

/// Draws what goes to orders as a picture; the composition root knows how.
public protocol OrderPictures: Sendable {
    /// The picture of the readings that caused a delivery.
    ///
    /// It may be asked for several times, and should then be the same.
    ///
    /// - Parameter deliveryID: the row of the delivery that attaches it.
    /// - Returns: the file.
    /// - Throws: ``NoPicture`` when there never will be one; after anything else it is asked for again.
    func picture(forDelivery deliveryID: UUID) async throws -> OrderAttachment
}

/// Why there is no picture and never will be one.
public struct NoPicture: Error, Hashable, Sendable {
    /// A sentence.
    public var detail: String

    /// Makes a reason.
    public init(_ detail: String) { self.detail = detail }
}
