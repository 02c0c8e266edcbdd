import CZlib
import StrataModel

/// Deflates piece by piece, in flat memory. For one thread at a time.
@safe
final class DeflateStream {
    private let stream: UnsafeMutablePointer<z_stream>
    private let output: UnsafeMutableRawBufferPointer
    private var hasEnded = false

    /// - Parameter level: zlib's.
    init(level: Int) throws(ObjectError) {
        // zlib keeps the address of the stream, so it must not move.
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        unsafe output = .allocate(byteCount: 128 << 10, alignment: 16)
        let status = unsafe deflateInit_(
            stream, Int32(level < 0 ? -1 : min(level, 9)), zlibVersion(), Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            unsafe stream.deallocate()
            unsafe output.deallocate()
            throw .cannotDeflate
        }
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
        unsafe output.deallocate()
    }

    /// Deflates `input`, and ends the stream when it is the last piece; gives what comes of it to `write`.
    func next(
        _ input: Span<UInt8>, isLast: Bool, _ write: (UnsafeRawBufferPointer) throws(ObjectError) -> Void
    ) throws(ObjectError) {
        try unsafe input.withUnsafeBytes { (bytes) throws(ObjectError) in
            var rest = unsafe bytes
            repeat {
                // zlib counts in 32 bits.
                let piece = unsafe UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
                unsafe rest = UnsafeRawBufferPointer(rebasing: rest[piece.count...])
                let from = unsafe piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: from)
                unsafe stream.pointee.avail_in = UInt32(piece.count)
                let mustEnd = unsafe isLast && rest.isEmpty
                repeat {
                    unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    unsafe stream.pointee.avail_out = UInt32(output.count)
                    let status = unsafe CZlib.deflate(stream, mustEnd ? Z_FINISH : Z_NO_FLUSH)
                    hasEnded = status == Z_STREAM_END
                    let written = unsafe output.count - Int(stream.pointee.avail_out)
                    if written > 0 { try unsafe write(UnsafeRawBufferPointer(rebasing: output[..<written])) }
                } while unsafe stream.pointee.avail_out == 0
            } while unsafe !rest.isEmpty
        }
        guard hasEnded == isLast else { throw .cannotDeflate }
    }
}
