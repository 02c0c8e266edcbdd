import StrataFiles
import StrataIO
public import StrataLMDB
import StrataModel
public import StrataRefs
public import SystemPackage

extension CrashStore {
    /// Those that keep references in files and in a database.
    public static let withDatabase = [
        worktreeOverDatabase, databaseRouted, filesRoutedFromDatabase, repositoriesAndDatabase,
    ]

    /// A linked worktree's files over a database, as the other worktrees' are.
    static let worktreeOverDatabase = CrashStore(
        "worktree over a database",
        spread: { ids in
            var detached = RefEdit.update(try RefName("worktrees/w2/HEAD"), to: ids.one, message: "detached")
            detached.followsSymbolic = false
            return [
                detached, .symbolic(.head, to: try RefName("refs/heads/loose"), message: "switched"),
                .create(try RefName("refs/bisect/bad"), at: ids.two),
                .update(try RefName("refs/heads/packed/deep"), to: ids.two, message: "moved"),
                .delete(try RefName("refs/heads/both")),
            ]
        },
        { place in
            let intents = place.intents(place.common)
            let worktrees = place.common.appending("worktrees")
            let store = WorktreeRefStore(
                own: place.loose(worktrees.appending("w1"), intents), id: Array("w1".utf8),
                common: try place.database(place.common)
            ) { id throws(RefError) in place.loose(worktrees.appending(bytes: id), intents) }
            let heads = try ["main-worktree/HEAD", "worktrees/w2/HEAD"].map { try RefName($0) }
            return OpenedCrashStore(store, intents: [intents], otherHeads: heads, touching: ["HEAD"], place)
        })

    private static let changes: @Sendable (CrashIDs) throws -> [RefEdit] = { ids in
        [
            .update(try RefName("refs/changes/1"), to: ids.two, message: "moved"),
            .create(try RefName("refs/changes/2/x"), at: ids.one),
            .update(try RefName("refs/heads/packed/deep"), to: ids.two, message: "moved"),
            .delete(try RefName("refs/heads/both")), .symbolic(.head, to: try RefName("refs/heads/loose")),
        ]
    }

    /// Files, and some references in a database, which is held first.
    static let databaseRouted = CrashStore("routing of files and a database", spread: changes) { place in
        let intents = place.intents(place.common)
        let files = place.files(place.common, intents)
        let store = try RoutingRefStore(
            default: files, rules: [.init("refs/changes/", to: try place.database(place.common))])
        return OpenedCrashStore(store, files: [files], intents: [intents], place)
    }

    /// A database beside the repository, held last, and some references in files.
    static let filesRoutedFromDatabase = CrashStore("routing of a database and loose", usesOther: true, spread: changes)
    { place in
        let intents = place.intents(place.common)
        let changes = place.loose(place.common.appending("second"), intents)
        let store = try RoutingRefStore(
            default: try place.database(place.other), rules: [.init("refs/changes/", to: changes)])
        return OpenedCrashStore(store, intents: [intents], touching: ["refs/changes/1"], place)
    }

    /// Two journals, over whose intents one commit decides.
    static let repositoriesAndDatabase = CrashStore(
        "routing of two repositories and a database", usesOther: true,
        spread: { ids in try changes(ids) + [.create(try RefName("refs/pull/1/head"), at: ids.two, message: "made")] },
        { place in
            let (first, second) = (place.intents(place.common), place.intents(place.other))
            let files = place.files(place.common, first)
            let store = try RoutingRefStore(
                default: files,
                rules: [
                    .init("refs/changes/", to: place.files(place.other, second)),
                    .init("refs/pull/", to: try place.database(place.common)),
                ])
            return OpenedCrashStore(
                store, files: [files], intents: [first, second], touching: ["refs/heads/main", "refs/changes/1"], place)
        })
}

extension CrashPlace {
    /// The database in a git dir.
    public func database(_ directory: FilePath) throws(RefError) -> LMDBRefStore {
        var options = LMDBOptions()
        options.creates = true
        options.reservation = 1 << 26
        return LMDBRefStore(try LMDBEnvironment.open(directory.appending("lmdb"), options), durability: durability)
    }
}
