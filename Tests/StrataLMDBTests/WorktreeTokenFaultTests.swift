import CLMDB
import Glibc
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataLMDB

/// Tokens that are malformed, cannot be read or written, and transactions that are taken back.
@Suite struct WorktreeTokenFaultTests {
    private func id(_ number: Int) -> ObjectID { SampleEnvironment.id(number) }

    private func update(_ number: Int) -> RefTransaction {
        RefTransaction([.update(TokenScene.own[0], to: id(number))])
    }

    // MARK: The file

    private static let hostile: [String] = [
        "", "\n", "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcde\n",
        "0123456789abcdef0123456789abcdef\n\n", "0123456789abcdef0123456789abcdef\r\n",
        "0123456789ABCDEF0123456789abcdef\n", "0123456789abcdef0123456789abcdeg\n",
        "0123456789abcdef 123456789abcdef\n", " 123456789abcdef0123456789abcdef\n",
        "0123456789abcdef0123456789abcde\u{0}\n", String(repeating: "0", count: 1 << 20),
        "ref: refs/heads/main\n",
    ]

    @Test(arguments: hostile) func malformedTokens(_ text: String) throws {
        let scene = try TokenScene()
        try scene.fill(scene.store)
        let before = try scene.recorded
        try writeFile(scene.file, Array(text.utf8))
        try expect(.corrupt, scene)
        #expect(try scene.recorded == before && readFile(scene.file) == Array(text.utf8))
    }

    @Test(arguments: ["directory", "link", "loop", "fifo"]) func whatIsNoFile(_ kind: String) throws {
        let scene = try TokenScene()
        try scene.fill(scene.store)
        let aside = scene.directory.appending("aside")
        try Disk.rename(scene.file, to: aside)
        switch kind {
        case "directory": try Disk.mkdir(scene.file)
        case "link": try Disk.symlink(aside, at: scene.file)
        case "loop": try Disk.symlink("lmdb-token", at: scene.file)
        default: #expect(unsafe mkfifo(scene.file.string, 0o600) == 0)
        }
        try expect(.corrupt, scene)
    }

    @Test func whatCannotBeRead() throws {
        let scene = try TokenScene()
        try scene.fill(scene.store)
        for operation in [FileOperation.open, .read] {
            let plan = DiskFaults.Plan(
                under: scene.file, operations: [operation], at: 1, .fail(.ioError), persistent: true)
            try DiskFaults.with(plan) { _ in try expect(.unavailable, scene) }
        }
        #expect(try TokenScene.state(scene.store).count == 12)
    }

    /// Every use of the worktree's references says so; those of others are as ever.
    private func expect(_ code: RefError.Code, _ scene: TokenScene) throws {
        let store = scene.store
        let uses: [() throws -> Void] = [
            { _ = try store.snapshot() }, { _ = try store.stamp(covering: .all) }, { try store.commit(update(7)) },
            { _ = try store.submit([update(7)], RefTransactionContext())[0].get() },
            { _ = try store.reflogs?.names() }, { try store.reflogs?.create(RefName("refs/worktree/log")) },
            { _ = try LMDBCarriedRefs(scene.environment, worktrees: scene.directory.appending("worktrees")) },
        ]
        for use in uses {
            let error = try #require(TokenScene.failure(use))
            #expect(error.code == code && error.path == scene.file.string, "\(error)")
        }
        let main = LMDBRefStore(scene.environment)
        try main.commit(RefTransaction([.update(RefName("refs/heads/main"), to: id(7))]))
        #expect(try main.snapshot().objectID(of: RefName("refs/heads/main")) == id(7))
        #expect(try scene.findings == [])
    }

