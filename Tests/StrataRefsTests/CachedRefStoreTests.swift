import RefStoreChecks
import StrataIO
import StrataModel
import StrataRefs
import StrataTesting
import Testing

@Suite struct CachedRefStoreTests {
    static let a = ObjectID(algorithm: .sha1, words: (1, 0, 0, 0))
    static let b = ObjectID(algorithm: .sha1, words: (2, 0, 0, 0))

    private func names(_ cursor: any RefCursor) throws -> [String] {
        var cursor = cursor
        var names: [String] = []
        while let view = try cursor.next() { names.append("\(view.refName)=\(view.value.text)") }
        return names
    }

    @Test func aSnapshotIsValidatedOnceAndReadsAreRemembered() throws {
        let inner = CountedRefStore()
        try inner.commit(RefTransaction([.create("refs/heads/x", at: Self.a)]))
        let store = CachedRefStore(around: inner)
        _ = inner.asked
        let first = try store.snapshot()
        #expect(inner.asked == .init(stamps: 2, snapshots: 1))
        for _ in 0..<3 {
            #expect(try first.read("refs/heads/x")?.objectID == Self.a)
            #expect(try first.read("refs/heads/none") == nil)
        }
        #expect(inner.asked == .init(reads: 2))
        let second = try store.snapshot()
        #expect(try second.read("refs/heads/x")?.objectID == Self.a)
        #expect(inner.asked == .init(stamps: 1))
    }

    @Test func writesAreSeenByTheNextSnapshotAndNotByTheLast() throws {
        let inner = CountedRefStore()
        let store = CachedRefStore(around: inner)
        try store.commit(RefTransaction([.create("refs/heads/x", at: Self.a)]))
        let old = try store.snapshot()
        #expect(try old.read("refs/heads/x")?.objectID == Self.a)
        #expect(try old.read("refs/heads/y") == nil)
        try store.commit(RefTransaction([.update("refs/heads/x", to: Self.b), .create("refs/heads/y", at: Self.b)]))
        let new = try store.snapshot()
        #expect(try new.read("refs/heads/x")?.objectID == Self.b)
        #expect(try new.read("refs/heads/y")?.objectID == Self.b)
        try inner.commit(RefTransaction([.delete("refs/heads/x"), .delete("refs/heads/y")]))
        let newest = try store.snapshot()
        #expect(try newest.read("refs/heads/x") == nil)
        for _ in 0..<2 {
            #expect(try old.read("refs/heads/x")?.objectID == Self.a)
            #expect(try old.read("refs/heads/y") == nil)
            #expect(try old.read("refs/heads/z") == nil)
            #expect(try new.read("refs/heads/y")?.objectID == Self.b)
        }
    }

