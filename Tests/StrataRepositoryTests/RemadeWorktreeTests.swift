import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataRepository

/// A linked worktree whose directory is removed and made again has nothing of the one before, in a database as in git's files.
@Suite struct RemadeWorktreeTests {
    private let scene: RemadeWorktree

    init() throws { scene = try RemadeWorktree() }

    /// What is listed in a worktree, and the reflogs of its own.
    private func listing(_ scene: RemadeWorktree) throws -> [String] {
        let roots = gitIsCurrent ? ["--include-root-refs"] : []
        let refs = try scene.command(["for-each-ref"] + roots, in: scene.linked)
        var all = refs.split(separator: "\n").map(String.init)
        let logs = try #require(MigrationState.open(scene.linked).refs.reflogs)
        for name in try logs.names() where name.isPerWorktree {
            all.append("log \(name)")
            try logs.read(name, newestFirst: false) { entry in
                all.append("\(entry.new) \(String(decoding: entry.message, as: UTF8.self))")
                return true
            }
        }
        return all
    }

    @Test func itIsAsWithFiles() throws {
        let files = try RemadeWorktree()
        try scene.move(to: .lmdb)
        let (before, own) = (try listing(files), try RefName("refs/worktree/own"))
        #expect(try listing(scene) == before && before.contains { $0.hasSuffix("refs/bisect/bad") })
        let opened = try MigrationState.open(scene.linked)
        #expect(try opened.refs.snapshot().read(own) != nil)
        for scene in [files, scene] { try scene.remake() }
        // Also who had it open sees that, and who looks from elsewhere.
        #expect(try opened.refs.snapshot().read(own) == nil && opened.refs.snapshot().read(.head) == nil)
        #expect(try opened.refs.reflogs?.exists(.head) == false)
        let main = try MigrationState.open(scene.root)
        #expect(try main.refs.snapshot().read(RefName("worktrees/w/refs/bisect/bad")) == nil)
        for scene in [files, scene] {
            let id = try git(["rev-parse", "refs/tags/light~1"], in: files.root)
            _ = try scene.command(["update-ref", "--no-deref", "-m", "made", "HEAD", id], in: scene.linked)
        }
        let after = try listing(files)
        #expect(try listing(scene) == after)
        #expect(after.filter { $0.hasSuffix(" made") }.count == 1 && after.count < before.count)
        for scene in [files, scene] {
            _ = try scene.command(["update-ref", "-m", "own", "refs/worktree/own", "HEAD"], in: scene.linked)
        }
        #expect(try listing(scene) == listing(files))
        #expect(try LMDBCheck.check(scene.common.appending("lmdb")).findings == [])
    }

    /// A copy of the whole has all of it, and goes its own way.
    @Test func aCopyOfTheWhole() throws {
        try scene.move(to: .lmdb)
        let copy = scene.scratch.appending("copy")
        try Disk.mkdir(copy)
        _ = try output("cp", ["-a", scene.root.string, scene.linked.string, copy.string])
        var variables = gitEnvironment.compactMapValues { $0 }
        variables["GIT_DIR"] = copy.appending("r/.git/worktrees/w").string
        let environment = try RepositoryEnvironment(variables: variables, currentDirectory: copy.appending("w"))
        let copied = try Repository(environment: environment)
        let (own, before) = (try RefName("refs/worktree/own"), try listing(scene))
        #expect(copied.location.commonDirectory == copy.appending("r/.git"))
        #expect(try copied.refs.snapshot().read(own) == MigrationState.open(scene.linked).refs.snapshot().read(own))
        #expect(try copied.refs.reflogs?.exists(.head) == true)
        let token = try readFile(copy.appending("r/.git/worktrees/w/lmdb-token"))
        #expect(try token?.count == 33 && token == readFile(scene.admin.appending("lmdb-token")))
        try copied.refs.commit(RefTransaction([.delete(own)]), copied.transactionContext())
        #expect(try copied.refs.snapshot().read(RefName("refs/bisect/bad")) != nil)
        #expect(try readFile(copy.appending("r/.git/worktrees/w/lmdb-token")) == token)
        #expect(try listing(scene) == before)
    }

    // MARK: Several writers

