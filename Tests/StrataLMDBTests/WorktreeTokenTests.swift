import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataLMDB

/// A linked worktree that is made anew under the name of one that has gone has none of its references.
@Suite struct WorktreeTokenTests {
    private func id(_ number: Int) -> ObjectID { SampleEnvironment.id(number) }

    enum Way: CaseIterable { case commit, submit, hold, reflog }

    @Test(arguments: Way.allCases) func aRemadeWorktreeHasNothing(_ way: Way) throws {
        let scene = try TokenScene()
        try scene.fill(scene.store)
        let (before, first) = (try TokenScene.state(scene.store), try #require(try scene.token))
        #expect(try before.count == 4 + 4 + 4 && readFile(scene.file) == first.text)
        let other = LMDBRefStore(
            scene.environment, worktree: Array("v".utf8), worktreeDirectory: scene.directory.appending("worktrees/v"))
        try scene.fill(other)
        try scene.remake()
        #expect(try TokenScene.state(scene.store) == [])
        for name in TokenScene.own {
            #expect(try scene.store.snapshot().read(name) == nil && scene.store.reflogs?.exists(name) == false)
        }
        #expect(try scene.recorded == before)
        let (name, store) = (TokenScene.own[0], scene.store)
        let create = RefTransaction([.create(name, at: id(9))])
        switch way {
        case .commit: try store.commit(create)
        case .submit: for result in store.submit([create], RefTransactionContext()) { _ = try result.get() }
        case .hold:
            let hold = try store.makeHold()
            #expect(try hold.hold([name], until: nil).allSatisfy { $0 == nil })
            #expect(try hold.read(name) == nil && hold.read(TokenScene.own[1]) == nil)
            var cursor = try hold.cursor(over: .all)
            #expect(try cursor.next() == nil)
            hold.abort()
            try store.commit(create)
        case .reflog: try store.reflogs?.create(name)
        }
        #expect(
            try TokenScene.state(store)
                == (way == .reflog ? ["log \(name)"] : ["\(name) \(RefValue.object(id(9), peeled: nil))"]))
        #expect(try scene.recorded == TokenScene.state(store))
        #expect(try scene.token != first && readFile(scene.file) == scene.token?.text)
        #expect(try scene.findings == [] && scene.environment.status().worktrees == 2)
        // The lines of its reflogs are gone; those of the other worktree are there.
        #expect(try LMDBCheck.check(scene.directory.appending("lmdb")).reflogs == (way == .reflog ? 5 : 4))
        #expect(try TokenScene.state(other) == before)
    }

    @Test func anOldDatabaseIsAdopted() throws {
        let scene = try TokenScene(isOld: true)
        let before = try TokenScene.state(scene.store)
        #expect(try before.count == 12 && scene.recorded == before)
        // Who reads makes none.
        #expect(try scene.token == nil && FileStat.lstat(scene.file) == nil)
        #expect(try scene.environment.metadata().optionalFeatures == 0)
        try scene.store.commit(RefTransaction([.create(RefName("refs/worktree/new"), at: id(3))]))
        let token = try #require(try scene.token)
        #expect(try readFile(scene.file) == token.text)
        #expect(try scene.environment.metadata().optionalFeatures == LMDBMetadata.tokens)
        #expect(try TokenScene.state(scene.store).count == 13)
        #expect(try scene.findings == [])
        try scene.store.commit(RefTransaction([.delete(RefName("refs/worktree/new"))]))
        #expect(try TokenScene.state(scene.store) == before)
        #expect(try scene.token == token && readFile(scene.file) == token.text)
    }

    /// A file of which no record came, as one leaves who dies in between, is that of the record that comes.
    @Test func aFileWithoutARecordIsTaken() throws {
        let scene = try TokenScene(isOld: true)
        let token = try #require(try LMDBTokenFile.make(in: scene.worktree, .umask))
        let before = try TokenScene.state(scene.store)
        #expect(before.count == 12)
        try scene.store.reflogs?.delete(TokenScene.own[0])
        #expect(try scene.token == token && readFile(scene.file) == token.text)
        #expect(try TokenScene.state(scene.store).count == 9)
    }

