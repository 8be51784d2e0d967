import CZlib

/// zlib's `z_stream`, shared by both directions.
///
/// It lives on the heap, because zlib refuses a stream that has moved. The owner ends it.
struct CompressionStream: ~Copyable {
    let pointer: UnsafeMutablePointer<z_stream>

    init() {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: z_stream())
    }

    deinit {
        pointer.deallocate()
    }

    /// Lets zlib work from `input` into the free room of `output`.
    ///
    /// - Returns: zlib's code, and the bytes of `input` that were taken.
    mutating func step(
        _ input: RawSpan,
        into output: inout OutputRawSpan,
        _ work: (UnsafeMutablePointer<z_stream>) -> Int32
    ) -> (code: Int32, consumed: Int) {
        input.withUnsafeBytes { source in
            output.withUnsafeMutableBytes { room, filled in
                let free = UnsafeMutableRawBufferPointer(rebasing: room[filled...])
                let offered = uInt(clamping: source.count)
                let space = uInt(clamping: free.count)
                // zlib never writes through `next_in`; its type only lacks the `const`.
                pointer.pointee.next_in = UnsafeMutablePointer(
                    mutating: source.baseAddress?.assumingMemoryBound(to: Bytef.self)
                )
                pointer.pointee.avail_in = offered
                pointer.pointee.next_out = free.baseAddress?.assumingMemoryBound(to: Bytef.self)
                pointer.pointee.avail_out = space
                let code = work(pointer)
                filled += Int(space - pointer.pointee.avail_out)
                pointer.pointee.next_in = nil
                pointer.pointee.next_out = nil
                return (code, Int(offered - pointer.pointee.avail_in))
            }
        }
    }
}
