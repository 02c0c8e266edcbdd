import Glibc
import StrataIO
import StrataModel
import SystemPackage

/// Lists an object directory, its alternates and their packs.
struct CatalogListing {
    private let algorithm: HashAlgorithm
    /// The sources that were known before, by the paths of their files: they stay what they are.
    private let known: [BytePath: IndexSource]
    /// The same for loose objects, by their directories.
    private let knownLoose: [BytePath: LooseObjects]
    private var seen: Set<BytePath> = []
    private(set) var directories: [ObjectDirectory] = []
    private var listed: [Listed] = []
    /// What could not be read; while there is any, nothing can be said to be absent.
    private(set) var failures: [ObjectError] = []

    private struct Listed {
        let source: IndexSource
        let modified: Int64
        let size: Int64
    }

    /// The packs, newest first: what is new is asked for most. Of one age the larger first.
    var sources: [IndexSource] {
        listed.sorted { a, b in
            if a.modified != b.modified { return a.modified > b.modified }
            return a.size != b.size ? a.size > b.size : a.source.path.precedes(b.source.path)
        }.map(\.source)
    }

    init(_ roots: ObjectRoots, _ loose: LooseObjects, keeping previous: CatalogSnapshot?) {
        algorithm = roots.algorithm
        known = Dictionary((previous?.sources ?? []).map { ($0.path, $0) }) { first, _ in first }
        let directories = (previous?.directories ?? []).map { ($0.path, $0.loose) }
        knownLoose = Dictionary([(loose.directory, loose)] + directories) { first, _ in first }
        add(roots.objectDirectory, depth: 0, alternates: roots.environment.map(BytePath.init(bytes:)))
    }

    /// Adds a directory and, in git's order, the alternates that it names. One that was seen before is left out, so circles end; the sixth step
    /// from the repository is the last.
    private mutating func add(_ path: BytePath, depth: Int, alternates given: [BytePath] = []) {
        do throws(ObjectError) {
            guard let real = try Self.realPath(path), try Self.isDirectory(real) else {
                throw ObjectError(
                    .unavailable, file: path.text, errno: ENOENT,
                    "object directory \(path.text) does not exist; check .git/objects/info/alternates")
            }
            guard seen.insert(real).inserted else { return }
            let loose = knownLoose[path] ?? LooseObjects(path, algorithm)
            directories.append(try ObjectDirectory(path, real: real, loose))
            try addPacks(in: path.appending("pack"))
            let alternates = given + (try Self.alternates(of: path, real))
            if depth > 5 && !alternates.isEmpty {
                throw ObjectError(
                    .unavailable, file: path.text,
                    "\(path.text): ignoring alternate object stores, nesting too deep")
            }
            for alternate in alternates.filter({ hasPlace($0) }) { add(alternate, depth: depth + 1) }
        } catch {
            failures.append(error)
        }
    }

    /// Whether the directory is there that an alternate is said to be in. Told of before any alternate is looked at, as by git.
    private mutating func hasPlace(_ path: BytePath) -> Bool {
        do throws(ObjectError) {
            if try Self.realPath(path.directory) != nil { return true }
            throw ObjectError(
                .unavailable, file: path.text, errno: ENOENT,
                "unable to normalize alternate object path: \(path.text)")
        } catch {
            failures.append(error)
            return false
        }
    }

    private static func isDirectory(_ path: BytePath) throws(ObjectError) -> Bool {
        do throws(FileError) { return try FileStat.stat(path.filePath)?.kind == .directory } catch {
            throw .unavailable(error)
        }
    }

    /// What `info/alternates` names, relative to the directory that it is in.
    private static func alternates(of path: BytePath, _ real: BytePath) throws(ObjectError) -> [BytePath] {
        let list = path.appending("info/alternates")
        guard let file = try MappedBytes(list) else { return [] }
        guard file.count <= 1 << 24 else { throw .corrupt(list, "list of alternates is too large") }
        let bytes = unsafe Array(file.bytes)
        try file.checkWhole()
        return Alternates.parse(bytes, separator: UInt8(ascii: "\n")).map { entry in
            entry.first == UInt8(ascii: "/") ? BytePath(bytes: entry) : real.appending(entry)
        }
    }

    /// Lists a pack directory. One that changes meanwhile is listed again: of a pack that takes another's place, neither might be seen.
    private mutating func addPacks(in directory: BytePath) throws(ObjectError) {
        for _ in 0..<Self.tries {
            do throws(FileError) {
                let before = try StatStamp.of(directory.filePath)
                let (found, isWhole) = try packs(in: directory)
                let after = try StatStamp.of(directory.filePath)
                if isWhole && after == before {
                    listed += found
                    return
                }
            } catch {
                throw .unavailable(error)
            }
        }
        throw ObjectError(.unavailable, file: directory.text, "packs come and go faster than they can be listed")
    }

    private static let tries = 100

    /// - Returns: what a directory lists, and whether all of it was still there.
    private func packs(in directory: BytePath) throws(FileError) -> (found: [Listed], isWhole: Bool) {
        guard var reader = try DirectoryReader(directory.filePath) else { return ([], true) }
        var names: [[UInt8]] = []
        while try reader.next() { names.append(reader.name) }
        let packs = Set(names.filter { $0.suffix(5).elementsEqual(".pack".utf8) })
        var found: [Listed] = []
        var isWhole = true
        for name in names where name.count > 4 && name.suffix(4).elementsEqual(".idx".utf8) {
            guard packs.contains(name.dropLast(3) + Array("pack".utf8)) else { continue }
            let path = directory.appending(name)
            guard let stat = try FileStat.stat(path.replacingIndexSuffix(with: "pack").filePath) else {
                isWhole = false
                continue
            }
            let source = known[path] ?? IndexSource(path, algorithm: algorithm)
            found.append(Listed(source: source, modified: stat.modified, size: stat.size))
        }
        return (found, isWhole)
    }

    /// The path without symbolic links, which tells directories apart; nil when there is nothing.
    private static func realPath(_ path: BytePath) throws(ObjectError) -> BytePath? {
        guard let resolved = unsafe realpath(path.bytes, nil) else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .unavailable(errno, path, "cannot resolve")
        }
        defer { unsafe free(resolved) }
        return unsafe BytePath(
            bytes: UnsafeBufferPointer(start: resolved, count: strlen(resolved)).map { UInt8(bitPattern: $0) })
    }
}

/// Where git looks for objects: the repository's object directory, and the alternates that the environment names.
struct ObjectRoots: Sendable {
    let objectDirectory: BytePath
    let environment: [[UInt8]]
    let algorithm: HashAlgorithm
}
