import StrataIO
import StrataModel
public import StrataRefs
import SystemPackage

/// A kind of store that the promises about crashes and faults are tried on. One line of ``all`` joins it to every test.
public struct CrashStore: Sendable, CustomStringConvertible {
    public let name: String
    public let open: @Sendable (CrashPlace) throws -> OpenedCrashStore
    /// Edits that reach all stores of a composition.
    public let spread: @Sendable (CrashIDs) throws -> [RefEdit]
    /// Whether a transaction of several steps is whole or absent: all that it changes belongs to one journal, or to
    /// several and one database.
    public let isWhole: Bool
    /// The git dir, below the place, whose references git lists under the same names as the store; nil where there is none.
    public let gitDirectory: String?
    /// Whether it writes by another store of the table, so that some operations are enough.
    public let writesAsFiles: Bool

    /// Whether part of it is in a database, of whose own changes of the disk no test is told.
    public var hasDatabase: Bool { Self.withDatabase.contains { $0.name == name } }

    /// Whether the second repository is written to.
    public let usesOther: Bool

    init(
        _ name: String, isWhole: Bool = true, usesOther: Bool? = nil, writesAsFiles: Bool = false,
        gitDirectory: String? = nil,
        spread: @escaping @Sendable (CrashIDs) throws -> [RefEdit] = { _ in [] },
        _ open: @escaping @Sendable (CrashPlace) throws -> OpenedCrashStore
    ) {
        self.name = name
        self.isWhole = isWhole
        self.usesOther = usesOther ?? !isWhole
        self.writesAsFiles = writesAsFiles
        self.gitDirectory = gitDirectory
        self.spread = spread
        self.open = open
    }

    public var description: String { name }

    public static func named(_ name: String) -> CrashStore? {
        (all + databases + withDatabase).first { $0.name == name }
    }

    /// All that keep references in files alone.
    public static let all = [
        loose, packed, files, cached, namespaced, overlay, worktree, looseRouted, filesRouted, othersRouted,
    ]
}

extension CrashStore {
    static let loose = CrashStore("loose", gitDirectory: ".git") { place in
        let intents = place.intents(place.common)
        return OpenedCrashStore(place.loose(place.common, intents), intents: [intents], place)
    }

    static let packed = CrashStore("packed", gitDirectory: ".git") { place in
        let intents = place.intents(place.common)
        return OpenedCrashStore(place.packed(place.common, intents), intents: [intents], place)
    }

    static let files = CrashStore("files", gitDirectory: ".git") { place in
        let intents = place.intents(place.common)
        let files = place.files(place.common, intents)
        return OpenedCrashStore(files, files: [files], intents: [intents], place)
    }

    static let cached = CrashStore("cached over files", writesAsFiles: true, gitDirectory: ".git") { place in
        let intents = place.intents(place.common)
        let files = place.files(place.common, intents)
        return OpenedCrashStore(CachedRefStore(around: files), files: [files], intents: [intents], place)
    }

    static let namespaced = CrashStore("namespaced over files", writesAsFiles: true) { place in
        let intents = place.intents(place.common)
        let files = place.files(place.common, intents)
        let store = NamespacedRefStore(try RefNamespace("a"), of: files)
        return OpenedCrashStore(store, files: [files], intents: [intents], place)
    }

    /// The files of one repository over those of another: two journals.
    static let overlay = CrashStore("overlay of files over files", isWhole: false) { place in
        let (front, back) = (place.intents(place.common), place.intents(place.other))
        let store = try OverlayRefStore(front: place.files(place.common, front), over: place.files(place.other, back))
        return OpenedCrashStore(store, intents: [front, back], place)
    }

    /// A linked worktree, beside another.
    static let worktree = CrashStore(
        "worktree", gitDirectory: ".git/worktrees/w1", spread: worktreeChanges,
        { place in
            let intents = place.intents(place.common)
            let files = place.files(place.common, intents)
            let worktrees = place.common.appending("worktrees")
            let store = WorktreeRefStore(
                own: place.loose(worktrees.appending("w1"), intents), id: Array("w1".utf8), common: files
            ) { id throws(RefError) in place.loose(worktrees.appending(bytes: id), intents) }
            let heads = try ["main-worktree/HEAD", "worktrees/w2/HEAD"].map { try RefName($0) }
            return OpenedCrashStore(store, files: [files], intents: [intents], otherHeads: heads, place)
        })

    /// Of a worktree's own references, another's, and those of all.
    static let worktreeChanges: @Sendable (CrashIDs) throws -> [RefEdit] = { ids in
        var detached = RefEdit.update(try RefName("worktrees/w2/HEAD"), to: ids.one, message: "detached")
        detached.followsSymbolic = false
        return [
            detached, .symbolic(.head, to: try RefName("refs/heads/loose"), message: "switched"),
            .create(try RefName("refs/bisect/bad"), at: ids.two),
            .update(try RefName("refs/heads/packed/deep"), to: ids.two),
            .delete(try RefName("refs/heads/both")),
        ]
    }

    private static let changes: @Sendable (CrashIDs) throws -> [RefEdit] = { ids in
        [
            .update(try RefName("refs/changes/1"), to: ids.two), .create(try RefName("refs/changes/2/x"), at: ids.one),
            .update(try RefName("refs/heads/packed/deep"), to: ids.two, message: "moved"),
            .delete(try RefName("refs/heads/both")), .symbolic(.head, to: try RefName("refs/heads/loose")),
        ]
    }

    /// Files, and a loose store for some references, in one repository.
    static let looseRouted = CrashStore("routing of files and loose", spread: changes) { place in
        let intents = place.intents(place.common)
        let files = place.files(place.common, intents)
        let changes = place.loose(place.common.appending("second"), intents)
        let store = try RoutingRefStore(default: files, rules: [.init("refs/changes/", to: changes)])
        return OpenedCrashStore(store, files: [files], intents: [intents], place)
    }

    /// Two files stores with one journal.
    static let filesRouted = CrashStore("routing of files and files", spread: changes) { place in
        let intents = place.intents(place.common)
        let files = place.files(place.common, intents)
        let changes = place.files(place.common.appending("second"), intents)
        let store = try RoutingRefStore(default: files, rules: [.init("refs/changes/", to: changes)])
        return OpenedCrashStore(store, files: [files, changes], intents: [intents], place)
    }

    /// The files stores of two repositories, each with its journal.
    static let othersRouted = CrashStore(
        "routing of two repositories", isWhole: false, spread: changes
    ) { place in
        let (first, second) = (place.intents(place.common), place.intents(place.other))
        let (files, changes) = (place.files(place.common, first), place.files(place.other, second))
        let store = try RoutingRefStore(default: files, rules: [.init("refs/changes/", to: changes)])
        return OpenedCrashStore(store, files: [files, changes], intents: [first, second], place)
    }
}
