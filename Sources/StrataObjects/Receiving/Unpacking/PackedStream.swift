import CZlib
import StrataModel

/// The compressed data that comes next of a pack, inflated piece by piece. For one thread at a time.
class PackedStream {
    private let input: PackInput
    private let stream: InflateStream
    private var left: Int
    private let tell: ReceivedProblems?
    /// What zlib returned, where it could not go on.
    private(set) var failure: Int32?

    private static let pieceSize = 64 << 10

    init(_ input: PackInput, size: Int, tell: ReceivedProblems?) throws(ObjectError) {
        self.input = input
        self.tell = tell
        left = size
        do throws(InflateFailure) { stream = try InflateStream() } catch {
            throw ObjectError(.unavailable, file: input.name, error.cause)
        }
    }

    /// Puts the next piece in the place of `chunk`'s contents; false at the end, and where the data is damaged.
    func next(_ chunk: inout [UInt8]) throws(ObjectError) -> Bool {
        while failure == nil, !stream.hasEnded {
            try input.need(1)
            // One byte more than there should be tells a stream that goes on.
            let room = min(Self.pieceSize, max(left, 1))
            var step: (written: Int, read: Int) = (0, 0)
            chunk = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                do throws(InflateFailure) {
                    step = unsafe try stream.next(
                        UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<room]),
                        from: input.window)
                } catch {
                    failure = error.code
                    if let message = error.message { tell?(ReceivedProblem(nil, message)) }
                    step = (0, error.read)
                }
                count = step.written
            }
            try input.use(step.read)
            if failure != nil { break }
            if step.written > left {
                failure = Z_BUF_ERROR
                break
            }
            left -= step.written
            if stream.hasEnded, left > 0 { failure = Z_STREAM_END }
            if step.written > 0 { return failure == nil }
        }
        return false
    }
}

/// A blob that is too large to be in memory, as it comes by.
final class PackedBlobStream: PackedStream, ObjectStream {
    let kind = ObjectKind.blob
    let size: UInt64
    private let name: String

    override init(_ input: PackInput, size: Int, tell: ReceivedProblems?) throws(ObjectError) {
        self.size = UInt64(size)
        name = input.name
        try super.init(input, size: size, tell: tell)
    }

    override func next(_ chunk: inout [UInt8]) throws(ObjectError) -> Bool {
        if try super.next(&chunk) { return true }
        if let failure { throw ObjectError(.corrupt, file: name, "inflate returned (\(failure))") }
        return false
    }
}