    /// A worktree without its directory has nothing, as with files, and is given nothing; what it had is there when the directory is.
    @Test func aDirectoryThatIsAwayForAMoment() throws {
        let scene = try TokenScene()
        try scene.fill(scene.store)
        let before = try TokenScene.state(scene.store)
        let aside = scene.directory.appending("aside")
        try Disk.rename(scene.worktree, to: aside)
        #expect(try TokenScene.state(scene.store) == [])
        let update = RefTransaction([.update(TokenScene.own[1], to: id(5))])
        let attempts: [() throws -> Void] = [
            { try scene.store.commit(update) },
            { _ = try scene.store.submit([update], RefTransactionContext())[0].get() },
            { try scene.store.reflogs?.create(TokenScene.own[1]) },
        ]
        for attempt in attempts {
            let error = try #require(TokenScene.failure(attempt))
            #expect(error.code == .unavailable && error.path == scene.worktree.string)
        }
        #expect(try FileStat.lstat(scene.worktree) == nil)
        try Disk.rename(aside, to: scene.worktree)
        #expect(try TokenScene.state(scene.store) == before)
        try scene.store.commit(update)
        #expect(try TokenScene.state(scene.store).count == before.count)
        #expect(try scene.findings == [])
    }

    /// One that never had a directory has no token, and is as it ever was.
    @Test func whereThereNeverWasADirectory() throws {
        let scene = try TokenScene()
        try Disk.removeTree(scene.worktree)
        try scene.fill(scene.store)
        #expect(try TokenScene.state(scene.store).count == 12 && scene.token == nil)
        #expect(try FileStat.lstat(scene.worktree) == nil)
        try Disk.makeDirectories(scene.worktree)
        try scene.store.commit(RefTransaction([.update(TokenScene.own[1], to: id(5))]))
        #expect(try TokenScene.state(scene.store).count == 12 && scene.token?.text == readFile(scene.file))
        #expect(try scene.findings == [])
    }

    /// Two databases that have the same worktrees do not take turns in removing its references.
    @Test func aTokenThatIsThereIsKept() throws {
        let scene = try TokenScene()
        var options = OpeningTests.options(creates: true)
        options.reservation = 1 << 20
        let other = LMDBRefStore(
            try LMDBEnvironment.open(scene.directory.appending("other"), options), worktree: TokenScene.id,
            worktreeDirectory: scene.worktree)
        for store in [scene.store, other] { try scene.fill(store) }
        let token = try scene.token
        #expect(try readFile(scene.file) == token?.text)
        try scene.remake()
        for store in [scene.store, other] {
            try store.commit(RefTransaction([.create(TokenScene.own[1], at: id(5))]))
        }
        for store in [scene.store, other] { #expect(try TokenScene.state(store).count == 1) }
        #expect(try scene.token != token && readFile(scene.file) == scene.token?.text)
    }

    /// What a cache remembers is not shown to the next worktree of the name.
    @Test func cachesAreTold() throws {
        let scene = try TokenScene()
        try scene.fill(scene.store)
        let cache = CachedRefStore(around: scene.store)
        for _ in 0..<3 { #expect(try cache.snapshot().read(TokenScene.own[0]) != nil) }
        let stamp = try cache.stamp(covering: .all)
        try scene.remake()
        for _ in 0..<3 { #expect(try cache.snapshot().read(TokenScene.own[0]) == nil) }
        #expect(try cache.stamp(covering: .all) != stamp)
    }

    /// It costs a commit one look at the file, and what is shared none.
    @Test func whatItCosts() throws {
        let scene = try TokenScene()
        try scene.fill(scene.store)
        let common = LMDBRefStore(scene.environment)
        let store = WorktreeRefStore(own: scene.store, id: TokenScene.id, common: common) { _ in nil }
        try common.commit(RefTransaction([.create(RefName("refs/heads/main"), at: id(1))]))
        let plan = DiskFaults.Plan(under: scene.worktree, operations: [.open, .create, .rename])
        func calls(_ body: () throws -> Void) throws -> Int {
            try DiskFaults.with(plan) { session in
                try body()
                return session.count
            }
        }
        let head = try RefName("refs/heads/main")
        #expect(
            try calls {
                try store.commit(RefTransaction([.update(.head, to: id(2), message: "x")]), SampleEnvironment.context)
            } == 1)
        #expect(
            try calls {
                for result in scene.store.submit(
                    (3..<9).map { RefTransaction([.update(TokenScene.own[0], to: id($0))]) }, RefTransactionContext())
                { _ = try result.get() }
            } == 1)
        #expect(try calls { try common.commit(RefTransaction([.update(head, to: id(3))])) } == 0)
        #expect(try calls { _ = try common.snapshot().read(head) } == 0)
        #expect(try calls { _ = try scene.store.snapshot().read(head) } == 1)
    }
}

extension LMDBEnvironment {
    /// The record as it is now.
    func metadata() throws -> LMDBMetadata {
        let transaction = try read()
        defer { withExtendedLifetime(transaction) {} }
        return unsafe try LMDBMetadata(try transaction.main(LMDBMetadata.key)!)
    }
}
