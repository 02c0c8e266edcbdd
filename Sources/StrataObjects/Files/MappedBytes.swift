import StrataIO
import StrataModel
import SystemPackage

/// The bytes of a whole file, with checked big-endian accessors.
///
/// Sendable because the bytes are only read and belong to the file, which is Sendable itself and held here.
@safe
final class MappedBytes: @unchecked Sendable {
    let path: BytePath
    let count: Int
    private let file: MappedFile
    private let base: UnsafeRawPointer

    /// Opens the file at `path`; nil when there is none.
    init?(_ path: BytePath) throws(ObjectError) {
        do throws(FileError) {
            guard let file = try MappedFile(path.filePath) else { return nil }
            self.file = file
            unsafe base = file.base
            count = file.count
        } catch {
            throw .unavailable(error)
        }
        self.path = path
    }

    /// All bytes of the file. Valid as long as this value.
    @unsafe var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: base, count: count) }

    /// To be called after what was read: were any of it zeros that stand for bytes cut off meanwhile, it throws.
    @inline(__always)
    func checkWhole() throws(ObjectError) {
        if file.isPoisoned {
            throw ObjectError(.unavailable, file: path.text, "file was cut short while it was read")
        }
    }

    /// The byte at `position`, which must lie in the file.
    @inline(__always)
    subscript(position: Int) -> UInt8 {
        precondition(position >= 0 && position < count)
        return unsafe base.load(fromByteOffset: position, as: UInt8.self)
    }

    /// The four bytes from `position` on, which must lie in the file, as a big-endian number.
    @inline(__always)
    func be32(_ position: Int) -> UInt32 {
        precondition(position >= 0 && position <= count - 4)
        return UInt32(bigEndian: unsafe base.loadUnaligned(fromByteOffset: position, as: UInt32.self))
    }

    /// The eight bytes from `position` on, which must lie in the file, as a big-endian number.
    @inline(__always)
    func be64(_ position: Int) -> UInt64 {
        precondition(position >= 0 && position <= count - 8)
        return UInt64(bigEndian: unsafe base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }

    /// The id whose bytes start at `position`, all of which must lie in the file.
    @inline(__always)
    func id(_ position: Int, _ algorithm: HashAlgorithm) -> ObjectID {
        let last = algorithm == .sha1 ? UInt64(be32(position + 16)) << 32 : be64(position + 16)
        let words = (be64(position), be64(position + 8), last, algorithm == .sha1 ? 0 : be64(position + 24))
        return ObjectID(algorithm: algorithm, words: words)
    }
}
