import Glibc
import StrataIO
import StrataModel
import StrataRefs

/// A hold on names of a small store.
final class SmallHold: HeldRefs {
    let store: SmallRefStore
    private var held: Set<RefName> = []
    private var staged: [ResolvedRefEdit] = []
    /// What was there when the hold was made.
    private let before: SmallState

    init(_ store: SmallRefStore) {
        self.store = store
        before = store.now
    }

    deinit { abort() }

    func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?] {
        let deadline = deadline ?? .after(milliseconds: 2000)
        for name in names {
            while !held.contains(name), !take(name), !deadline.hasPassed { usleep(100) }
        }
        return names.map { name in
            held.contains(name) ? nil : .busy(RefError(.locked, "reference '\(name)' is held", reference: name))
        }
    }

    private func take(_ name: RefName) -> Bool {
        let own = held
        let isTaken = store.change { state in
            guard store.ways.locks(name) else { return true }
            let isFree = !state.held.contains { other in
                other == name || !own.contains(other) && (other.isAbove(name) || name.isAbove(other))
            }
            if isFree { state.held.insert(name) }
            return isFree
        }
        if isTaken { held.insert(name) }
        return isTaken
    }

    private var view: SmallSnapshot {
        SmallSnapshot(store: store, fixed: store.ways.comparesEarly ? before : store.now, isUnderHold: true)
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? { try view.read(name) }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor { try view.cursor(over: scope) }

    func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError) { staged += edits }

    func commit() throws(RefError) {
        store.ways.commit(self, staged)
        abort()
    }

    func abort() {
        letGo()
        staged = []
    }

    func letGo() {
        let own = held.filter(store.ways.locks)
        store.change { $0.held.subtract(own) }
        held = []
    }
}

extension RefName {
    /// Whether this is a directory of `other`.
    fileprivate func isAbove(_ other: RefName) -> Bool { other.hasPrefix(bytes + [UInt8(ascii: "/")]) }
}