    /// A record that is no token is damage.
    @Test func aRecordThatIsNone() throws {
        let scene = try TokenScene()
        try scene.fill(scene.store)
        let key = LMDBToken.key(TokenScene.id)
        try scene.environment.write(.none, until: .never) { writer throws(RefError) in
            try unsafe key.span.withUnsafeBytes { bytes throws(RefError) in
                unsafe try writer.put(writer.main, strata_lmdb_key(bytes), Array(repeating: 1, count: 17))
            }
        }
        let uses: [() throws -> Void] = [{ _ = try scene.store.snapshot() }, { try scene.store.commit(update(7)) }]
        for use in uses {
            let error = try #require(TokenScene.failure(use))
            #expect(error.code == .corrupt && "\(error)".contains("17 bytes"))
        }
        #expect(try scene.findings.map(\.severity) == [.damage])
    }

    // MARK: Making it

    /// It lasts whatever is asked of references, and before they are there.
    @Test func itIsOnTheMediumFirst() throws {
        let scene = try TokenScene()
        let trace = try DiskFaults.with(DiskFaults.Plan(under: scene.worktree)) { session in
            try scene.store.commit(update(1), RefTransactionContext(durability: Durability.none))
            return session.trace.map(\.operation)
        }
        #expect(trace == [.create, .write, .sync, .close, .rename, .syncDirectory])
    }

    /// Whatever fails, nothing has changed, and the next that comes does it.
    @Test(arguments: [false, true], 1...6) func whatFailsOnTheWay(_ isRemade: Bool, _ at: Int) throws {
        let scene = try TokenScene(isOld: !isRemade)
        if isRemade {
            try scene.fill(scene.store)
            try scene.remake()
        }
        let (before, recorded) = (try TokenScene.state(scene.store), try scene.recorded)
        let plan = DiskFaults.Plan(under: scene.worktree, at: at, .fail(.noSpace))
        try DiskFaults.with(plan) { _ in
            let error = try #require(TokenScene.failure { try scene.store.commit(update(3)) })
            #expect(error.code == .unavailable && error.path == scene.file.string && !error.hasTakenEffect)
        }
        #expect(try TokenScene.state(scene.store) == before && scene.recorded == recorded)
        try scene.store.commit(update(3))
        #expect(try scene.store.snapshot().objectID(of: TokenScene.own[0]) == id(3))
        #expect(try TokenScene.state(scene.store).count == (isRemade ? 1 : 12))
        #expect(try scene.findings == [])
    }

    // MARK: Taking back

    private struct Refusal: RefTransactionObserver {
        func transaction(is phase: RefTransactionPhase, _ updates: [ObservedRefUpdate]) throws(RefError) {
            if phase == .prepared { throw RefError(.refused, "no") }
        }
    }

