import CDeflate
import StrataHash
import StrataIO
import StrataModel
import SystemPackage

/// The bytes of a pack, each used once and in order: of a file that is mapped, or of a source, which are then written to a file as they go by.
/// For one thread at a time.
@safe
final class PackInput {
    /// The number of bytes used so far: where in the pack the next one stands.
    private(set) var offset = 0
    /// What messages call the pack.
    let name: String

    private let source: (any ByteSource)?
    private let sink: FileSink?
    private let limit: UInt64?
    private let namesLimit: Bool
    private let mapped: MappedBytes?
    /// The mapped file, or the buffer that the source is read into.
    private let bytes: UnsafeRawBufferPointer
    private let buffer: UnsafeMutableRawBufferPointer?
    /// The bytes at hand.
    private var start = 0
    private var end: Int
    /// Up to where bytes were hashed and written.
    private var settled = 0
    private var hasher: ChecksumHasher
    private var crc: UInt32 = 0

    /// A pack that is a file.
    ///
    /// - Parameter place: where in the file to begin; there is a ``checksum()`` of what was read from its start only.
    init(_ file: MappedBytes, from place: Int = 0, algorithm: HashAlgorithm, limit: UInt64?) {
        offset = place
        start = place
        settled = place
        name = file.path.text
        source = nil
        sink = nil
        mapped = file
        unsafe bytes = file.bytes
        unsafe buffer = nil
        end = file.count
        self.limit = limit
        namesLimit = true
        hasher = ChecksumHasher(algorithm)
    }

    /// A pack that comes from `source`, and goes to `sink` when there is one.
    ///
    /// - Parameters:
    ///   - limit: the number of bytes above which it is refused.
    ///   - namesLimit: whether the refusal says how many they are.
    init(
        _ source: any ByteSource, to sink: FileSink?, algorithm: HashAlgorithm, limit: UInt64?,
        namesLimit: Bool = true, bufferSize: Int = 1 << 20
    ) {
        name = sink?.path.string ?? source.name.string
        self.source = source
        self.sink = sink
        mapped = nil
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bufferSize, 256), alignment: 16)
        unsafe bytes = UnsafeRawBufferPointer(buffer)
        unsafe self.buffer = buffer
        end = 0
        self.limit = limit
        self.namesLimit = namesLimit
        hasher = ChecksumHasher(algorithm)
    }

    deinit { unsafe buffer?.deallocate() }

    /// The bytes at hand, until the next call of ``use(_:)`` or of one that reads. They may be fewer than there will be.
    @unsafe var window: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<end]) }

    /// Whether all bytes that there will ever be are at hand.
    var isComplete: Bool { source == nil }

    /// Has at least `count` bytes at hand, waiting for as many as are missing and no more; false where the pack ends before.
    func fill(_ count: Int) throws(ObjectError) -> Bool {
        while end - start < count {
            guard let source, let buffer = unsafe buffer else { return false }
            if start > 0, buffer.count - end < max(count, buffer.count / 2) {
                try settle()
                let left = end - start
                unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<left]).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                start = 0
                settled = 0
                end = left
            }
            precondition(count <= buffer.count)
            do throws(FileError) {
                let read = unsafe try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
                if read == 0 { return false }
                end += read
            } catch {
                throw ObjectError(
                    .unavailable, file: error.path.string, errno: error.errno.rawValue,
                    "read error on input: \(error.errno)")
            }
        }
        return true
    }

    /// Has one byte more at hand than there are.
    func more() throws(ObjectError) -> Bool { try fill(end - start + 1) }

    /// Has at least `count` bytes at hand.
    func need(_ count: Int) throws(ObjectError) {
        if try !fill(count) { throw earlyEnd }
    }

    var earlyEnd: ObjectError { ObjectError(.corrupt, file: name, offset: UInt64(offset), "early EOF") }

    /// Passes over bytes at hand.
    func use(_ count: Int) throws(ObjectError) {
        precondition(count >= 0 && count <= end - start)
        crc = unsafe libdeflate_crc32(crc, bytes.baseAddress.map { unsafe $0 + start }, count)
        start += count
        offset += count
        if let limit, UInt64(offset) > limit {
            throw ObjectError(
                .tooLarge, file: name,
                "pack exceeds maximum allowed size" + (namesLimit ? " (\(HumanSize(limit)))" : ""))
        }
    }

    /// The CRC-32 of the bytes used since this was asked last.
    func takeCRC() -> UInt32 {
        defer { crc = 0 }
        return crc
    }

    /// Hashes and writes what has been used.
    private func settle() throws(ObjectError) {
        guard settled < start else { return }
        let used = unsafe UnsafeRawBufferPointer(rebasing: bytes[settled..<start])
        unsafe hasher.update(used)
        settled = start
        guard let sink else { return }
        try ObjectError.onFiles { () throws(FileError) in unsafe try sink.write(used) }
    }

    /// The checksum of all bytes used so far.
    func checksum() throws(ObjectError) -> ObjectID {
        try settle()
        return hasher.finish()
    }

    /// Writes what has been used, and checks that the file was not cut short under it.
    func finish() throws(ObjectError) {
        try settle()
        try mapped?.checkWhole()
        try ObjectError.onFiles { () throws(FileError) in try sink?.flush() }
    }

    /// What was read behind the pack.
    var rest: [UInt8] { unsafe Array(window) }
}
