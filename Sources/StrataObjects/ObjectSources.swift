import Glibc
import StrataIO
import StrataModel
import SystemPackage

/// What the object directories held when they were last listed: an object directory, its alternates, their packs.
final class ObjectSources: Sendable {
    /// One object directory of the repository, its own or an alternate.
    struct Directory: Sendable {
        let path: BytePath
        let loose: LooseObjects
        /// What packs and alternates are listed in, and how it looked when they were.
        fileprivate let stamps: [(path: FilePath, stamp: StatStamp)]
    }

    let directories: [Directory]
    let packs: [PackHandle]
    /// What could not be read; while there is any, nothing can be said to be absent.
    let failure: ObjectLookupError?

    /// Where git looks: the repository's object directory, and the alternates that the environment names.
    struct Roots: Sendable {
        let objectDirectory: BytePath
        let environment: [[UInt8]]
        let algorithm: HashAlgorithm
    }

    /// Lists everything anew. Packs that `previous` had too stay open.
    init(_ roots: Roots, keeping previous: ObjectSources? = nil) {
        var listing = Listing(algorithm: roots.algorithm)
        for pack in previous?.packs ?? [] { listing.known[pack.path] = pack }
        listing.add(roots.objectDirectory, depth: 0, alternates: roots.environment.map(BytePath.init(bytes:)))
        directories = listing.directories
        packs = listing.packs
        failure = listing.failure
    }

    /// Whether a directory may have changed since it was listed.
    var mayBeStale: Bool {
        if failure != nil { return true }
        return directories.contains { directory in
            directory.stamps.contains { path, stamp in
                guard let now = try? StatStamp.of(path) else { return true }
                return !now.provesUnchanged(since: stamp)
            }
        }
    }

    private struct Listing {
        let algorithm: HashAlgorithm
        var known: [BytePath: PackHandle] = [:]
        var seen: Set<BytePath> = []
        var directories: [Directory] = []
        var packs: [PackHandle] = []
        var failure: ObjectLookupError?

        init(algorithm: HashAlgorithm) { self.algorithm = algorithm }

        /// Adds a directory and, in git's order, the alternates that it names. One that was seen before is left out,
        /// so circles end; the sixth step from the repository is the last.
        mutating func add(_ path: BytePath, depth: Int, alternates given: [BytePath] = []) {
            do throws(ObjectLookupError) {
                guard let real = try ObjectSources.realPath(path) else {
                    throw ObjectLookupError(
                        .unavailable, file: path.text, errno: ENOENT,
                        "object directory \(path.text) does not exist; check .git/objects/info/alternates")
                }
                guard seen.insert(real).inserted else { return }
                // Each stamp is taken before what it stands for is read.
                let list = path.appending("info/alternates")
                let packs = path.appending("pack")
                let stamps = try Self.stamps([list.filePath, packs.filePath])
                directories.append(Directory(path: path, loose: LooseObjects(directory: path), stamps: stamps))
                try addPacks(in: packs)
                var alternates = given
                if let file = try MappedBytes(list) {
                    guard file.count <= 1 << 24 else { throw .corrupt(list, "list of alternates is too large") }
                    let bytes = unsafe Array(file.bytes)
                    try file.checkWhole()
                    alternates += Alternates.parse(bytes, separator: UInt8(ascii: "\n")).map { entry in
                        entry.first == UInt8(ascii: "/") ? BytePath(bytes: entry) : real.appending(entry)
                    }
                }
                if depth > 5 && !alternates.isEmpty {
                    throw ObjectLookupError(
                        .unavailable, file: path.text,
                        "\(path.text): ignoring alternate object stores, nesting too deep")
                }
                for alternate in alternates { add(alternate, depth: depth + 1) }
            } catch {
                failure = failure ?? error
            }
        }

        private static func stamps(
            _ paths: [FilePath]
        ) throws(ObjectLookupError) -> [(path: FilePath, stamp: StatStamp)] {
            do throws(FileError) {
                return try paths.map { path throws(FileError) in (path, try StatStamp.of(path)) }
            } catch {
                throw .unavailable(error)
            }
        }

        private mutating func addPacks(in directory: BytePath) throws(ObjectLookupError) {
            var names: [[UInt8]] = []
            do throws(FileError) {
                guard var reader = try DirectoryReader(directory.filePath) else { return }
                while try reader.next() { names.append(reader.name) }
            } catch {
                throw .unavailable(error)
            }
            let present = Set(names)
            let suffix = Array(".idx".utf8)
            // Packs of one directory in a fixed order, whatever order the system lists them in.
            for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) })
            where name.count > 4 && name.suffix(4).elementsEqual(suffix) {
                guard present.contains(name.dropLast(3) + Array("pack".utf8)) else { continue }
                let path = directory.appending(name)
                packs.append(known[path] ?? PackHandle(path, algorithm: algorithm))
            }
        }
    }

    /// The path without symbolic links, which tells directories apart; nil when there is nothing.
    private static func realPath(_ path: BytePath) throws(ObjectLookupError) -> BytePath? {
        guard let resolved = unsafe realpath(path.bytes, nil) else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .unavailable(errno, path, "cannot resolve")
        }
        defer { unsafe free(resolved) }
        return unsafe BytePath(
            bytes: UnsafeBufferPointer(start: resolved, count: strlen(resolved)).map { UInt8(bitPattern: $0) })
    }
}

extension ObjectSources {
    /// Whether both name the same directories and packs, so that a second look sees nothing new.
    func lists(theSameAs other: ObjectSources) -> Bool {
        packs.count == other.packs.count && directories.count == other.directories.count
            && (failure == nil) == (other.failure == nil)
            && zip(packs, other.packs).allSatisfy { $0 === $1 }
            && zip(directories, other.directories).allSatisfy { $0.path == $1.path }
    }
}
