import CZlib

/// Why a zlib stream cannot be used.
struct InflateFailure: Error {
    let cause: String
}

/// One-shot decompression with zlib, for input and output that are in memory.
enum Inflate {
    /// Inflates the stream at the start of `input` until it ends or has given `limit` bytes, whichever is first.
    ///
    /// `limit` bytes are allocated.
    static func start(
        _ input: UnsafeRawBufferPointer, atMost limit: Int
    ) throws(InflateFailure) -> (bytes: [UInt8], read: Int, ended: Bool) {
        var outcome = Result<Progress, InflateFailure>.failure(InflateFailure(cause: ""))
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            outcome = unsafe run(input, into: UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: limit))
            if case .success(let progress) = outcome { count = progress.written }
        }
        let progress = try outcome.get()
        return (bytes, progress.read, progress.ended)
    }

    /// Inflates the stream at the start of `input`, which must give `size` bytes, no more and no fewer.
    ///
    /// Returns them and the number of bytes that the stream takes up. Nothing is allocated for a size that so little
    /// input cannot give.
    static func whole(
        _ input: UnsafeRawBufferPointer, size: Int
    ) throws(InflateFailure) -> (bytes: [UInt8], read: Int) {
        // Deflate makes at most 1,032 bytes of one.
        guard size / 1032 <= input.count else { throw InflateFailure(cause: "compressed data is cut short") }
        // One byte more than wanted, so that a stream that gives too much is told from one that ends.
        let result = unsafe try start(input, atMost: size + 1)
        guard result.ended, result.bytes.count == size else {
            let much = result.bytes.count > size ? "more" : "fewer"
            throw InflateFailure(cause: "contents have \(much) bytes than the \(size) declared")
        }
        return (result.bytes, result.read)
    }

    private struct Progress {
        var written = 0
        var read = 0
        var ended = false
    }

    /// Inflates until `output` is full or the stream ends.
    private static func run(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> Result<Progress, InflateFailure> {
        // zlib keeps the address of the stream, so it must not move.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        defer { unsafe stream.deallocate() }
        guard unsafe inflateInit_(stream, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            return .failure(InflateFailure(cause: "zlib has no memory"))
        }
        defer { unsafe inflateEnd(stream) }
        var progress = Progress()
        // zlib refuses a null address even for no bytes.
        var nothing: UInt8 = 0
        while true {
            // zlib counts in 32 bits.
            let source = unsafe UnsafeRawBufferPointer(rebasing: input[progress.read...].prefix(1 << 30))
            let target = unsafe UnsafeMutableRawBufferPointer(rebasing: output[progress.written...].prefix(1 << 30))
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
            progress.read += read
            progress.written += written
            switch status {
            case Z_STREAM_END:
                progress.ended = true
                return .success(progress)
            case Z_OK, Z_BUF_ERROR:
                guard read + written == 0 else { continue }
                if progress.written == output.count { return .success(progress) }
                return .failure(InflateFailure(cause: "compressed data is cut short"))
            default:
                let reason = unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "status \(status)"
                return .failure(InflateFailure(cause: "compressed data is damaged: \(reason)"))
            }
        }
    }
}
