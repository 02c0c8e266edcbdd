import StrataFiles
import StrataIO
import StrataModel
import StrataObservability
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@Suite struct ObservedRefStoreTests {
    static let a = ObjectID(algorithm: .sha1, words: (1, 0, 0, 0))
    static let b = ObjectID(algorithm: .sha1, words: (2, 0, 0, 0))
    static let context = RefTransactionContext(reflogs: .always) { () throws(RefError) in
        Signature(name: Array("A".utf8), email: Array("a@example.com".utf8), seconds: 1, offsetMinutes: 0)
    }

    static func name(_ text: String) -> RefName { RefName(tolerating: Array(text.utf8)) ?? .head }

    struct Observed {
        let factory = RecordingFactory()
        let lines = LogLines()
        let store: ObservedRefStore

        init(_ base: any RefStore = MemoryRefStore(), label: String = "x", sampling: Int = 1) {
            store = ObservedRefStore(
                base, label: label, logger: lines.logger, factory: factory, readSampling: sampling)
        }
    }

    @Test func readsAndListingsAreCounted() throws {
        let observed = Observed(sampling: 4)
        try observed.store.commit(
            RefTransaction((0..<10).map { .create(Self.name("refs/heads/\($0)"), at: Self.a) }), Self.context)
        let snapshot = try observed.store.snapshot()
        for number in 0..<9 { #expect(try snapshot.read(Self.name("refs/heads/\(number)"))?.objectID == Self.a) }
        #expect(observed.factory.count("reads store=x") == 9)
        // The first of each four.
        #expect(observed.factory.timeCount("read store=x") == 3)
        #expect(observed.factory.timeCount("snapshot store=x") == 1)
        var cursor = try snapshot.cursor(over: .all)
        while try cursor.next() != nil {}
        #expect(try cursor.next() == nil)
        #expect(observed.factory.count("rows store=x") == 10)
        // Sought, and let go in the middle.
        try cursor.seek(RefScope(prefix: Array("refs/heads/".utf8)))
        _ = try cursor.next()
        try cursor.seek(RefScope(prefix: Array("refs/heads/9".utf8)))
        _ = try cursor.next()
        cursor = try MemoryRefStore().snapshot().cursor(over: .all)
        #expect(observed.factory.count("rows store=x") == 12)
        #expect(observed.factory.timeCount("list store=x") == 3)
    }

    @Test func transactionsAreTimedAndCounted() throws {
        let observed = Observed()
        let edits = (0..<20).map { RefEdit.create(Self.name("refs/heads/\($0)"), at: Self.a) }
        try observed.store.commit(RefTransaction(edits), Self.context)
        #expect(observed.factory.timeCount("hold store=x") == 1)
        #expect(observed.factory.timeCount("commit store=x") == 1)
        #expect(observed.factory.count("transactions store=x outcome=committed") == 1)
        #expect(observed.lines.all == [])
        // Refused: one line, which names eight of twenty.
        #expect(throws: RefError.self) { try observed.store.commit(RefTransaction(edits), Self.context) }
        #expect(observed.factory.count("transactions store=x outcome=refused") == 1)
        #expect(observed.factory.count("rejections store=x reason=createExists") == 1)
        let line = try #require(observed.lines.all.first)
        #expect(line.hasPrefix("notice: reference transaction not committed code=rejected count=20 "))
        #expect(line.contains("reason=createExists") && line.contains("store=x"))
        #expect(line.contains("\"refs/heads/7\"") || line.contains("refs/heads/7"))
        #expect(!line.contains("refs/heads/8"))
        // A batch counts each rejection.
        let result = try observed.store.commit(RefTransaction(edits, mode: .batched), Self.context)
        #expect(result.rejections.count == 20 && !result.isComplete)
        #expect(observed.factory.count("rejections store=x reason=createExists") == 21)
        #expect(observed.lines.all.count == 2)
        // A time-out.
        let held = try observed.store.base.hold([Self.name("refs/heads/1")])
        var context = Self.context
        context.deadline = .now
        #expect(throws: RefError.self) {
            try observed.store.commit(
                RefTransaction([.update(Self.name("refs/heads/1"), to: Self.b)]), context)
        }
        held.abort()
        #expect(observed.factory.count("failures store=x code=locked") == 1)
        #expect(observed.lines.all.last?.hasPrefix("warning: ") ?? false)
    }

    /// Observed stores in a routing commit as one, and each is told of its part.
    @Test func compositionsCommitAsOne() throws {
        let directory = try TemporaryDirectory()
        try TestSupport.git(["init", "-q", "--bare", "."], in: directory.path)
        let intents = RefIntents(commonDirectory: directory.path)
        func loose(_ path: FilePath) -> LooseRefStore {
            LooseRefStore(directory: path, hashAlgorithm: .sha1, locks: intents.locks, intents: intents)
        }
        try TestSupport.git(["init", "-q", "--bare", "changes"], in: directory.path)
        let rest = Observed(loose(directory.path), label: "rest")
        let changes = Observed(loose(directory.appending("changes")), label: "changes")
        let routing = try RoutingRefStore(
            default: rest.store, rules: [.init("refs/changes/", to: changes.store)])
        let all = Observed(WorktreeRefStore(common: routing) { _ in nil }, label: "all")
        let edits: [RefEdit] = [
            .create(Self.name("refs/changes/1"), at: Self.a), .create(Self.name("refs/heads/x"), at: Self.a),
        ]
        let run = RefTransactionRun(RefTransaction(edits), on: all.store, Self.context)
        try run.prepare()
        // The last step cannot be done: what was done before it is undone in the other store.
        let obstacle = directory.appending("refs/heads/x/in-the-way")
        _ = try output("/bin/mkdir", ["-p", obstacle.string])
        _ = try output("/bin/touch", [obstacle.appending("file").string])
        #expect(throws: RefError.self) { try run.commit() }
        #expect(try all.store.snapshot().read(Self.name("refs/changes/1")) == nil)
        for (observed, label) in [(rest, "rest"), (changes, "changes"), (all, "all")] {
            #expect(observed.factory.count("transactions store=\(label) outcome=failed") == 1)
            #expect(observed.factory.timeCount("hold store=\(label)") >= 1)
        }
        removeTree(directory.appending("refs/heads/x"))
        try all.store.commit(RefTransaction(edits), Self.context)
        for (observed, label) in [(rest, "rest"), (changes, "changes"), (all, "all")] {
            #expect(observed.factory.count("transactions store=\(label) outcome=committed") == 1)
            #expect(observed.factory.timeCount("commit store=\(label)") >= 1)
        }
        #expect(all.store.capabilities == all.store.base.capabilities)
        #expect(all.store.commitDomain == all.store.base.commitDomain)
        #expect(
            all.store.explain(.name(Self.name("refs/changes/1"))).lines.prefix(3) == [
                "observed: \(Self.a)", "  counted as 'all'", "  worktree: \(Self.a)",
            ])
    }

    /// Stores that cannot commit as one commit in turn: those that have stay committed, and are counted so.
    @Test func partsThatStayCommittedAreCountedSo() throws {
        let directory = try TemporaryDirectory()
        let packed = PackedRefStore(
            directory.appending("packed-refs"), hashAlgorithm: .sha1,
            locks: LockSpace(directory: directory.appending("strata")))
        let (rest, changes) = (Observed(packed, label: "rest"), Observed(label: "changes"))
        let routing = try RoutingRefStore(
            default: rest.store, rules: [.init("refs/changes/", to: changes.store)])
        let all = Observed(routing, label: "all")
        let edits: [RefEdit] = [
            .create(Self.name("refs/changes/1"), at: Self.a), .create(Self.name("refs/heads/x"), at: Self.a),
        ]
        let run = RefTransactionRun(RefTransaction(edits), on: all.store, Self.context)
        try run.prepare()
        let plan = DiskFaults.Plan(under: directory.path, operations: [.rename], at: 1, .fail(.ioError))
        #expect(throws: RefError.self) { try DiskFaults.with(plan) { _ in try run.commit() } }
        #expect(try all.store.snapshot().read(Self.name("refs/changes/1"))?.objectID == Self.a)
        #expect(changes.factory.count("transactions store=changes outcome=committed") == 1)
        #expect(changes.factory.count("transactions store=changes outcome=failed") == 0)
        #expect(changes.lines.all == [])
        for (observed, label) in [(rest, "rest"), (all, "all")] {
            #expect(observed.factory.count("transactions store=\(label) outcome=committed") == 0)
            #expect(observed.factory.count("transactions store=\(label) outcome=failed") == 1)
        }
    }

    /// Whatever keeps a name from being held is a failure, not only somebody else's lock; a verdict is none.
    @Test func namesThatAreNotHadAreCounted() throws {
        let directory = try TemporaryDirectory()
        let path = directory.appending("refs")
        _ = try output("/bin/mkdir", [path.string])
        let observed = Observed(
            LooseRefStore(
                directory: directory.path, hashAlgorithm: .sha1,
                locks: LockSpace(directory: directory.appending("strata"))
            ))
        let name = Self.name("refs/heads/x")
        let plan = DiskFaults.Plan(under: path, operations: [.link, .create], at: 1, .fail(.ioError), persistent: true)
        #expect(throws: RefError.self) { try DiskFaults.with(plan) { _ in try observed.store.hold([name]).abort() } }
        #expect(observed.factory.count("failures store=x code=unavailable") == 1)
        let held = try observed.store.base.hold([name])
        #expect(throws: RefError.self) { try observed.store.hold([name], until: .now) }
        held.abort()
        #expect(observed.factory.count("failures store=x code=locked") == 1)
        _ = try output("/bin/mkdir", ["-p", path.appending("heads/x/y").string])
        _ = try output("/bin/touch", [path.appending("heads/x/y/z").string])
        #expect(throws: RefError.self) { try observed.store.hold([name], until: .now) }
        #expect(observed.factory.count("failures store=x code=unavailable") == 1)
        #expect(observed.lines.all.count == 2)
    }

    /// Committed, and its lasting is not sure: neither a failed transaction nor a silent one.
    @Test func whatMayNotLastIsCommitted() throws {
        let directory = try TemporaryDirectory()
        let observed = Observed(
            PackedRefStore(
                directory.appending("packed-refs"), hashAlgorithm: .sha1,
                locks: LockSpace(directory: directory.appending("strata"))))
        var context = Self.context
        context.durability = .full
        let edits: [RefEdit] = [.create(Self.name("refs/heads/x"), at: Self.a)]
        // From the second time on only the directory with the new file is synced.
        try observed.store.base.commit(RefTransaction(edits), context)
        try observed.store.base.commit(RefTransaction([.delete(Self.name("refs/heads/x"))]), context)
        let plan = DiskFaults.Plan(under: directory.path, operations: [.syncDirectory], at: 1, .fail(.ioError))
        let error = try #require(throws: RefError.self) {
            try DiskFaults.with(plan) { _ in try observed.store.commit(RefTransaction(edits), context) }
        }
        #expect(error.hasTakenEffect, "\(error)")
        #expect(observed.factory.count("transactions store=x outcome=committed") == 1)
        #expect(observed.factory.count("transactions store=x outcome=failed") == 0)
        #expect(observed.factory.count("failures store=x code=unavailable") == 1)
        #expect(observed.lines.all.count == 1)
        #expect(observed.lines.all[0].hasPrefix("error: reference transaction committed, not made durable"))
    }

    /// A cache around an observed store, and one beneath it, go by its stamps.
    @Test func stampsPass() throws {
        let observed = Observed()
        let cached = CachedRefStore(around: observed.store)
        let name = Self.name("refs/heads/x")
        try cached.commit(RefTransaction([.create(name, at: Self.a)]), Self.context)
        for _ in 0..<5 { #expect(try cached.snapshot().read(name)?.objectID == Self.a) }
        #expect(observed.factory.count("reads store=x") == 1)
        try observed.store.base.commit(RefTransaction([.update(name, to: Self.b)]), Self.context)
        #expect(try cached.snapshot().read(name)?.objectID == Self.b)
    }

    @Test func recoveriesAreLogged() throws {
        let factory = RecordingFactory()
        let lines = LogLines()
        let observer = RecoveryObserver(label: "x", logger: lines.logger, factory: factory)
        let directory = try TemporaryDirectory()
        try TestSupport.git(["init", "-q", "--bare", "."], in: directory.path)
        let intents = RefIntents(commonDirectory: directory.path, observe: observer.note)
        // One that a dead process wrote, and came to nothing of.
        let entry = try intents.write([Self.part(directory.path, intents)], durability: .none)
        _ = entry
        let name = intents.locks.id
        _ = try output(
            "/bin/mv",
            [
                directory.appending("strata/intents/\(name)-1").string,
                directory.appending("strata/intents/0123456789abcdef-1").string,
            ])
        let sweep = try intents.sweep()
        #expect(sweep.intents.count == 1)
        #expect(factory.count("recoveries store=x") == 1)
        #expect(factory.count("recoveries.moved store=x") == 0)
        let line = try #require(lines.all.first)
        #expect(line.hasPrefix("notice: the transaction of a dead process was finished count=2 "))
        #expect(line.contains("owner=0123456789abcdef"))
        let store = LooseRefStore(directory: directory.path, hashAlgorithm: .sha1, locks: intents.locks)
        #expect(try store.snapshot().read(Self.name("refs/heads/x"))?.objectID == Self.a)
    }

    /// The intent of a transaction of two references that is not committed.
    private static func part(_ path: FilePath, _ intents: RefIntents) throws -> [UInt8] {
        let store = LooseRefStore(directory: path, hashAlgorithm: .sha1, locks: intents.locks, intents: intents)
        let names = ["refs/heads/x", "refs/heads/y"].map(name)
        let held = try store.hold(names)
        defer { held.abort() }
        try held.stage(
            names.map {
                ResolvedRefEdit(
                    name: $0, action: .write(.object(a, peeled: nil)), old: nil, reflog: nil, createsReflog: false)
            }, durability: nil)
        let joined = try #require(held as? any JoinedHold)
        return try joined.intentPart()
    }
}
