import Compression

/// Writes a canvas as PNG.
///
/// https://www.w3.org/TR/png-3/: signature, IHDR, pHYs, IDAT, IEND.
enum PNGEncoder {
    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    static func encode(_ canvas: Canvas) throws(ChartPictureError) -> [UInt8] {
        // Filter 2, “Up”, for every row: what stands below the same is zero, which is most of a chart.
        var rows: [UInt8] = []
        rows.reserveCapacity(canvas.height * (canvas.width * 3 + 1))
        let stride = canvas.width * 3
        for row in 0..<canvas.height {
            rows.append(row == 0 ? 0 : 2)
            let start = row * stride
            for index in start..<start + stride {
                rows.append(row == 0 ? canvas.pixels[index] : canvas.pixels[index] &- canvas.pixels[index - stride])
            }
        }
        let data: [UInt8]
        do {
            data = try Deflater.compress(rows, .zlib, level: 9)
        } catch {
            throw ChartPictureError("The picture could not be compressed: \(error).")
        }
        // 8 bits a channel, RGB.
        let head = bytes(UInt32(canvas.width)) + bytes(UInt32(canvas.height)) + [8, 2, 0, 0, 0]
        // 190 dots an inch are 7480 dots a metre.
        let dots = bytes(7_480) + bytes(7_480) + [1]
        return signature + chunk("IHDR", head) + chunk("pHYs", dots) + chunk("IDAT", data) + chunk("IEND", [])
    }

    private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + data
        var sum = Checksum.crc32
        sum.add(body.span.bytes)
        return bytes(UInt32(data.count)) + body + bytes(sum.value)
    }

    private static func bytes(_ number: UInt32) -> [UInt8] {
        [UInt8(number >> 24), UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)]
    }
}
