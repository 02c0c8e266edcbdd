import CZlib

/// Inflates a zlib stream piece by piece, in flat memory. For one thread at a time.
@safe
final class InflateStream {
    private let stream: UnsafeMutablePointer<z_stream>
    private(set) var hasEnded = false

    init() throws(InflateFailure) {
        // zlib keeps the address of the stream, so it must not move.
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe inflateInit_(stream, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            unsafe stream.deallocate()
            throw .noMemory
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Inflates from the start of `input` until `output` is full, the input used up, or the stream at its end.
    func next(
        _ output: UnsafeMutableRawBufferPointer, from input: UnsafeRawBufferPointer
    ) throws(InflateFailure) -> (written: Int, read: Int) {
        if hasEnded { return (0, 0) }
        // zlib counts in 32 bits and refuses a null address even for no bytes.
        var nothing: UInt8 = 0
        let source = unsafe UnsafeRawBufferPointer(rebasing: input.prefix(1 << 30))
        let target = unsafe UnsafeMutableRawBufferPointer(rebasing: output.prefix(1 << 30))
        let status = unsafe withUnsafeMutablePointer(to: &nothing) { spare in
            let from = unsafe source.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? UnsafePointer(spare)
            unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: from)
            unsafe stream.pointee.avail_in = UInt32(source.count)
            unsafe stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? spare
            unsafe stream.pointee.avail_out = UInt32(target.count)
            return unsafe inflate(stream, Z_NO_FLUSH)
        }
        let read = unsafe source.count - Int(stream.pointee.avail_in)
        let written = unsafe target.count - Int(stream.pointee.avail_out)
        switch status {
        case Z_STREAM_END: hasEnded = true
        case Z_OK: break
        case Z_BUF_ERROR where unsafe written + read > 0 || output.isEmpty: break
        case Z_BUF_ERROR: throw .cutShort
        default:
            let reason = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
            let kind = status == Z_NEED_DICT ? "needs dictionary" : "data stream error"
            throw InflateFailure(
                cause: "compressed data is damaged" + (reason.map { ": \($0)" } ?? ""), code: status, read: read,
                message: "inflate: \(kind) (\(reason ?? "no message"))")
        }
        return (written, read)
    }
}
