import StrataIO
import StrataModel

/// A hold on names of an overlay: both stores', the front's first.
final class OverlayHold: HeldRefs {
    private let store: OverlayRefStore
    private var front: (any HeldRefs)?
    private var back: (any HeldRefs)?

    init(_ store: OverlayRefStore) { self.store = store }

    deinit { abort() }

    func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?] {
        let (front, back) = try holds()
        var failures = try front.hold(names, until: deadline)
        let had = names.indices.filter { failures[$0] == nil }
        for (index, failure) in zip(had, try back.hold(had.map { names[$0] }, until: deadline)) {
            failures[index] = failure
        }
        return failures
    }

    private func holds() throws(RefError) -> (any HeldRefs, any HeldRefs) {
        let front = if let held = self.front { held } else { try store.front.makeHold() }
        self.front = front
        let back = if let held = self.back { held } else { try store.back.makeHold() }
        self.back = back
        return (front, back)
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        let (front, back) = try holds()
        if let value = try front.read(name) { return value }
        return try back.read(name)
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        let (front, back) = try holds()
        return try MergedRefCursor([
            MergedRefCursor.Child(try front.cursor(over: scope)), MergedRefCursor.Child(try back.cursor(over: scope)),
        ])
    }

    func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError) {
        let (front, back) = try holds()
        // A reference that the front does not have is deleted there all the same: its reflog is.
        try front.stage(edits, durability: durability)
        try back.stage(
            edits.filter { if case .delete = $0.action { true } else { false } }, durability: durability)
    }

    func commit() throws(RefError) {
        try back?.commit()
        back = nil
        do throws(RefError) { try front?.commit() } catch { throw error.afterPartialCommit() }
        front = nil
    }

    func abort() {
        front?.abort()
        back?.abort()
        front = nil
        back = nil
    }
}
