import StrataIO
import StrataModel
import SystemPackage

/// The bytes of a whole file, with checked big-endian accessors.
@safe
struct MappedBytes: Sendable {
    let path: BytePath
    private let file: MappedFile

    /// Opens the file at `path`; nil when there is none.
    init?(_ path: BytePath) throws(ObjectLookupError) {
        do throws(FileError) {
            guard let file = try MappedFile(path.filePath) else { return nil }
            self.file = file
        } catch {
            throw .unavailable(error)
        }
        self.path = path
    }

    /// All bytes of the file. Valid as long as this value.
    @unsafe var bytes: UnsafeRawBufferPointer { unsafe file.bytes }

    var count: Int { file.count }

    /// To be called after what was read: were any of it zeros that stand for bytes cut off meanwhile, it throws.
    func checkWhole() throws(ObjectLookupError) {
        if file.isPoisoned {
            throw ObjectLookupError(.unavailable, file: path.text, "file was cut short while it was read")
        }
    }

    /// The byte at `position`, which must lie in the file.
    @inline(__always)
    subscript(position: Int) -> UInt8 {
        precondition(position >= 0 && position < count)
        return unsafe file.base.load(fromByteOffset: position, as: UInt8.self)
    }

    /// The four bytes from `position` on, which must lie in the file, as a big-endian number.
    @inline(__always)
    func be32(_ position: Int) -> UInt32 {
        precondition(position >= 0 && position <= count - 4)
        return UInt32(bigEndian: unsafe file.base.loadUnaligned(fromByteOffset: position, as: UInt32.self))
    }

    /// The eight bytes from `position` on, which must lie in the file, as a big-endian number.
    @inline(__always)
    func be64(_ position: Int) -> UInt64 {
        precondition(position >= 0 && position <= count - 8)
        return UInt64(bigEndian: unsafe file.base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }

    /// The id whose bytes start at `position`, all of which must lie in the file.
    @inline(__always)
    func id(_ position: Int, _ algorithm: HashAlgorithm) -> ObjectID {
        let last = algorithm == .sha1 ? UInt64(be32(position + 16)) << 32 : be64(position + 16)
        let words = (be64(position), be64(position + 8), last, algorithm == .sha1 ? 0 : be64(position + 24))
        return ObjectID(algorithm: algorithm, words: words)
    }
}
