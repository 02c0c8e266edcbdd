import StrataIO
import StrataModel
import StrataRefs

/// A hold on names of a store, which is a hold of the whole environment.
final class LMDBHold: HoldOfHolds {
    private let store: LMDBRefStore
    private let session: LMDBSession
    private var isOver = false

    init(_ store: LMDBRefStore, _ session: LMDBSession) {
        self.store = store
        self.session = session
        session.join()
    }

    deinit { abort() }

    func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?] {
        if names.isEmpty { return [] }
        do throws(RefError) {
            try session.enter(until: store.deadline(deadline))
        } catch {
            return names.map { name in
                let named = RefError(error.code, error.message, reference: name, path: error.path, cause: error.cause)
                return error.code == .locked ? .busy(named) : .failed(named)
            }
        }
        return names.map { _ in nil }
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? { try session.snapshot(store.place).read(name) }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        try session.snapshot(store.place).cursor(over: scope)
    }

    func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError) {
        try session.stage(edits, in: store, durability)
    }

    var committing: [any HeldRefs] { isOver ? [] : [session] }

    func commit() throws(RefError) {
        defer { abort() }
        try commitTogether([self])
    }

    func abort() {
        if isOver { return }
        isOver = true
        session.leave()
    }
}

extension ResolvedRefEdit {
    /// Whether what it writes can be kept.
    func checkLimits() throws(RefError) {
        guard name.bytes.count <= LMDBRefKey.longNameLimit else {
            throw RefError(.invalid, "a name of \(name.bytes.count) bytes is too long", reference: name)
        }
    }
}
