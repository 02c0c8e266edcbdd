import StrataIO
import StrataRefs
import SystemPackage

/// The bytes of a `packed-refs` file, wherever they are.
@safe
struct PackedRefsContents: Sendable {
    private enum Storage: Sendable {
        case mapped(MappedFile)
        case copied(PackedRefsMemory)
    }

    private let storage: Storage
    /// What the file looked like when it was opened; nil for bytes that come from no file.
    let stamp: StatStamp?

    /// The file at `path`. No file is an empty one.
    ///
    /// - Throws: ``RefError/Code/unavailable``, with git's `couldn't read`.
    init(_ path: FilePath) throws(RefError) {
        let file: MappedFile?
        // No file is never racy, whenever it was looked for.
        do throws(FileError) { file = try MappedFile(path) } catch {
            throw RefError(.unavailable, "couldn't read \(path): \(error.errno)", path: path.string, cause: error)
        }
        if let file {
            self.init(.mapped(file), file.stamp)
        } else {
            self.init(copying: [], stamp: StatStamp(nil, takenAt: 0))
        }
    }

    private init(_ storage: Storage, _ stamp: StatStamp?) {
        self.storage = storage
        self.stamp = stamp
    }

    init(copying bytes: [UInt8], stamp: StatStamp? = nil) {
        let memory = unsafe PackedRefsMemory(count: bytes.count) { _ = unsafe $0.update(fromContentsOf: bytes) }
        self.init(.copied(memory), stamp)
    }

    /// Whether the file is open as long as this lives, and not copied.
    var isMapped: Bool { if case .mapped(let file) = storage { file.isMapped } else { false } }

    @unsafe
    var base: UnsafePointer<UInt8> {
        switch storage {
        case .mapped(let file): unsafe file.base.assumingMemoryBound(to: UInt8.self)
        case .copied(let memory): unsafe memory.base
        }
    }

    var count: Int {
        switch storage {
        case .mapped(let file): file.count
        case .copied(let memory): memory.count
        }
    }

    /// Whether everything that was read until now is what the file held.
    ///
    /// - Throws: ``RefError/Code/unavailable`` when the file was cut short under the mapping, so that zeros may have been read.
    func check(path: FilePath) throws(RefError) {
        if case .mapped(let file) = storage, file.isPoisoned {
            throw RefError(
                .unavailable, "couldn't read \(path): it was cut short while it was being read", path: path.string)
        }
    }
}
