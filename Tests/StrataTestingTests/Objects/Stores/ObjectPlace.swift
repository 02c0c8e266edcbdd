import StrataIO
import StrataModel
import StrataObjects
import StrataTesting
import Synchronization
import SystemPackage
import TestSupport

/// Where stores of objects are made, each in a repository of its own; all go with the place.
final class ObjectPlace: Sendable {
    private let directory: TemporaryDirectory
    private let count = Atomic<Int>(0)

    init() throws { directory = try TemporaryDirectory() }

    /// A new bare repository without anything in it; git takes it for one.
    func repository(_ algorithm: HashAlgorithm) throws -> GitObjects {
        let path = directory.appending("\(count.add(1, ordering: .relaxed).newValue)")
        for name in ["objects/pack", "objects/info", "refs"] { try Disk.makeDirectories(path.appending(name)) }
        try Self.put("ref: refs/heads/main\n", at: path.appending("HEAD"))
        let format =
            algorithm == .sha1
            ? "repositoryformatversion = 0\n"
            : "repositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n[core]\n"
        try Self.put("[core]\n\(format)\tbare = true\n", at: path.appending("config"))
        return GitObjects(path: path, algorithm: algorithm)
    }

    static func put(_ text: String, at path: FilePath) throws {
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
        try file.closeAfter { _ = try file.writeAll(Array(text.utf8)) }
    }
}

/// A repository's objects, as stores of them are made and as git works on them.
struct GitObjects: Sendable {
    let path: FilePath
    let algorithm: HashAlgorithm

    var directory: FilePath { path.appending("objects") }

    func store() -> FilesObjectStore { FilesObjectStore(objectDirectory: directory, algorithm: algorithm) }

    func loose() -> LooseObjectStore { LooseObjectStore(directory: directory, algorithm: algorithm) }

    /// Puts everything into one pack.
    func repack() throws {
        try git(["-c", "repack.writeBitmaps=false", "repack", "-a", "-d", "-k", "-q", "-f"], in: path)
    }

    /// Puts what is loose into a pack of its own.
    func packLoose() throws {
        var ids = ""
        let cursor = try loose().cursor(.byID)
        while let id = try cursor.next() { ids += "\(id)\n" }
        if ids.isEmpty { return }
        try git(["pack-objects", "-q", "objects/pack/pack"], in: path, stdin: Array(ids.utf8))
        try git(["prune-packed", "-q"], in: path)
    }

    /// Packs, by turns what is loose and all.
    func packing() -> @Sendable () throws -> Void {
        let turn = Turn()
        return { if turn.next() % 2 == 0 { try packLoose() } else { try repack() } }
    }

    private final class Turn: Sendable {
        private let count = Atomic<Int>(0)
        func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }
    }

    /// Spoils a loose object's file.
    @Sendable func damage(_ id: ObjectID) throws {
        let file = directory.appending(String(id.hex.prefix(2))).appending(String(id.hex.dropFirst(2)))
        removeTree(file)
        try ObjectPlace.put("no zlib stream at all, and long enough to be looked at", at: file)
    }
}
