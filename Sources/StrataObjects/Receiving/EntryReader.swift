import CZlib
import StrataModel

/// Reads the entries of a pack one after the other. For one thread at a time.
struct EntryReader {
    let input: PackInput
    let algorithm: HashAlgorithm
    let limits: ReceivingLimits
    let inflater: Inflater
    let tell: ReceivedProblems?

    /// Passes over the header of the next entry.
    func header() throws(ObjectError) -> EntryHeader {
        let offset = input.offset
        while true {
            let header: EntryHeader?
            do throws(EntryFailure) {
                header = unsafe try EntryHeader(input.window, at: offset, algorithm)
            } catch .tooLarge {
                throw ObjectError(.tooLarge, file: input.name, offset: UInt64(offset), EntryFailure.tooLarge.cause)
            } catch {
                throw bad(offset, error.cause)
            }
            if let header {
                try input.use(header.length)
                return header
            }
            if try !input.more() { throw input.earlyEnd }
        }
    }

    /// Inflates the compressed data that comes next, of an entry at `offset`, into memory: `size` bytes, good until the inflater is used again.
    ///
    /// What is at hand whole goes through libdeflate; what is not goes through zlib, which can wait for more. Only bytes of the entry itself are waited for.
    func whole(_ size: Int, of offset: Int) throws(ObjectError) -> Inflated {
        guard size <= limits.objectSize else { throw .tooLargeEntry(input.name, at: offset, size) }
        if let (bytes, read) = unsafe try? inflater.temporary(input.window, size: size) {
            try input.use(read)
            return unsafe .lent(bytes)
        }
        // Cut short, or damaged: zlib will tell.
        var bytes: [UInt8] = []
        try pieces(size, of: offset) { piece throws(ObjectError) in
            unsafe piece.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        }
        return .owned(bytes)
    }

    /// Inflates the compressed data that comes next, of an entry at `offset`, in pieces: `size` bytes together.
    func pieces(
        _ size: Int, of offset: Int, _ body: (Span<UInt8>) throws(ObjectError) -> Void
    ) throws(ObjectError) {
        let stream: InflateStream
        do throws(InflateFailure) { stream = try InflateStream() } catch {
            throw ObjectError(.unavailable, file: input.name, error.cause)
        }
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { unsafe room.deallocate() }
        var left = size
        while !stream.hasEnded {
            try input.need(1)
            // One byte more than there should be tells a stream that goes on.
            let output = unsafe UnsafeMutableRawBufferPointer(rebasing: room[..<min(room.count, max(left, 1))])
            let step: (written: Int, read: Int)
            do throws(InflateFailure) { step = unsafe try stream.next(output, from: input.window) } catch {
                if let message = error.message { tell?(ReceivedProblem(nil, message)) }
                throw bad(offset, "inflate returned \(error.code)")
            }
            try input.use(step.read)
            let written = step.written
            guard written <= left else { throw bad(offset, "inflate returned \(Z_BUF_ERROR)") }
            left -= written
            if written > 0 {
                try body(unsafe UnsafeRawBufferPointer(rebasing: output[..<written]).bindMemory(to: UInt8.self).span)
            }
        }
        guard left == 0 else { throw bad(offset, "inflate returned \(Z_STREAM_END)") }
    }

    func bad(_ offset: Int, _ cause: String) -> ObjectError { .badEntry(input.name, at: offset, cause) }
}

/// Inflated bytes: those that an inflater has lent, or one's own.
@safe
enum Inflated {
    case lent(UnsafeRawBufferPointer)
    case owned([UInt8])

    func withSpan<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        switch self {
        case .lent(let bytes): return try body(unsafe bytes.bindMemory(to: UInt8.self).span)
        case .owned(let bytes): return try body(bytes.span)
        }
    }
}

extension ObjectError {
    /// An entry of a pack that cannot be used, in git's words.
    @inline(never)
    static func badEntry(_ pack: String, at offset: Int, _ cause: String) -> Self {
        Self(
            .corrupt, file: pack, offset: UInt64(truncatingIfNeeded: offset),
            "pack has bad object at offset \(offset): \(cause)")
    }

    /// An entry that would give more than is allowed.
    @inline(never)
    static func tooLargeEntry(_ pack: String, at offset: Int, _ size: Int) -> Self {
        Self(
            .tooLarge, file: pack, offset: UInt64(truncatingIfNeeded: offset),
            "pack has an object of \(size) bytes at offset \(offset), more than are allowed")
    }
}
