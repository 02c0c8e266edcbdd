import CTestSupport
import CrashSupport
import Glibc
import StrataIO
import StrataModel
import Synchronization
import SystemPackage
import TestSupport

/// A place filled for one kind of store, copied for each crash.
final class CrashTemplate: Sendable {
    let store: CrashStore
    let ids: CrashIDs
    private let directory: TemporaryDirectory
    private let number = Atomic<Int>(0)

    private init(_ store: CrashStore) throws {
        self.store = store
        directory = try Self.scratch()
        let base = try Self.base.get()
        try copyTree(base.path, directory.appending("0"))
        let place = CrashPlace(directory.appending("0"))
        try store.seed(place)
        ids = try CrashIDs(place)
    }

    private static let made = Mutex<[String: CrashTemplate]>([:])

    /// The one of `store`, made at the first use.
    static func of(_ store: CrashStore) throws -> CrashTemplate {
        if let known = made.withLock({ $0[store.name] }) { return known }
        let template = try CrashTemplate(store)
        return made.withLock { made in
            if let known = made[store.name] { return known }
            made[store.name] = template
            return template
        }
    }

    /// In memory, where there is one: these tests make many thousand files.
    static func scratch() throws -> TemporaryDirectory {
        try (try? TemporaryDirectory(in: "/dev/shm")) ?? TemporaryDirectory()
    }

    /// What git makes, once for all.
    private static let base = Result<TemporaryDirectory, any Error> {
        let root = try scratch()
        let path = root.path
        try git(["init", "-q", "--template=", "-b", "main"], in: path)
        var ids: [String] = []
        for message in ["one", "two"] {
            try git(["commit", "-q", "--allow-empty", "-m", message], in: path)
            ids.append(try git(["rev-parse", "HEAD"], in: path))
        }
        for name in ["w1", "w2"] { try git(["worktree", "add", "-q", "-b", name, name, ids[0]], in: path) }
        _ = try output("/bin/sh", ["-c", "echo \(ids[0]) > ids; echo \(ids[1]) >> ids"], directory: path)
        try git(["update-ref", "-d", "refs/heads/main"], in: path)
        _ = try output("/bin/sh", ["-c", "rm -rf .git/index .git/logs .git/COMMIT_EDITMSG"], directory: path)
        try git(["init", "-q", "--template=", "--bare", "-b", "main", "other.git"], in: path)
        _ = try output(
            "/bin/sh", ["-c", "mkdir -p .git/second/refs; cp -r .git/objects/?? other.git/objects"], directory: path)
        return root
    }

    /// A path at which nothing is yet.
    func freshPath() -> FilePath { directory.appending("\(number.add(1, ordering: .relaxed).newValue)") }

    func copy(durability: Durability = .none, packsFrom: Int? = nil) throws -> CrashPlace {
        let path = freshPath()
        try copyTree(directory.appending("0"), path)
        return CrashPlace(path, durability: durability, packsFrom: packsFrom)
    }
}

func copyTree(_ from: FilePath, _ to: FilePath) throws {
    guard unsafe test_tree_copy(from.string, to.string) == 0 else { throw Errno(rawValue: errno) }
}

extension Result where Failure == any Error {
    /// The outcome of `body`.
    init(_ body: () throws -> Success) { do { self = .success(try body()) } catch { self = .failure(error) } }
}
