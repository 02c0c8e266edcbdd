import CZlib
import StrataModel

/// Compressing whole buffers.
enum Deflated {
    /// `bytes` as the zlib stream that git makes of them: by zlib, so that it is the same to the byte.
    ///
    /// - Parameter level: -1 to 9.
    static func zlib(_ bytes: [UInt8], level: Int32) throws(ObjectError) -> [UInt8] {
        var stream = unsafe z_stream()
        guard unsafe deflateInit_(&stream, level, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw ObjectError(.unavailable, "no memory to deflate")
        }
        defer { unsafe deflateEnd(&stream) }
        var output: [UInt8] = []
        var status = Z_OK
        var room = [UInt8](repeating: 0, count: 64 << 10)
        var taken = 0
        while status == Z_OK || status == Z_BUF_ERROR {
            let written = unsafe bytes.withUnsafeBytes { input in
                unsafe room.withUnsafeMutableBytes { output in
                    let piece = min(input.count - taken, 1 << 30)
                    let isLast = taken + piece == input.count
                    unsafe stream.next_in = UnsafeMutablePointer(
                        mutating: input.baseAddress.map { unsafe ($0 + taken).assumingMemoryBound(to: UInt8.self) })
                    unsafe stream.avail_in = UInt32(piece)
                    unsafe stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    unsafe stream.avail_out = UInt32(output.count)
                    status = unsafe deflate(&stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                    taken += unsafe piece - Int(stream.avail_in)
                    return unsafe output.count - Int(stream.avail_out)
                }
            }
            output.append(contentsOf: room[..<written])
        }
        guard status == Z_STREAM_END else { throw ObjectError(.unavailable, "deflate returned \(status)") }
        return output
    }
}