    /// Of processes that write first, to a worktree made anew or to one of a database without tokens, one makes the token; what all have
    /// written is there.
    @Test(arguments: [false, true]) func writersThatCome(first isRemade: Bool) throws {
        try scene.move(to: .lmdb)
        let database = try #require(try MigrationState.open(scene.root).database)
        for round in 0..<3 {
            let old = try RefName("refs/worktree/old-\(round)")
            if isRemade {
                try scene.remake()
            } else {
                try database.deleteEverything()
                try Disk.unlinkIfPresent(scene.admin.appending("lmdb-token"))
            }
            // Without asking for tokens, as an older version does.
            let id = try #require(ObjectID(hex: scene.tip))
            let store = LMDBRefStore(database, worktree: Array("w".utf8))
            try store.commit(RefTransaction([.update(old, to: id), .symbolic(.head, to: RefName("refs/heads/main"))]))
            let linked = scene.linked
            try concurrently(6) { number in
                _ = try output(
                    productPath("strata"), ["update-ref", "refs/worktree/new-\(number)", "\(id)"],
                    environment: gitEnvironment, directory: linked)
            }
            let snapshot = try MigrationState.open(scene.linked).refs.snapshot()
            for number in 0..<6 {
                #expect(try snapshot.objectID(of: RefName("refs/worktree/new-\(number)")) == id, "\(round)")
            }
            #expect(try (snapshot.read(old) == nil) == isRemade)
            #expect(try readFile(scene.admin.appending("lmdb-token"))?.count == 33)
            #expect(try LMDBCheck.check(scene.common.appending("lmdb")).findings == [])
            let left = try output("find", [scene.admin.string, "-name", "lmdb-token?*"])
            #expect(left == "")
        }
    }

    // MARK: Moves

    /// A move to files takes along what is the worktree's own, and nothing of the one before; git does not mind the file.
    @Test(arguments: [false, true]) func movedToFiles(_ isRemade: Bool) throws {
        try scene.move(to: .lmdb)
        #expect(try readFile(scene.admin.appending("lmdb-token"))?.count == 33)
        if isRemade {
            try scene.remake()
            _ = try scene.command(["update-ref", "--no-deref", "HEAD", scene.tip], in: scene.linked)
        }
        let before = try listing(scene)
        try scene.move(to: .files)
        #expect(try listing(scene) == before)
        let names = try git(["for-each-ref", "--format=%(refname)", "refs/bisect", "refs/worktree"], in: scene.linked)
        #expect(names == (isRemade ? "" : "refs/bisect/bad\nrefs/worktree/own"))
        #expect(try git(["reflog", "show", "--format=%H", "HEAD"], in: scene.linked).isEmpty == false)
        #expect(try FileStat.lstat(scene.admin.appending("logs/refs/bisect/bad")) == nil)
        #expect(try git(["worktree", "list"], in: scene.root).split(separator: "\n").count == 2)
        try git(["worktree", "remove", "--force", "w"], in: scene.root)
        #expect(try FileStat.lstat(scene.admin) == nil)
        // And there again, with a worktree of that name.
        try git(["worktree", "add", "-q", "--detach", "../w"], in: scene.root)
        try scene.move(to: .lmdb)
        #expect(try MigrationState.open(scene.linked).refs.snapshot().read(RefName("refs/worktree/own")) == nil)
    }

    enum Meanwhile: CaseIterable { case nothing, commit, otherCommit }

    /// Also one that is made anew when all was copied.
    @Test(arguments: [ReferenceStorage.Format.lmdb, .files], Meanwhile.allCases)
    func remadeWhileMoved(_ format: ReferenceStorage.Format, _ meanwhile: Meanwhile) throws {
        if format == .files { try scene.move(to: .lmdb) }
        let (scene, tip) = (scene, scene.tip)
        var request = RefMigrationRequest(to: format)
        let isDone = Flag()
        request.willPause = {
            isDone.set {
                try scene.remake()
                switch meanwhile {
                case .nothing: break
                case .commit:
                    _ = try scene.command(["update-ref", "--no-deref", "HEAD", tip], in: scene.linked)
                    _ = try scene.command(["update-ref", "refs/worktree/new", tip], in: scene.linked)
                case .otherCommit: _ = try scene.command(["update-ref", "refs/heads/new", tip], in: scene.root)
                }
            }
        }
        _ = try MigrationState.open(scene.root).migrateReferences(request)
        #expect(isDone.failure == nil && isDone.isDone)
        let repository = try MigrationState.open(scene.linked)
        let snapshot = try repository.refs.snapshot()
        for name in ["refs/bisect/bad", "refs/worktree/own"] { #expect(try snapshot.read(RefName(name)) == nil) }
        #expect(try (snapshot.read(RefName("refs/worktree/new")) != nil) == (meanwhile == .commit))
        #expect(try (snapshot.read(RefName("refs/heads/new")) != nil) == (meanwhile == .otherCommit))
        if meanwhile == .commit { #expect(try snapshot.objectID(of: .head)?.hex == tip) }
        if format == .files {
            #expect(try git(["for-each-ref", "refs/worktree/own", "refs/bisect"], in: scene.linked) == "")
        } else {
            #expect(try readFile(scene.admin.appending("lmdb-token"))?.count == 33)
            #expect(try LMDBCheck.check(scene.common.appending("lmdb")).findings == [])
        }
    }
}
