import Glibc
import RefStoreChecks
import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

/// Which layers answer, what they open, and that nothing is said of those that are not asked.
@Suite struct ExplainTests {
    static let (a, b) = (RoutingTests.a, RoutingTests.b)

    /// A files store with `refs/heads/loose` in a file of its own and `refs/heads/packed` in `packed-refs`.
    struct Files {
        let directory: TemporaryDirectory
        let store: FilesRefStore

        init() throws {
            directory = try TemporaryDirectory()
            try TestSupport.git(["init", "-q", "--bare", "."], in: directory.path)
            let locks = LockSpace(directory: directory.appending("strata"))
            store = FilesRefStore(
                loose: LooseRefStore(directory: directory.path, hashAlgorithm: .sha1, locks: locks, shownPath: "."),
                packed: PackedRefStore(
                    directory.appending("packed-refs"), hashAlgorithm: .sha1, locks: locks, shownPath: "packed-refs"))
            try writeFile(
                directory.appending("packed-refs"),
                "# pack-refs with: peeled fully-peeled sorted \n\(a.hex) refs/heads/packed\n")
            try writeFile(directory.appending("refs/heads/loose"), "\(b.hex)\n")
            // A younger file is not known again by its stamp.
            usleep(40_000)
        }
    }

    static func lines(_ told: RefExplanation, without path: FilePath? = nil) -> [String] {
        told.lines.map { line in
            guard let path else { return line }
            return line.split(separator: path.string + "/", omittingEmptySubsequences: false).joined(separator: "")
        }
    }

    @Test func filesTellWhatTheyOpen() throws {
        let files = try Files()
        #expect(
            Self.lines(files.store.explain(.name("refs/heads/packed")), without: files.directory.path) == [
                "files .: \(Self.a)", "  loose .: absent", "    no refs/heads/packed", "  cached: \(Self.a)",
                "    not known before", "    packed-refs packed-refs: \(Self.a)", "      mapped packed-refs, 105 bytes",
            ])
        // Mapped already, and shown to be what it was by its stamp.
        let again = files.store.explain(.name("refs/heads/none"))
        #expect(again.layers.last?.layers.first?.accesses.map(\.kind) == [.unchanged])
        #expect(again.fileCount == 0)
        let loose = files.store.explain(.name("refs/heads/loose"))
        #expect(
            Self.lines(loose, without: files.directory.path) == [
                "files .: \(Self.b)", "  loose .: \(Self.b)", "    read refs/heads/loose, 41 bytes",
                "  packed-refs packed-refs: not asked, for there is a loose file",
            ])
        #expect(loose.fileCount == 1 && loose.byteCount == 41)
        let listing = files.store.explain(.scope(RefScope(prefix: Array("refs/".utf8))))
        guard case .listed(2) = listing.answer else { return #expect(Bool(false), "\(listing)") }
        #expect(listing.layers[0].accesses.map(\.kind) == [.directories, .read])
        // refs, refs/heads and refs/tags.
        #expect(listing.layers[0].accesses.map(\.count) == [3, 1])
        #expect(listing.layers[0].accesses[1].bytes == 41)
    }

    @Test func failuresStandWhereTheyAre() throws {
        let files = try Files()
        try writeFile(files.directory.appending("packed-refs"), "nonsense\n")
        let told = files.store.explain(.name("refs/heads/none"))
        #expect(told.failure?.code == .corrupt)
        guard case .failed = told.layers[1].layers[0].answer else { return #expect(Bool(false), "\(told)") }
        guard case .absent = told.layers[0].answer else { return #expect(Bool(false), "\(told)") }
    }

    @Test func compositionsTellWhoAnswers() throws {
        let (front, back, changes) = (MemoryRefStore(), MemoryRefStore(), MemoryRefStore())
        try back.commit(RefTransaction(["refs/heads/x", "refs/heads/y"].map { .create($0, at: Self.a) }))
        let overlay = try OverlayRefStore(front: front, over: ReadOnlyRefStore(back), deletes: .hide)
        try overlay.commit(RefTransaction([.delete("refs/heads/x"), .create("refs/heads/z", at: Self.b)]))
        let routing = try RoutingRefStore(default: overlay, rules: [.init("refs/changes/", to: changes)])
        let own = MemoryRefStore()
        let store = WorktreeRefStore(own: own, id: Array("one".utf8), common: routing) { _ in nil }
        #expect(
            store.explain(.name("refs/heads/x")).lines == [
                "worktree: absent", "  common: routing: absent", "    default: overlay: absent",
                "      front: memory: absent",
                "      back: read-only: hidden, by 'refs/strata/hidden/d/refs/d/heads/n/x' of the front",
                "    refs/changes/: memory: not asked, for the name does not live there",
                "  worktree one: memory: not asked, for the name does not live there",
            ])
        #expect(
            store.explain(.name("refs/heads/y")).layers[0].layers[0].layers[1].lines == [
                "back: read-only: \(Self.a)", "  memory: \(Self.a)",
            ])
        #expect(
            store.explain(.name("refs/heads/z")).layers[0].layers[0].layers[1].lines == [
                "back: read-only: not asked, for the front has it"
            ])
        #expect(
            store.explain(.scope(RefScope(prefix: Array("refs/heads/".utf8)))).lines == [
                "worktree: 2 references", "  common: routing: 2 references", "    default: overlay: 2 references",
                "      1 names of the scope are hidden", "      front: memory: 1 reference",
                "      back: read-only: 2 references", "        memory: 2 references",
                "    refs/changes/: memory: not asked, for it has no name of the scope",
                "  worktree one: memory: not asked, for it has no name of the scope",
            ])
        let stray = store.explain(.name("worktrees/none/HEAD"))
        #expect(stray.layers[0].lines == ["worktree none: none: absent"])
        let namespace = NamespacedRefStore(try RefNamespace("n"), of: changes)
        #expect(
            namespace.explain(.name("ORIG_HEAD")).lines == [
                "namespace refs/namespaces/n/: absent",
                "  memory: not asked, for the name has no place in a namespace",
            ])
    }

    @Test func aCacheTellsWhatItKnows() throws {
        let inner = MemoryRefStore()
        try inner.commit(RefTransaction([.create("refs/heads/x", at: Self.a)]))
        let store = CachedRefStore(around: inner)
        #expect(store.explain(.name("refs/heads/x")).layers[0].lines == ["memory: \(Self.a)"])
        #expect(
            store.explain(.name("refs/heads/x")).lines == [
                "cached: \(Self.a)", "  known, for the stamp of the whole store is what it was",
                "  memory: not asked, for the answer is remembered",
            ])
        try inner.commit(RefTransaction([.update("refs/heads/x", to: Self.b)]))
        #expect(store.explain(.name("refs/heads/x")).notes == ["not known before"])
    }

    /// A store of somebody else's, which says nothing of itself.
    @Test func anyStoreIsALeaf() throws {
        let spy = SpyStore("spy", MemoryRefStore(), SpyLog(), failing: "list")
        try spy.base.commit(RefTransaction([.create("refs/heads/x", at: Self.a)]))
        let store = try RoutingRefStore(default: spy, rules: [])
        #expect(
            store.explain(.name("refs/heads/x")).lines == ["routing: \(Self.a)", "  default: SpyStore: \(Self.a)"])
        #expect(store.explain(.scope(.refs)).failure?.message == "spy fails to list")
    }
}
