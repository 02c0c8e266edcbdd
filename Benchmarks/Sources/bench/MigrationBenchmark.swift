import Glibc
import StrataIO
import StrataModel
import StrataRefs
import StrataRepository
import SystemPackage

/// How long a move of a million references keeps writers waiting, with 1000 of them changed since it looked last: made or updated, and in the last two rounds
/// one in ten deleted.
///
/// In memory (`/dev/shm`), and on the disk of the temporary directory, where it syncs.
enum MigrationBenchmark {
    static let count = 1_000_000
    static let changes = 1000

    static func run() throws {
        try run(Scratch(in: "/dev/shm"), "in memory")
        try run(Scratch(), "on disk")
    }

    private static func run(_ place: Scratch, _ title: String) throws {
        let root = place.path.appending("r.git")
        _ = try git(["init", "-q", "--bare", "--template=", "--ref-format=files", root.string])
        let tree = try git(["-C", root.string, "hash-object", "-w", "-t", "tree", "/dev/null"])
        let ids = try ["one", "two"].map { try commit(root, tree, $0) }
        let names = PackedRefsFile.names(count)
        try pack(names, ids[0], root)
        print("\n\(count) references \(title), \(changes) changed since they were looked at last: pause, of all")
        for (round, format) in [ReferenceStorage.Format.lmdb, .files, .lmdb, .files, .lmdb, .files].enumerated() {
            let writer = try repository(root)
            var request = RefMigrationRequest(to: format)
            let id = ids[(round + 1) % 2]
            request.willPause = {
                // As many transactions as references, as pushes come.
                for number in 0..<changes {
                    let (name, gone) = (
                        try? RefName("refs/heads/changed/\(number)"),
                        try? RefName(bytes: names[number * 1000 + round])
                    )
                    guard let name, let gone else { return }
                    if round > 3, number % 10 == 0 {
                        _ = try? writer.refs.commit(RefTransaction([.delete(gone)]))
                        continue
                    }
                    _ = try? writer.refs.commit(RefTransaction([.update(name, to: id)]))
                }
            }
            let clock = ContinuousClock()
            let start = clock.now
            let result = try repository(root).migrateReferences(request)
            print("  to \(format): \(milliseconds(result.pause)) of \(milliseconds(clock.now - start))")
            let last = try repository(root).refs.snapshot().read(RefName("refs/heads/changed/\(changes - 1)"))
            guard last?.objectID == id else { throw Errno.ioError }
        }
    }

    private static func milliseconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let tenths = seconds * 10_000 + attoseconds / 100_000_000_000_000
        return "\(tenths / 10).\(tenths % 10) ms"
    }

    /// What git says.
    private static func git(_ arguments: [String]) throws -> String {
        let output = FilePath("/tmp/strata-bench-\(getpid()).out")
        defer { removeTree(output) }
        try Git.program.run(arguments, output: output)
        let bytes = try readFile(output) ?? []
        return String(decoding: bytes.prefix { $0 != 0x0a }, as: UTF8.self)
    }

    private static func repository(_ root: FilePath) throws -> Repository {
        try Repository(environment: RepositoryEnvironment(variables: ["GIT_DIR": root.string], currentDirectory: root))
    }

    private static func commit(_ root: FilePath, _ tree: String, _ message: String) throws -> ObjectID {
        let who = "user.name=A"
        let id = try git(
            ["-C", root.string, "-c", who, "-c", "user.email=a@example.com", "commit-tree", "-m", message, tree])
        guard let id = ObjectID(hex: id) else { throw Errno.invalidArgument }
        return id
    }

    private static func pack(_ names: [[UInt8]], _ id: ObjectID, _ root: FilePath) throws {
        var bytes = Array("# pack-refs with: peeled fully-peeled sorted \n".utf8)
        for name in names { bytes += Array("\(id.hex) ".utf8) + name + [UInt8(ascii: "\n")] }
        try Disk.replace(root.appending("packed-refs"), with: bytes, durability: .data)
    }
}
