import CDeflate
import CZlib
import StrataIO

/// Why a zlib stream cannot be used.
struct InflateFailure: Error {
    let cause: String
    /// What zlib returned, or would have.
    var code: Int32 = Z_DATA_ERROR
    /// How much of the input was used up before, where that is known.
    var read = 0
    /// What git says of it before all else, where it is zlib that cannot go on.
    var message: String?

    static var cutShort: Self { Self(cause: "compressed data is cut short", code: Z_BUF_ERROR) }
    static var damaged: Self { Self(cause: "compressed data is damaged") }
    static var noMemory: Self { Self(cause: "no memory to inflate", code: Z_MEM_ERROR) }
}

/// Inflates zlib streams that are in memory. For one thread at a time; ``with(_:)`` lends one.
///
/// Streams whose size is known go through libdeflate, which is nearly twice as fast; the beginning of a stream goes through zlib, which can stop.
@safe
final class Inflater {
    private let whole: OpaquePointer
    private let stream: UnsafeMutablePointer<z_stream>
    private var isReady = false
    /// Room for what is needed for a moment.
    private var scratch: UnsafeMutableRawBufferPointer

    private init() throws(InflateFailure) {
        guard let decompressor = unsafe libdeflate_alloc_decompressor() else { throw .noMemory }
        unsafe whole = decompressor
        // zlib keeps the address of the stream, so it must not move.
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        unsafe scratch = .allocate(byteCount: 4096, alignment: 16)
    }

    deinit {
        unsafe libdeflate_free_decompressor(whole)
        if isReady { unsafe inflateEnd(stream) }
        unsafe stream.deallocate()
        unsafe scratch.deallocate()
    }

    // MARK: - Lending

    private static let idle = ThreadSlots<Inflater>()

    /// Lends `body` an inflater that nobody else uses meanwhile.
    @inline(__always)
    static func with<R, E: Error>(
        _ failed: (InflateFailure) -> E, _ body: (Inflater) throws(E) -> R
    ) throws(E) -> R {
        let lent: Unmanaged<Inflater>
        if let idle = unsafe idle.take() {
            unsafe lent = idle
        } else {
            do throws(InflateFailure) { unsafe lent = .passRetained(try Inflater()) } catch { throw failed(error) }
        }
        defer { if unsafe idle.give(lent) == nil { unsafe lent.release() } }
        return try unsafe lent.lend(body)
    }

    // MARK: - Whole streams

    /// Inflates the stream at the start of `input` into `output`, which it must fill, no more and no less.
    ///
    /// - Returns: the number of bytes that the stream takes up.
    func fill(
        _ output: UnsafeMutableRawBufferPointer, from input: UnsafeRawBufferPointer
    ) throws(InflateFailure) -> Int {
        var used = 0
        // An empty buffer may have no address; libdeflate wants one.
        var nothing: UInt8 = 0
        let result = unsafe withUnsafeMutablePointer(to: &nothing) { spare in
            unsafe libdeflate_zlib_decompress_ex(
                whole, input.baseAddress ?? UnsafeRawPointer(spare), input.count,
                output.baseAddress ?? UnsafeMutableRawPointer(spare), output.count, &used, nil)
        }
        switch result {
        case LIBDEFLATE_SUCCESS: return used
        case LIBDEFLATE_SHORT_OUTPUT:
            throw InflateFailure(cause: "contents have fewer bytes than the \(output.count) declared")
        case LIBDEFLATE_INSUFFICIENT_SPACE:
            throw InflateFailure(cause: "contents have more bytes than the \(output.count) declared")
        // libdeflate does not tell a stream that is cut short from a damaged one.
        default: throw .damaged
        }
    }

