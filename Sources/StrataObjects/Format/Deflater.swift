import CDeflate
import StrataModel
import Synchronization

/// Deflates what is in memory into zlib streams, with libdeflate, which is faster than zlib and no larger. For one thread at a time;
/// ``with(level:_:)`` lends one.
@safe
final class Deflater {
    private let compressor: OpaquePointer
    private let level: Int
    private var input: UnsafeMutableRawBufferPointer
    private var output: UnsafeMutableRawBufferPointer

    private init(level: Int) throws(ObjectError) {
        guard let compressor = unsafe libdeflate_alloc_compressor(Int32(level)) else { throw .cannotDeflate }
        unsafe self.compressor = compressor
        self.level = level
        unsafe input = .allocate(byteCount: 0, alignment: 16)
        unsafe output = .allocate(byteCount: 0, alignment: 16)
    }

    deinit {
        unsafe libdeflate_free_compressor(compressor)
        unsafe input.deallocate()
        unsafe output.deallocate()
    }

    // MARK: - Lending

    /// Deflaters that nobody uses, at most as many as threads have used at once.
    private static let idle = Mutex<[Idle]>([])

    /// A deflater that nobody uses may go to another thread.
    private struct Idle: @unchecked Sendable { let deflater: Deflater }

    /// The level that libdeflate has for one of zlib's.
    static func effective(_ level: Int) -> Int { level < 0 ? 6 : min(level, 9) }

    /// Lends `body` a deflater that nobody else uses meanwhile.
    static func with<R>(level: Int, _ body: (Deflater) throws(ObjectError) -> R) throws(ObjectError) -> R {
        let level = effective(level)
        let known = idle.withLock { idle in
            idle.lastIndex { $0.deflater.level == level }.map { idle.remove(at: $0) }
        }
        let lent: Deflater
        if let known { lent = known.deflater } else { lent = try Deflater(level: level) }
        defer {
            lent.trim()
            let idle = Idle(deflater: lent)
            Self.idle.withLock { if $0.count < 16 { $0.append(idle) } }
        }
        return try body(lent)
    }

    /// Lets go of room that few objects need.
    private func trim() {
        if unsafe input.count > Self.keptRoom { unsafe Self.grow(&input, to: 0) }
        if unsafe output.count > Self.keptRoom { unsafe Self.grow(&output, to: 0) }
    }

    private static let keptRoom = 1 << 20

    private static func grow(_ room: inout UnsafeMutableRawBufferPointer, to size: Int) {
        unsafe room.deallocate()
        unsafe room = .allocate(byteCount: size, alignment: 16)
    }

    // MARK: - Deflating

    /// The zlib stream of `head` and, behind it, `body`; good until the deflater is used again.
    @unsafe
    func deflate(_ head: Span<UInt8>, _ body: Span<UInt8>) throws(ObjectError) -> UnsafeRawBufferPointer {
        let count = head.count + body.count
        if unsafe input.count < count { unsafe Self.grow(&input, to: count + count / 4) }
        unsafe head.withUnsafeBytes { unsafe input.copyMemory(from: $0) }
        unsafe body.withUnsafeBytes { bytes in
            unsafe UnsafeMutableRawBufferPointer(rebasing: input[head.count...]).copyMemory(from: bytes)
        }
        let bound = unsafe libdeflate_zlib_compress_bound(compressor, count)
        if unsafe output.count < bound { unsafe Self.grow(&output, to: bound + bound / 4) }
        let written = unsafe libdeflate_zlib_compress(
            compressor, input.baseAddress, count, output.baseAddress, output.count)
        guard written > 0 else { throw .cannotDeflate }
        return unsafe UnsafeRawBufferPointer(rebasing: output[..<written])
    }
}

extension ObjectError {
    static var cannotDeflate: Self { Self(.unavailable, "no memory to deflate") }
}
