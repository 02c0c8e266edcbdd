public import StrataFiles
import StrataIO
public import StrataModel
public import StrataRefs

/// A store of the table, opened in a place.
public final class OpenedCrashStore: Sendable {
    public let store: any RefStore
    /// The stores of which pack-refs is asked.
    public let files: [FilesRefStore]
    /// The journals of the repositories that the store works on.
    public let intents: [RefIntents]
    public let place: CrashPlace
    /// The heads of worktrees other than the store's own.
    public let otherHeads: [RefName]
    /// What ``touch()`` holds: references of every journal.
    private let touched: [String]

    init(
        _ store: any RefStore, files: [FilesRefStore] = [], intents: [RefIntents], otherHeads: [RefName] = [],
        touching names: [String] = ["refs/heads/main", "refs/heads/both"], _ place: CrashPlace
    ) {
        touched = names
        self.store = store
        self.files = files
        self.intents = intents
        self.place = place
        self.otherHeads = otherHeads
    }

    /// Whether its references are in a database.
    var isDatabase: Bool { store.capabilities.contains(.snapshotIsolation) }

    /// Lets go of what the object has in `strata/`, as the end of its process would.
    public func close() { for each in intents { each.locks.close() } }

    public func commit(_ edits: [RefEdit]) throws(RefError) {
        var context = RefTransactionContext(objects: AnyCommit(), reflogs: .standard) { () throws(RefError) in
            Signature(
                name: Array("C O Mitter".utf8), email: Array("c@example.com".utf8), seconds: 1_112_911_993,
                offsetMinutes: 0)
        }
        context.durability = place.durability
        try store.commit(RefTransaction(keepable(edits)), context)
    }

    /// The edits without those of symbolic references where the store has none.
    func keepable(_ edits: [RefEdit]) -> [RefEdit] {
        if store.capabilities.contains(.symbolicRefs) { return edits }
        return edits.filter { if case .write(.symbolic) = $0.change { false } else { true } }
    }

    /// The next writer: holds references, and changes none.
    public func touch() throws {
        for name in touched { try store.hold([RefName(name)], until: .now).abort() }
    }
}
