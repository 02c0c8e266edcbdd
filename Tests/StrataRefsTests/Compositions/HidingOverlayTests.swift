import RefStoreChecks
import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import TestSupport
import Testing

/// An overlay whose front hides what is deleted from the back.
@Suite struct HidingOverlayTests {
    static let (a, b) = (RoutingTests.a, RoutingTests.b)

    /// A fork over its parent, which can be read only.
    struct Fork {
        let maker: InnerStores.Maker
        let front: any RefStore
        let parent: any RefStore
        let store: OverlayRefStore

        init(_ kind: InnerStores, _ names: [RefName]) throws {
            maker = try InnerStores.Maker(kind)
            (front, parent) = (try maker.make(), try maker.make())
            store = try OverlayRefStore(front: front, over: ReadOnlyRefStore(parent), deletes: .hide)
            try parent.commit(RefTransaction(names.map { .create($0, at: a) }), RoutingTests.context)
        }

        func commit(_ edits: RefEdit...) throws { try store.commit(RefTransaction(edits), RoutingTests.context) }
    }

    @Test(arguments: InnerStores.allCases)
    func deletionsHide(_ kind: InnerStores) throws {
        let fork = try Fork(kind, ["refs/heads/x", "refs/heads/y", "refs/tags/t"])
        #expect(fork.store.capabilities.contains(.writes))
        try fork.commit(.delete("refs/heads/x"), .update("refs/heads/y", to: Self.b, expecting: .object(Self.a)))
        #expect(try fork.store.snapshot().read("refs/heads/x") == nil)
        #expect(try RoutingTests.names(fork.store) == ["refs/heads/y", "refs/tags/t"])
        #expect(try RoutingTests.names(fork.store, RefScope(prefix: Array("refs/heads/x".utf8))) == [])
        // A deletion of what is hidden finds nothing; so does an update that expects the parent's value.
        for edit in [
            RefEdit.delete("refs/heads/x", expecting: .object(Self.a)),
            .update("refs/heads/x", to: Self.b, expecting: .mustExist),
        ] {
            #expect(throws: RefError.self) { try fork.commit(edit) }
        }
        // Deleted from the front, the parent's value does not come back; nor after it was created again.
        try fork.commit(.delete("refs/heads/y", expecting: .object(Self.b)), .create("refs/heads/x", at: Self.b))
        #expect(try RoutingTests.names(fork.store) == ["refs/heads/x", "refs/tags/t"])
        #expect(try fork.store.snapshot().read("refs/heads/x")?.objectID == Self.b)
        try fork.commit(.delete("refs/heads/x"))
        #expect(try RoutingTests.names(fork.store) == ["refs/tags/t"])
        // Seeking goes on without what is hidden.
        var cursor = try fork.store.snapshot().cursor(over: .all)
        try cursor.seek(RefScope(prefix: Array("refs/heads/".utf8)))
        #expect(try cursor.next() == nil)
        try cursor.seek(RefScope(prefix: Array("refs/".utf8)))
        #expect(try cursor.next()?.refName == "refs/tags/t")
        #expect(try RoutingTests.names(fork.parent) == ["refs/heads/x", "refs/heads/y", "refs/tags/t"])
    }

    @Test(arguments: InnerStores.allCases)
    func directoriesAndFilesExcludeEachOtherAsTheyAreSeen(_ kind: InnerStores) throws {
        let fork = try Fork(kind, ["refs/heads/a/b", "refs/heads/c"])
        for name in ["refs/heads/a", "refs/heads/c/d"] as [RefName] {
            let error = #expect(throws: RefError.self) { try fork.commit(.create(name, at: Self.b)) }
            #expect(error?.rejection?.reason == .nameConflict)
        }
        try fork.commit(.delete("refs/heads/a/b"), .delete("refs/heads/c"))
        try fork.commit(.create("refs/heads/a", at: Self.b), .create("refs/heads/c/d", at: Self.b))
        #expect(try RoutingTests.names(fork.store) == ["refs/heads/a", "refs/heads/c/d"])
        // The parent has both by turns, and the markers of both are kept side by side.
        try fork.parent.commit(RefTransaction([.delete("refs/heads/a/b"), .delete("refs/heads/c")]))
        try fork.parent.commit(
            RefTransaction([.create("refs/heads/a", at: Self.a), .create("refs/heads/c/d", at: Self.a)]))
        try fork.commit(.delete("refs/heads/a"), .delete("refs/heads/c/d"))
        #expect(try RoutingTests.names(fork.store) == [])
        try fork.commit(.create("refs/heads/a/b/c", at: Self.b))
        #expect(try RoutingTests.names(fork.store) == ["refs/heads/a/b/c"])
    }

