import CStrataIO
import Glibc
import Synchronization
import SystemPackage

/// Numbers in a file that processes share: mapped, or where the file system does not map files for sharing, read and written by calls.
///
/// Sendable because every stored property is constant or atomic, the mapped words are only touched by atomic instructions and the descriptor is only
/// used at given positions, until deinit, which runs when nobody holds the object any more.
@safe
final class SharedWords: @unchecked Sendable {
    @safe
    private enum Access {
        /// With the registration with the SIGBUS handler.
        case mapped(UnsafeMutableRawPointer, OpaquePointer)
        case calls(FileDescriptor)
    }

    private let access: Access
    private let path: FilePath
    private let size: Int
    /// Whether a call found the file shorter than it was.
    private let isCut = Atomic<Bool>(false)

    /// Takes the descriptor over, unless it throws.
    init(_ file: FileDescriptor, at path: FilePath, size: Int, isWritable: Bool) throws(FileError) {
        self.path = path
        self.size = size
        let protection = isWritable ? PROT_READ | PROT_WRITE : PROT_READ
        var start: UnsafeMutableRawPointer?
        do throws(FileError) {
            try Disk.change(.map, path) {
                unsafe start = unsafe mmap(nil, size, protection, MAP_SHARED, file.rawValue, 0)
                return unsafe start == MAP_FAILED ? -1 : 0
            }
        } catch {
            let refusals: [Errno] = [
                .operationNotSupportedByDevice, .invalidArgument, .permissionDenied, .notPermitted, .notSupported,
            ]
            guard refusals.contains(error.errno) else { throw error }
            access = .calls(file)
            return
        }
        guard let start = unsafe start else { throw FileError(.map, path, .badAddress) }
        guard let range = unsafe strata_range_register(start, size) else {
            let reason = Errno(rawValue: errno)
            unsafe munmap(start, size)
            throw FileError(.map, path, reason)
        }
        access = unsafe .mapped(start, range)
        Glibc.close(file.rawValue)
    }

    deinit {
        switch access {
        case .mapped(let base, let range):
            unsafe strata_range_unregister(range)
            unsafe munmap(base, size)
        case .calls(let file): Glibc.close(file.rawValue)
        }
    }

    /// Whether the file is mapped.
    var isMapped: Bool { if case .mapped = access { true } else { false } }

    /// Whether the file was cut short: what is loaded then is nothing.
    var isPoisoned: Bool {
        switch access {
        case .mapped(_, let range): unsafe strata_range_is_poisoned(range) != 0
        case .calls: isCut.load(ordering: .relaxed)
        }
    }

    func load(_ offset: Int) throws(FileError) -> UInt64 {
        switch access {
        case .mapped(let base, _): return unsafe strata_shared_load(Self.word(base, offset))
        case .calls(let file):
            var value: UInt64 = 0
            let got = try unsafe withUnsafeMutableBytes(of: &value) { (bytes) throws(FileError) in
                try unsafe readBytes(file, at: path, offset: offset, into: bytes)
            }
            if got == 8 { return value }
            isCut.store(true, ordering: .relaxed)
            return 0
        }
    }

    func store(_ offset: Int, _ value: UInt64) throws(FileError) {
        switch access {
        case .mapped(let base, _): unsafe strata_shared_store(Self.word(base, offset), value)
        case .calls(let file):
            var value = value
            let count = try Disk.change(.write, path) {
                unsafe withUnsafeBytes(of: &value) {
                    unsafe pwrite(file.rawValue, $0.baseAddress, $0.count, off_t(offset))
                }
            }
            if count != 8 { throw FileError(.write, path, .ioError) }
        }
    }

    /// Makes the number another than it ever was. Calls cannot add one without losing what others add meanwhile: they write one at random.
    func change(_ offset: Int) throws(FileError) {
        switch access {
        case .mapped(let base, _):
            try Disk.change(.write, path) {
                unsafe strata_shared_increment(Self.word(base, offset))
                return 0
            }
        case .calls(let file):
            try store(offset, .random(in: .min ... .max))
            if try FileStat.fstat(file, at: path).size < Int64(size) { isCut.store(true, ordering: .relaxed) }
        }
    }

    /// Makes the number `new` if it is `old`, and says whether it was. Only where the file is mapped (`ENOTSUP`).
    func exchange(_ offset: Int, _ old: UInt64, for new: UInt64) throws(FileError) -> Bool {
        guard case .mapped(let base, _) = access else { throw FileError(.map, path, .notSupported) }
        return unsafe strata_shared_exchange(Self.word(base, offset), old, new) != 0
    }

    @unsafe
    private static func word(_ base: UnsafeMutableRawPointer, _ offset: Int) -> UnsafeMutablePointer<UInt64> {
        unsafe (base + offset).assumingMemoryBound(to: UInt64.self)
    }
}