    /// What an observer refuses has taken nothing away, neither that of the worktree before.
    @Test func aRefusedTransaction() throws {
        let scene = try TokenScene()
        try scene.fill(scene.store)
        let (recorded, token) = (try scene.recorded, try scene.token)
        try scene.remake()
        var refused = RefTransactionContext()
        refused.observers = [Refusal()]
        let results = scene.store.submit([update(3), update(4)], refused)
        for result in results { #expect(throws: RefError.self) { _ = try result.get() } }
        #expect(try scene.recorded == recorded && scene.token == token)
        #expect(try TokenScene.state(scene.store) == [])
        // Beside one that is carried out, in one write transaction.
        let context = RefTransactionContext()
        let jobs = [LMDBGroupJob(update(3), refused, scene.store), LMDBGroupJob(update(4), context, scene.store)]
        #expect(jobs.allSatisfy { $0.check() })
        let decided = try scene.environment.write(.none, until: .never) { writer throws(RefError) in
            [try jobs[0].decide(in: writer), try jobs[1].decide(in: writer)]
        }
        #expect(decided == [false, true])
        #expect(try scene.store.snapshot().objectID(of: TokenScene.own[0]) == id(4))
        #expect(try TokenScene.state(scene.store).count == 1)
        #expect(try scene.findings == [])
    }

    /// A commit over two databases of which the second fails is taken back in the first.
    @Test(arguments: [false, true]) func aCommitThatIsTakenBack(_ isRemade: Bool) throws {
        let (scene, other) = (try TokenScene(isOld: !isRemade), try TokenScene())
        if isRemade {
            try scene.fill(scene.store)
            try scene.remake()
        }
        let (recorded, token) = (try scene.recorded, try scene.token)
        let routing = try RoutingRefStore(
            default: LMDBRefStore(other.environment), rules: [.init("refs/bisect/", to: scene.store)])
        let edits: [RefEdit] = [
            .update(TokenScene.own[0], to: id(3), message: "x"), .update(try RefName("refs/heads/main"), to: id(3)),
        ]
        let (data, aside) = (other.directory.appending("lmdb/data.mdb"), other.directory.appending("aside"))
        try Disk.rename(data, to: aside)
        // Of what others do it tells a moment behind it.
        usleep(1000)
        let error = TokenScene.failure { try routing.commit(RefTransaction(edits), SampleEnvironment.context) }
        #expect((error?.cause as? LMDBFailure) == .moved)
        #expect(try scene.recorded == recorded && scene.token == token)
        #expect(try TokenScene.state(scene.store) == (isRemade ? [] : recorded))
        #expect(try scene.findings == [])
        try Disk.rename(aside, to: data)
        try routing.commit(RefTransaction(edits), SampleEnvironment.context)
        #expect(try TokenScene.state(scene.store).count == (isRemade ? 1 : 13))
        #expect(try scene.findings == [])
    }

    /// A reflog that somebody has made under the new number meanwhile, for which no gate is asked, is nobody's when that is taken back.
    @Test func whatOthersMadeUnderANumberThatIsTakenBack() throws {
        let scene = try TokenScene()
        try scene.fill(scene.store)
        let (recorded, store) = (try scene.recorded, scene.store)
        try scene.remake()
        let undo = try scene.environment.write(.none, until: .never) { writer throws(RefError) in
            writer.beginUndo()
            try LMDBRefWriter(writer, store).carry(
                TokenScene.own[0], .object(SampleEnvironment.id(3), peeled: nil), [], log: nil)
            return writer.undo ?? []
        }
        try store.reflogs?.create(TokenScene.own[1])
        try scene.environment.write(.none, until: .never) { writer throws(RefError) in try writer.takeBack(undo) }
        #expect(try scene.recorded == recorded && TokenScene.state(store) == [] && scene.findings == [])
    }

    /// What was decided by the references of a worktree is not done to the next one of its name.
    @Test(arguments: [false, true]) func aWorktreeThatIsMadeAgainMeanwhile(_ isWritten: Bool) throws {
        let scene = try TokenScene()
        try scene.fill(scene.store)
        let store = scene.store
        let edit = RefEdit.update(TokenScene.own[0], to: id(8), expecting: .object(id(2)))
        let run = RefTransactionRun(RefTransaction([edit]), on: store, SampleEnvironment.context)
        try run.prepare()
        try scene.remake()
        // A reflog needs no gate.
        if isWritten { try store.reflogs?.create(TokenScene.own[1]) }
        let error = TokenScene.failure { _ = try run.commit() }
        // Or it was done to the one before.
        #expect(error?.code == (isWritten ? .unavailable : nil))
        #expect(try TokenScene.state(store) == (isWritten ? ["log \(TokenScene.own[1])"] : []))
        #expect(try scene.findings == [])
    }

    /// Where room has to be made in the middle, all is done again.
    @Test func whereRoomHasToBeMade() throws {
        let scene = try TokenScene()
        try scene.fill(scene.store)
        try scene.remake()
        let reservation = scene.environment.handle.reservation
        let edits = try (0..<20_000).map { RefEdit.create(try RefName("refs/worktree/many/\($0)"), at: id($0 + 1)) }
        try scene.store.commit(RefTransaction(edits))
        #expect(scene.environment.handle.reservation > reservation)
        #expect(try TokenScene.state(scene.store).count == 20_000)
        #expect(try readFile(scene.file) == scene.token?.text && scene.findings == [])
        // And where what goes is much.
        try scene.remake()
        try scene.store.commit(update(1))
        #expect(try TokenScene.state(scene.store).count == 1 && scene.findings == [])
    }
}