    @Test(arguments: InnerStores.allCases)
    func reflogsGoOnInTheFront(_ kind: InnerStores) throws {
        let fork = try Fork(kind, ["refs/heads/x", "refs/heads/y"])
        let logs = try #require(fork.store.reflogs)
        func lines(_ name: RefName, newestFirst: Bool = false) throws -> [ObjectID] {
            var ids: [ObjectID] = []
            try logs.read(name, newestFirst: newestFirst) { entry throws(RefError) in
                ids.append(entry.new)
                return true
            }
            return ids
        }
        // As a store goes on with a log that is there, whatever the configuration says of new ones.
        let never = RefTransactionContext(reflogs: .never) { () throws(RefError) in testCommitter }
        try fork.store.commit(RefTransaction([.update("refs/heads/x", to: Self.b)]), never)
        #expect(try lines("refs/heads/x") == [Self.a, Self.b])
        #expect(try lines("refs/heads/x", newestFirst: true) == [Self.b, Self.a])
        #expect(try logs.names() == ["refs/heads/x", "refs/heads/y"])
        var first: ObjectID?
        try logs.read("refs/heads/x", newestFirst: true) { entry throws(RefError) in
            first = entry.new
            return false
        }
        #expect(first == Self.b)
        for change in [
            { try logs.delete("refs/heads/x") },
            { _ = try logs.expire("refs/heads/x", rewrite: false) { _ throws(RefError) in false } },
        ] {
            let error = #expect(throws: RefError.self) { try change() }
            #expect(error?.code == .unsupported)
        }
        #expect(try fork.parent.reflogs?.names() == ["refs/heads/x", "refs/heads/y"])
        // Hidden with the reference, and not back with a new one.
        try fork.commit(.delete("refs/heads/x"), .delete("refs/heads/y"))
        #expect(try logs.names() == [])
        #expect(try !logs.exists("refs/heads/y"))
        try fork.commit(.create("refs/heads/x", at: Self.b))
        #expect(try lines("refs/heads/x") == [Self.b])
        #expect(try logs.expire("refs/heads/x", rewrite: true) { _ throws(RefError) in false } == 1)
        #expect(try lines("refs/heads/x") == [])
    }