    @Test func everyKindOfValueComesBackAsItWas() throws {
        let inner = MemoryRefStore(hashAlgorithm: .sha256)
        let (long, peeled) = (ObjectID(algorithm: .sha256, words: (1, 2, 3, 4)), Self.b)
        let values: [RefName: RefValue] = [
            "refs/tags/a": .object(long, peeled: nil), "refs/tags/b": .object(long, peeled: long),
            "refs/tags/c": .object(Self.a, peeled: peeled), "HEAD": .symbolic(Array("refs/heads/main".utf8)),
            "refs/x": .symbolic([]), "refs/y": .symbolic(Array("12345678".utf8)), "refs/broken": .broken(.content),
            "refs/bad": .broken(.badName), "refs/éclair-de-chocolat/longer than eight?": .broken(.badName),
        ].filter { RefName(tolerating: $0.key.bytes) != nil }
        try StoreUnderTest.seed(inner, RefScenario(values, []))
        let snapshot = try CachedRefStore(around: inner).snapshot()
        for _ in 0..<3 {
            for (name, value) in values { #expect(try snapshot.read(name) == value, "\(name)") }
            #expect(try snapshot.read("refs/tags/aa") == nil)
            #expect(try snapshot.read("refs/tags") == nil)
        }
    }

    @Test func withoutAnExactStampNothingIsRemembered() throws {
        for inner in [CountedRefStore(withoutStamps: true), CountedRefStore()] {
            inner.isYoung = inner.capabilities.contains(.stamps)
            try inner.commit(RefTransaction([.create("refs/heads/x", at: Self.a)]))
            let store = CachedRefStore(around: inner)
            for _ in 0..<2 {
                _ = inner.asked
                #expect(try store.snapshot().read("refs/heads/x")?.objectID == Self.a)
                #expect(inner.asked == .init(stamps: 1, snapshots: 1, reads: 1))
            }
        }
    }

    /// A young store is passed through; what was remembered before is used again only when the stamp is the same.
    @Test func aYoungStampPassesThrough() throws {
        let inner = CountedRefStore()
        try inner.commit(RefTransaction([.create("refs/heads/x", at: Self.a)]))
        let store = CachedRefStore(around: inner)
        _ = try store.snapshot().read("refs/heads/x")
        inner.isYoung = true
        try inner.commit(RefTransaction([.update("refs/heads/x", to: Self.b)]))
        #expect(try store.snapshot().read("refs/heads/x")?.objectID == Self.b)
        inner.isYoung = false
        #expect(try store.snapshot().read("refs/heads/x")?.objectID == Self.b)
    }

    @Test func errorsAndQualifiedNamesAndPseudorefsAreNotRemembered() throws {
        let inner = CountedRefStore()
        let store = CachedRefStore(around: inner)
        let snapshot = try store.snapshot()
        inner.isFailing = true
        #expect(throws: RefError.self) { try snapshot.read("refs/heads/x") }
        inner.isFailing = false
        #expect(try snapshot.read("refs/heads/x") == nil)
        _ = inner.asked
        for name: RefName in ["worktrees/one/HEAD", "main-worktree/HEAD", "FETCH_HEAD", "foo/bar", "foo"] {
            for _ in 0..<2 { _ = try snapshot.read(name) }
        }
        #expect(inner.asked == .init(reads: 10))
    }

    /// Over a store whose snapshots show what is there now, nothing is remembered that came after the stamp.
    @Test func aLiveSnapshotIsAskedForItsStampAgain() throws {
        let inner = CountedRefStore(isLive: true)
        try inner.commit(RefTransaction([.create("refs/heads/x", at: Self.a)]))
        let store = CachedRefStore(around: inner)
        let old = try store.snapshot()
        #expect(try old.read("refs/heads/x")?.objectID == Self.a)
        try inner.commit(RefTransaction([.create("refs/heads/y", at: Self.b), .update("refs/heads/x", to: Self.b)]))
        #expect(try old.read("refs/heads/y")?.objectID == Self.b)
        #expect(try old.read("refs/heads/x")?.objectID == Self.a)
        try inner.commit(RefTransaction([.delete("refs/heads/y")]))
        // Had it been kept it would be there still.
        #expect(try old.read("refs/heads/y") == nil)
        _ = inner.asked
        let new = try store.snapshot()
        #expect(try new.read("refs/heads/x")?.objectID == Self.b)
        #expect(try new.read("refs/heads/x")?.objectID == Self.b)
        #expect(inner.asked.reads == 1)
    }

    @Test func listingsAreRememberedWhenWalkedTwice() throws {
        let inner = CountedRefStore()
        let names: [RefName] = ["refs/heads/a", "refs/heads/b", "refs/tags/a", "refs/tags/b", "refs/tags/c/d"]
        try inner.commit(RefTransaction(names.map { .create($0, at: Self.a) }))
        let store = CachedRefStore(around: inner)
        let tags = RefScope(prefix: Array("refs/tags/".utf8))
        let plain = try self.names(inner.snapshot().cursor(over: tags))
        for expected in [1, 1, 0, 0] {
            _ = inner.asked
            #expect(try self.names(store.snapshot().cursor(over: tags)) == plain)
            #expect(inner.asked.listings == expected)
        }
        // What lies inside is answered too.
        var inside = RefScope(prefix: Array("refs/tags/".utf8), from: Array("refs/tags/b".utf8))
        inside.exclude([Array("refs/tags/c".utf8)])
        _ = inner.asked
        #expect(try self.names(store.snapshot().cursor(over: inside)) == ["refs/tags/b=\(Self.a)"])
        #expect(try self.names(store.snapshot().cursor(over: RefScope(prefix: Array("refs/tags/c/".utf8)))).count == 1)
        #expect(inner.asked.listings == 0)
        // And what does not, from the store, also from the same cursor.
        var cursor = try store.snapshot().cursor(over: tags)
        try cursor.seek(RefScope(prefix: Array("refs/heads/".utf8)))
        #expect(try self.names(cursor).count == 2)
        #expect(inner.asked.listings == 1)
        try inner.commit(RefTransaction([.delete("refs/tags/a")]))
        #expect(try self.names(store.snapshot().cursor(over: tags)) == Array(plain.dropFirst()))
    }

    /// A walk that is given up, or sought elsewhere, is no listing.
    @Test func halfAWalkIsNotRemembered() throws {
        let inner = CountedRefStore()
        try inner.commit(
            RefTransaction((0..<4).map { .create(RefName(stringLiteral: "refs/heads/\($0)"), at: Self.a) }))
        let store = CachedRefStore(around: inner)
        for _ in 0..<3 {
            var cursor = try store.snapshot().cursor(over: .refs)
            _ = try cursor.next()
            try cursor.seek(RefScope(prefix: Array("refs/heads/3".utf8)))
            while try cursor.next() != nil {}
        }
        #expect(try names(store.snapshot().cursor(over: .refs)).count == 4)
    }

    @Test func forgettingAndTheRestOfTheStore() throws {
        let inner = CountedRefStore()
        let store = CachedRefStore(around: inner)
        let context = RefTransactionContext(reflogs: .always) { () throws(RefError) in testCommitter }
        try store.commit(RefTransaction([.create("refs/heads/x", at: Self.a)]), context)
        #expect(try store.reflogs?.names() == ["refs/heads/x"])
        #expect(store.capabilities == inner.capabilities && store.commitDomain == inner.commitDomain)
        let snapshot = try store.snapshot()
        _ = try snapshot.read("refs/heads/x")
        #expect(store.byteCount > 0)
        store.forget()
        #expect(store.byteCount == 0)
        #expect(try snapshot.read("refs/heads/x")?.objectID == Self.a)
        let held = try store.hold(["refs/heads/x"])
        #expect(throws: RefError.self) { try store.hold(["refs/heads/x"], until: .now) }
        held.abort()
    }
}
