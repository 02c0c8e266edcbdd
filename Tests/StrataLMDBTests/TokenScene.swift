import Glibc
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport

@testable import StrataLMDB

/// A database and the directory of a linked worktree beside it, as they lie in a common dir.
struct TokenScene {
    static let id = Array("w".utf8)
    static let own = [
        "refs/bisect/bad", "refs/worktree/a/b", "refs/worktree/" + String(repeating: "long/", count: 120),
    ]
    .map { try! RefName($0.hasSuffix("/") ? $0 + "x" : $0) }
    let directory: TemporaryDirectory
    var worktree: FilePath { directory.appending("worktrees/w") }
    var file: FilePath { worktree.appending("lmdb-token") }
    let environment: LMDBEnvironment

    /// With `isOld` there are references already, of a database that knows no tokens.
    init(isOld: Bool = false) throws {
        directory = try (try? TemporaryDirectory(in: "/dev/shm")) ?? TemporaryDirectory()
        for name in ["worktrees/w", "lmdb"] { try Disk.makeDirectories(directory.appending(name)) }
        var options = OpeningTests.options(creates: true)
        options.reservation = 1 << 20
        environment = try LMDBEnvironment.open(directory.appending("lmdb"), options)
        if isOld { try fill(LMDBRefStore(environment, worktree: Self.id)) }
    }

    var store: LMDBRefStore { LMDBRefStore(environment, worktree: Self.id, worktreeDirectory: worktree) }

    /// The references of a worktree and three reflogs, one of them of no reference.
    func fill(_ store: LMDBRefStore) throws {
        var edits: [RefEdit] = [.symbolic(.head, to: try RefName("refs/heads/main"))]
        edits += Self.own.map { .create($0, at: SampleEnvironment.id(1), message: "made") }
        var context = SampleEnvironment.context
        context.reflogs = .always
        try store.commit(RefTransaction(edits), context)
        try store.commit(RefTransaction([.update(Self.own[0], to: SampleEnvironment.id(2), message: "again")]), context)
        try store.reflogs?.create(RefName("refs/worktree/nothing"))
    }

    /// As `git worktree remove` and `git worktree add` do it.
    func remake() throws {
        try Disk.removeTree(worktree)
        try Disk.makeDirectories(worktree)
        try writeFile(worktree.appending("commondir"), Array("../..\n".utf8))
    }

    /// All that a store shows: references, reflogs and their lines.
    static func state(_ store: any RefStore) throws -> [String] {
        var all: [String] = []
        var cursor = try store.snapshot().cursor(over: .all)
        while let ref = try cursor.next() { all.append("\(ref.refName) \(ref.value)") }
        guard let logs = store.reflogs else { return all }
        for name in try logs.names() {
            all.append("log \(name)")
            try logs.read(name, newestFirst: false) { entry in
                all.append("\(entry.old) \(entry.new)")
                return true
            }
        }
        return all
    }

    /// What the database has under the worktree's number, whoever's it is.
    var recorded: [String] { get throws { try Self.state(LMDBRefStore(environment, worktree: Self.id)) } }

    /// The record of the token.
    var token: LMDBToken? {
        get throws {
            let transaction = try environment.read()
            defer { withExtendedLifetime(transaction) {} }
            return unsafe try transaction.main(LMDBToken.key(Self.id)).flatMap { unsafe LMDBToken(Array($0)) }
        }
    }

    var findings: [LMDBCheckReport.Finding] { get throws { try LMDBCheck.check(directory.appending("lmdb")).findings } }

    /// What went wrong in `body`.
    static func failure(_ body: () throws -> Void) -> RefError? {
        do { try body() } catch { return error as? RefError }
        return nil
    }
}