    /// Markers are nobody's references.
    @Test func markersAreNotSeenNorWritten() throws {
        let fork = try Fork(.files, ["refs/heads/x", "HEAD", "refs/bisect/bad"])
        try fork.commit(.delete("refs/heads/x"), .delete(.head), .delete("refs/bisect/bad"))
        let markers = try RoutingTests.names(fork.front).map { RefName(stringLiteral: $0) }
        #expect(
            markers == [
                "refs/strata/hidden/d/refs/d/heads/n/x", "refs/worktree/strata/hidden/d/refs/d/bisect/n/bad",
                "refs/worktree/strata/hidden/n/HEAD",
            ])
        #expect(try RoutingTests.names(fork.store) == [])
        for name in markers + ["refs/strata/hidden/y", "worktrees/w/refs/worktree/strata/hidden/n/HEAD"] {
            #expect(try fork.store.snapshot().read(name) == nil)
            for edit in [RefEdit.create(name, at: Self.b), .delete(name)] {
                let error = #expect(throws: RefError.self) { try fork.commit(edit) }
                #expect(error?.code == .invalid)
            }
        }
        for name in ["refs/strata", "refs/strata/hidden", "refs/worktree/strata"] as [RefName] {
            let error = #expect(throws: RefError.self) { try fork.commit(.create(name, at: Self.b)) }
            #expect(error?.rejection?.reason == .nameConflict)
        }
        #expect(try RoutingTests.names(fork.store, RefScope(prefix: Array("refs/strata/hidden/".utf8))) == [])
        try fork.commit(.create("refs/strata/x", at: Self.b))
        #expect(try RoutingTests.names(fork.store) == ["refs/strata/x"])
    }

    /// A reference of the parent that stands where markers are kept can be seen and deleted, not written.
    @Test(arguments: InnerStores.allCases)
    func theParentMayHaveAReferenceInThePlaceOfMarkers(_ kind: InnerStores) throws {
        let fork = try Fork(kind, ["refs/strata", "refs/heads/x"])
        let error = #expect(throws: RefError.self) { try fork.commit(.update("refs/strata", to: Self.b)) }
        #expect(error?.rejection?.reason == .nameConflict)
        try fork.commit(.delete("refs/strata"), .delete("refs/heads/x"))
        #expect(try RoutingTests.names(fork.store) == [])
    }

    /// What is malformed in the parent can be hidden as it can be deleted.
    @Test func malformedNamesAreHidden() throws {
        let directory = try TemporaryDirectory()
        try TestSupport.git(["init", "-q", "--bare", "."], in: directory.path)
        let long = String(repeating: "y", count: 150)
        for name in ["refs/heads/a..b", "refs/heads/\(long)/x..z", "refs/heads/broken"] {
            let content = name.hasSuffix("broken") ? "nonsense\n" : Self.a.hex + "\n"
            try writeFile(directory.appending(name), content)
        }
        let locks = LockSpace(directory: directory.appending("strata"))
        let parent = LooseRefStore(directory: directory.path, hashAlgorithm: .sha1, locks: locks)
        let maker = try InnerStores.Maker(.files)
        let front = try maker.make()
        let store = try OverlayRefStore(front: front, over: ReadOnlyRefStore(parent), deletes: .hide)
        let before = try RoutingTests.names(parent).filter { $0 != "HEAD" }
        #expect(before.count == 3)
        for name in before {
            let name = try #require(RefName(tolerating: Array(name.utf8)))
            var edit = RefEdit(name, .delete)
            edit.followsSymbolic = false
            // As the store itself would say: what is malformed inside cannot be decided upon.
            if name == "refs/heads/broken" {
                #expect(throws: RefError.self) { try store.commit(RefTransaction([edit])) }
            } else {
                try store.commit(RefTransaction([edit]))
                #expect(try store.snapshot().read(name) == nil)
            }
        }
        #expect(try RoutingTests.names(store) == ["HEAD", "refs/heads/broken"])
        #expect(try RoutingTests.names(front).count == 2)
    }

    /// Every name has a marker, no two the same, none in the way of another's, and it tells the name.
    @Test func markersTellTheirNames() throws {
        var random = SplitMix64(seed: 3)
        let fork = try Fork(.memory, [])
        var hidden: Set<RefName> = []
        for round in 0..<60 {
            var bytes = Array(["refs/", "refs/bisect/", "refs/heads/"].randomElement(using: &random)!.utf8)
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                bytes.append(Array("dnx/.a-".utf8).randomElement(using: &random)!)
            }
            guard let name = RefName(tolerating: bytes), !hidden.contains(name) else { continue }
            hidden.insert(name)
            let held = try fork.parent.hold([name])
            try held.stage(
                [
                    ResolvedRefEdit(
                        name: name, action: .write(.object(Self.a, peeled: nil)), old: nil, reflog: nil,
                        createsReflog: false)
                ], durability: nil)
            try held.commit()
            #expect(try RoutingTests.names(fork.store) == ["\(name)"])
            try fork.commit(.delete(name, expecting: .object(Self.a)))
            #expect(try RoutingTests.names(fork.store) == [], "\(name), \(round)")
            #expect(
                try RoutingTests.names(fork.store, RefScope(prefix: Array(name.bytes.dropLast()))) == [], "\(name)")
        }
        // None is a directory of another: a store in files takes them all.
        #expect(hidden.count > 40)
        let files = try InnerStores.Maker(.loose)
        let front = try files.make()
        let markers = try RoutingTests.names(fork.front)
        #expect(markers.count == hidden.count)
        try front.commit(RefTransaction(markers.map { .create(RefName(stringLiteral: $0), at: Self.b) }))
        #expect(try RoutingTests.names(front) == markers)
    }

    /// In worktrees a name that each has of its own is hidden in one of them.
    @Test func eachWorktreeHidesItsOwn() throws {
        let (parent, common, own) = (MemoryRefStore(), MemoryRefStore(), MemoryRefStore())
        try parent.commit(
            RefTransaction([.create("refs/bisect/bad", at: Self.a), .create("refs/heads/x", at: Self.a)]))
        let open = { @Sendable (id: [UInt8]) throws(RefError) -> (any RefStore)? in
            id == Array("one".utf8) ? own : nil
        }
        let stores = try [
            WorktreeRefStore(common: common, linked: open),
            WorktreeRefStore(own: own, id: Array("one".utf8), common: common, linked: open),
        ].map { try OverlayRefStore(front: $0, over: parent, deletes: .hide) }
        try stores[0].commit(RefTransaction([.delete("refs/bisect/bad")]))
        #expect(try RoutingTests.names(stores[0]) == ["refs/heads/x"])
        #expect(try RoutingTests.names(stores[1]) == ["refs/bisect/bad", "refs/heads/x"])
        try stores[1].commit(RefTransaction([.delete("refs/bisect/bad"), .delete("refs/heads/x")]))
        for store in stores { #expect(try RoutingTests.names(store) == []) }
        // By its other name it is the same.
        #expect(try stores[0].snapshot().read("worktrees/one/refs/bisect/bad") == nil)
    }

    @Test func stampsTellOfWhatIsHidden() throws {
        let fork = try Fork(.memory, ["refs/heads/x"])
        let scope = RefScope(prefix: Array("refs/heads/".utf8))
        let store = CachedRefStore(around: fork.store)
        let before = try fork.store.stamp(covering: scope)
        #expect(before != nil)
        #expect(try RoutingTests.names(store) == ["refs/heads/x"])
        try store.commit(RefTransaction([.delete("refs/heads/x")]))
        #expect(try fork.store.stamp(covering: scope) != before)
        #expect(try RoutingTests.names(store) == [])
        #expect(try store.snapshot().read("refs/heads/x") == nil)
        try fork.parent.commit(RefTransaction([.create("refs/heads/y", at: Self.a)]))
        #expect(try RoutingTests.names(store) == ["refs/heads/y"])
    }

    /// The back is asked for snapshots and nothing else.
    @Test func theBackIsNeverLocked() throws {
        let log = SpyLog()
        let back = SpyStore("back", MemoryRefStore(), log)
        try back.commit(RefTransaction([.create("refs/heads/x", at: Self.a)]))
        let store = try OverlayRefStore(front: MemoryRefStore(), over: back, deletes: .hide)
        _ = log.take()
        try store.commit(RefTransaction([.delete("refs/heads/x"), .create("refs/heads/y", at: Self.a)]))
        #expect(Set(log.take()) == ["back read", "back list"])
    }

    @Test func whatCannotHideIsRefused() throws {
        let (front, back) = (MemoryRefStore(), MemoryRefStore())
        let inner = try OverlayRefStore(front: front, over: back, deletes: .hide)
        var error = #expect(throws: RefError.self) {
            try OverlayRefStore(front: inner, over: MemoryRefStore(), deletes: .hide)
        }
        #expect(error?.code == .unsupported)
        error = #expect(throws: RefError.self) {
            try OverlayRefStore(front: front, over: MemoryRefStore(hashAlgorithm: .sha256))
        }
        #expect(error?.code == .invalid)
        // Behind other stores it shows when the first marker is to be made.
        try back.commit(RefTransaction([.create("refs/heads/x", at: Self.a)]))
        let base = MemoryRefStore()
        try base.commit(RefTransaction([.create("refs/heads/z", at: Self.a)]))
        let outer = try OverlayRefStore(front: CachedRefStore(around: inner), over: base, deletes: .hide)
        error = #expect(throws: RefError.self) { try outer.commit(RefTransaction([.delete("refs/heads/z")])) }
        #expect(error?.code == .invalid)
        #expect(try RoutingTests.names(outer) == ["refs/heads/x", "refs/heads/z"])
        // As a back it is a store like any other.
        let over = try OverlayRefStore(front: MemoryRefStore(), over: inner, deletes: .hide)
        try over.commit(RefTransaction([.delete("refs/heads/x")]))
        #expect(try RoutingTests.names(over) == [])
        #expect(try RoutingTests.names(inner) == ["refs/heads/x"])
    }

    /// Whoever reads while a name is created and deleted never sees what the back has under it.
    @Test(arguments: InnerStores.allCases)
    func whatIsDeletedNeverComesBack(_ kind: InnerStores) throws {
        let fork = try Fork(kind, ["refs/heads/x"])
        try fork.commit(.update("refs/heads/x", to: Self.b))
        let scope = RefScope(prefix: Array("refs/heads/".utf8))
        let store = fork.store
        try concurrently(3) { thread in
            if thread == 0 {
                for _ in 0..<150 {
                    try store.commit(RefTransaction([.delete("refs/heads/x")]))
                    try store.commit(RefTransaction([.create("refs/heads/x", at: Self.b)]))
                }
                return
            }
            for _ in 0..<2_000 {
                #expect(try store.snapshot().read("refs/heads/x")?.objectID != Self.a)
                var cursor = try store.snapshot().cursor(over: scope)
                #expect(try cursor.next()?.objectID != Self.a)
            }
        }
    }
}