    /// Inflates the stream at the start of `input`, which must give `size` bytes: at most deflate's 1,032 for each of its own are allocated.
    func bytes(_ input: UnsafeRawBufferPointer, size: Int) throws(InflateFailure) -> (bytes: [UInt8], read: Int) {
        guard size / 1032 <= input.count else { throw .cutShort }
        var failure: InflateFailure?
        var read = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            do throws(InflateFailure) {
                let output = unsafe UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: size)
                read = unsafe try fill(output, from: input)
                count = size
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return (bytes, read)
    }

    /// The same for a moment: the result is good until the inflater is used again.
    func temporary(
        _ input: UnsafeRawBufferPointer, size: Int
    ) throws(InflateFailure) -> (bytes: UnsafeRawBufferPointer, read: Int) {
        guard size / 1032 <= input.count else { throw .cutShort }
        let room = unsafe room(for: size)
        let output = unsafe UnsafeMutableRawBufferPointer(start: room.baseAddress, count: size)
        let read = unsafe try fill(output, from: input)
        return (UnsafeRawBufferPointer(output), read)
    }

    /// Inflates the stream at the start of `input` when it gives at most `limit` bytes; nil when it gives more, or is damaged. The result is good
    /// until the inflater is used again.
    @unsafe
    func upTo(_ limit: Int, _ input: UnsafeRawBufferPointer) -> (bytes: UnsafeRawBufferPointer, read: Int)? {
        guard let from = input.baseAddress else { return nil }
        let room = unsafe room(for: limit)
        var (read, written) = (0, 0)
        let result = unsafe libdeflate_zlib_decompress_ex(
            whole, from, input.count, room.baseAddress, limit, &read, &written)
        guard result == LIBDEFLATE_SUCCESS else { return nil }
        return unsafe (UnsafeRawBufferPointer(start: room.baseAddress, count: written), read)
    }

    private func room(for size: Int) -> UnsafeMutableRawBufferPointer {
        if unsafe scratch.count >= size { return unsafe scratch }
        unsafe scratch.deallocate()
        // What is larger than usual is not kept for good.
        unsafe scratch = .allocate(byteCount: size, alignment: 16)
        return unsafe scratch
    }

    /// Lets go of room that few objects need.
    func trim() {
        guard unsafe scratch.count > 1 << 20 else { return }
        unsafe scratch.deallocate()
        unsafe scratch = .allocate(byteCount: 4096, alignment: 16)
    }

    // MARK: - Beginnings

    /// Inflates the stream at the start of `input` until `output` is full or the stream ends.
    ///
    /// - Returns: the bytes written and read, and whether the stream has ended.
    func begin(
        _ output: UnsafeMutableRawBufferPointer, from input: UnsafeRawBufferPointer
    ) throws(InflateFailure) -> (written: Int, read: Int, ended: Bool) {
        try reset()
        // zlib counts in 32 bits and refuses a null address even for no bytes.
        var nothing: UInt8 = 0
        let source = unsafe UnsafeRawBufferPointer(rebasing: input.prefix(1 << 30))
        let status = unsafe withUnsafeMutablePointer(to: &nothing) { spare in
            let from = unsafe source.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? UnsafePointer(spare)
            unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: from)
            unsafe stream.pointee.avail_in = UInt32(source.count)
            unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? spare
            unsafe stream.pointee.avail_out = UInt32(output.count)
            return unsafe inflate(stream, Z_SYNC_FLUSH)
        }
        let read = unsafe source.count - Int(stream.pointee.avail_in)
        let written = unsafe output.count - Int(stream.pointee.avail_out)
        switch status {
        case Z_STREAM_END: return (written, read, true)
        case Z_OK, Z_BUF_ERROR:
            guard written == output.count else { throw .cutShort }
            return (written, read, false)
        default: throw .damaged
        }
    }

    private func reset() throws(InflateFailure) {
        if isReady {
            guard unsafe inflateReset(stream) == Z_OK else { throw .noMemory }
            return
        }
        guard unsafe inflateInit_(stream, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .noMemory
        }
        isReady = true
    }
}
