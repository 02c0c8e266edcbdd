import RefStoreChecks
import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import StrataTesting
import SystemPackage
import TestSupport
import Testing

/// A transaction over stores that keep one journal is undone where a live failure stops it, through every nesting.
@Suite struct SplitIntentTests {
    static let (a, b) = (RoutingTests.a, RoutingTests.b)

    /// A repository with linked worktrees whose changes are loose references in a directory of their own.
    struct Repository {
        let directory: TemporaryDirectory
        let store: any RefStore

        init(namespaced: Bool) throws {
            directory = try TemporaryDirectory()
            let path = directory.path
            try TestSupport.git(["init", "-q", "--bare", "."], in: path)
            let intents = RefIntents(commonDirectory: path)
            func loose(_ name: String) throws -> LooseRefStore {
                try writeFile(path.appending(name).appending("made"), "")
                return LooseRefStore(
                    directory: path.appending(name), hashAlgorithm: .sha1, locks: intents.locks, intents: intents)
            }
            let files = FilesRefStore(
                loose: LooseRefStore(directory: path, hashAlgorithm: .sha1, locks: intents.locks, intents: intents),
                packed: PackedRefStore(path.appending("packed-refs"), hashAlgorithm: .sha1, locks: intents.locks))
            var changes: any RefStore = try loose("changes")
            if namespaced { changes = NamespacedRefStore(try RefNamespace("n"), of: changes) }
            let routing = try RoutingRefStore(default: files, rules: [.init("refs/changes/", to: changes)])
            let linked = ["one": try loose("worktrees/one"), "two": try loose("worktrees/two")]
            store = WorktreeRefStore(common: routing) { linked[String(decoding: $0, as: UTF8.self)] }
        }
    }

    static let everywhere: [RefEdit] = [
        .update(.head, to: b), .create("refs/heads/x", at: a), .create("refs/changes/1", at: a),
        .update("worktrees/one/HEAD", to: a), .create("worktrees/two/refs/worktree/z", at: b),
    ]

    @Test(arguments: [false, true])
    func allOrNothing(_ namespaced: Bool) throws {
        let repository = try Repository(namespaced: namespaced)
        let (store, path) = (repository.store, repository.directory.path)
        let run = RefTransactionRun(RefTransaction(Self.everywhere), on: store, RoutingTests.context)
        try run.prepare()
        // What nobody who keeps to the rules would do: the last store's reference can no longer be put in its place.
        try writeFile(path.appending("worktrees/two/refs/worktree/z/in-the-way"), "")
        let before = try RefContents.references(of: store)
        let error = #expect(throws: RefError.self) { try run.commit() }
        #expect(error?.message.contains("have changed already") == false)
        #expect(error?.message.contains("could be undone") == false)
        #expect(try RefContents.references(of: store) == before)
        #expect(try store.snapshot().read("worktrees/one/HEAD") == nil)
        #expect(try RefContents.logs(of: store).values.allSatisfy(\.isEmpty))
        #expect(filesBelow(path, "strata/intents").isEmpty)
        removeTree(path.appending("worktrees/two/refs"))
        // All was let go, and the same goes through.
        try store.commit(RefTransaction(Self.everywhere), RoutingTests.context)
        for name in ["refs/heads/x", "refs/changes/1", "worktrees/one/HEAD", "worktrees/two/refs/worktree/z"]
            as [RefName]
        {
            #expect(try store.snapshot().read(name) != nil)
        }
        #expect(filesBelow(path, "strata/intents").isEmpty)
    }

    /// Two journals: the first intent has gone, and its readers see what it was about. That stays when the second cannot be removed.
    @Test func whatReadersSeeOfOneJournalStays() throws {
        let (front, back) = (try TemporaryDirectory(), try TemporaryDirectory())
        func loose(_ path: FilePath) throws -> LooseRefStore {
            try TestSupport.git(["init", "-q", "--bare", "."], in: path)
            let intents = RefIntents(commonDirectory: path)
            return LooseRefStore(directory: path, hashAlgorithm: .sha1, locks: intents.locks, intents: intents)
        }
        let routing = try RoutingRefStore(
            default: try loose(back.path), rules: [.init("refs/changes/", to: try loose(front.path))])
        let edits: [RefEdit] = ["refs/changes/1", "refs/changes/2", "refs/heads/x", "refs/heads/y"].map {
            .create($0, at: Self.a)
        }
        let intents = back.appending("strata/intents")
        func once(_ operation: FileOperation) -> DiskFaults.Plan {
            .init(under: intents, operations: [operation], at: 1, .fail(.ioError))
        }
        let error = #expect(throws: RefError.self) {
            try DiskFaults.with(once(.unlink)) { _ in
                try DiskFaults.with(once(.truncate)) { _ in
                    try routing.commit(RefTransaction(edits), RoutingTests.context)
                }
            }
        }
        #expect(error?.message.contains("have changed already") == true && error?.hasTakenEffect == false)
        #expect(
            Set(try RefContents.references(of: routing).keys.filter { $0.hasPrefix("refs/") }) == [
                "refs/changes/1", "refs/changes/2",
            ])
        for directory in [front, back] { #expect(filesBelow(directory.path, "strata/intents").isEmpty) }
        try routing.commit(RefTransaction(Array(edits.suffix(2))), RoutingTests.context)
        #expect(try RefContents.references(of: routing).count >= 4)
    }
}
