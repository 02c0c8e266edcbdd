import StrataIO
import StrataModel
import StrataRefs

/// A hold on names of a packed store: the one lock of the file, taken at the first names, holds them all.
final class PackedRefsHold: HeldRefs {
    private let store: PackedRefStore
    private var lock: PackedRefsLock?
    /// Whether the lock was had once and let go: nothing more can be held.
    private var isOver = false

    init(_ store: PackedRefStore) { self.store = store }

    deinit { abort() }

    func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?] {
        guard !isOver else { throw RefError(.invalid, "the hold is over") }
        if lock == nil && !names.isEmpty {
            do throws(RefError) {
                lock = try store.lock(until: deadline)
            } catch {
                let failure: RefHoldFailure = error.code == .locked ? .busy(error) : .failed(error)
                return names.map { _ in failure }
            }
        }
        return names.map { _ in nil }
    }

    private func current() throws(RefError) -> PackedRefSnapshot {
        if let lock { return lock.snapshot }
        return try store.current()
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? { try current().read(name) }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor { try current().cursor(over: scope) }

    func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError) {
        var changes: [PackedRefChange] = []
        for edit in edits {
            switch edit.action {
            case .keep: break
            case .delete: changes.append(.remove(edit.name))
            case .write(.object(let id, let peeled)): changes.append(.set(edit.name, to: id, peeled: peeled))
            case .write(.symbolic), .write(.broken):
                throw RefError(
                    .unsupported, "cannot write symbolic reference '\(edit.name)' to packed-refs", reference: edit.name)
            }
        }
        guard !changes.isEmpty else { return }
        guard let lock else { throw RefError(.invalid, "references to be written are not held") }
        try lock.stage(changes, durability: durability)
    }

    func commit() throws(RefError) {
        isOver = true
        let held = lock
        lock = nil
        try held?.commit()
    }

    func abort() {
        isOver = true
        lock?.release()
        lock = nil
    }
}
