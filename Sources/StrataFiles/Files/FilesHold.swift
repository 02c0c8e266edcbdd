import StrataIO
import StrataModel
import StrataRefs

/// A hold on names of a files store: each name's loose lock and, from staging on and where it is needed, that of `packed-refs`.
final class FilesHold: JoinedHold {
    private let store: FilesRefStore
    private let loose: LooseHold
    private var packed: PackedRefsLock?
    /// What the names that are new in `packed-refs` must not meet.
    private var conflicts: PackedConflicts?
    /// The names whose new values go into `packed-refs`, and those.
    private var packing: [RefName: RefValue] = [:]

    init(_ store: FilesRefStore) {
        self.store = store
        let packed = store.packed
        loose = store.loose.makeLooseHold { name throws(RefError) in try packed.current().read(name) != nil }
    }

    deinit { abort() }

    func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?] {
        self.deadline = deadline
        looked = nil
        return try loose.hold(names, until: deadline)
    }

    private var deadline: Deadline?

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        if let value = try loose.read(name) { return value }
        return try current().read(name)
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        try store.filesSnapshot().cursor(over: scope)
    }

    /// The packed references as they were after the last lock was taken: what stands there of a held name cannot change, and a name that
    /// is locked later sees it.
    private var looked: PackedRefSnapshot?

    private func current() throws(RefError) -> PackedRefSnapshot {
        if let packed { return packed.snapshot }
        if let looked { return looked }
        let now = try store.packed.current()
        looked = now
        return now
    }

    func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError) {
        let deletes = edits.contains { if case .delete = $0.action { true } else { false } }
        var toPack = try packable(edits)
        if !store.packedTransactions.packs(toPack.count, into: try current().byteCount) { toPack = [] }
        guard deletes || !toPack.isEmpty else { return try loose.stage(edits, durability: durability) }

        // From here to the commit nobody else packs: a packed copy of what is deleted would bring it back.
        let lock = try store.packed.lock(until: deadline)
        packed = lock
        let toPackSet = Set(toPack)
        var changes: [PackedRefChange] = []
        var new: [RefName] = []
        for (index, edit) in edits.enumerated() {
            switch edit.action {
            case .write(.object(let id, let peeled)) where toPackSet.contains(index):
                packing[edit.name] = .object(id, peeled: peeled)
                changes.append(PackedRefChange(name: edit.name, value: .set(id, peeled: peeled)))
                if try lock.snapshot.read(edit.name) == nil { new.append(edit.name) }
            case .delete where try lock.snapshot.read(edit.name) != nil:
                changes.append(PackedRefChange(name: edit.name, value: .remove))
            default: break
            }
        }
        conflicts = PackedConflicts(loose: store.loose, names: new)
        if let rejection = try conflicts?.conflict(in: lock.snapshot) {
            throw RefError(rejection, of: rejection.reference)
        }
        if !changes.isEmpty { try lock.stage(changes.sorted { $0.name < $1.name }, durability: durability) }
        let forLoose =
            toPackSet.isEmpty ? edits : edits.enumerated().map { toPackSet.contains($0) ? $1.keepingValue : $1 }
        try loose.stage(forLoose, durability: durability)
    }

    /// The indices of the edits whose new value may go into `packed-refs`: references that git would pack, without a loose file.
    private func packable(_ edits: [ResolvedRefEdit]) throws(RefError) -> [Int] {
        guard store.packedTransactions != .never else { return [] }
        let candidates = edits.indices.filter { index in
            guard case .write(.object) = edits[index].action else { return false }
            let name = edits[index].name
            // What cannot be said to peel to nothing must not stand in a file that says it of every line without a peeled id.
            return name.hasPrefix("refs/") && name.place == .shared && name.isWellFormed && edits[index].isPeelKnown
        }
        // Looking for loose files is not worth it where there are too few candidates anyway.
        guard store.packedTransactions.packs(candidates.count, into: try current().byteCount) else { return [] }
        var indices: [Int] = []
        for index in candidates where try loose.read(edits[index].name) == nil { indices.append(index) }
        return indices
    }

    func commit() throws(RefError) { try commitTogether([self]) }

    func publish(alone: Bool) throws(RefError) {
        let lock = packed
        // Git's order: new values first, so that what they reach stays reachable; then packed-refs; then loose files go.
        let deletes = loose.staged.contains { if case .delete = $0.action { true } else { false } }
        if let lock, lock.isStaged { loose.undoElsewhere = { () throws(RefError) in try lock.restore() } }
        try loose.publish(alone: alone) { () throws(RefError) in
            try lock?.publish(beforeDeletions: deletes)
            if let obstacle = try self.conflicts?.obstacle(besides: { self.loose.entries[$0] != nil }) {
                throw obstacle
            }
        }
    }

    func retract() -> [String] { loose.retract() }

    func conclude() {
        loose.conclude()
        packed?.release()
        packed = nil
    }

    /// Who makes an intent good looks for the packed references beside the loose ones.
    var journal: (any RefJournal)? {
        guard packed?.isRecoverable != false, store.packed.path == store.loose.names.path("packed-refs".utf8) else {
            return nil
        }
        return loose.journal
    }

    var durability: Durability { loose.durability }

    func stepCount() throws(RefError) -> Int { try loose.stepCount() + (packed?.isStaged == true ? 1 : 0) }

    func intentPart() throws(RefError) -> [UInt8] { try loose.intentPart(packing: packing) }

    func abort() {
        packed?.release()
        packed = nil
        loose.abort()
    }
}

extension ResolvedRefEdit {
    /// The same edit with the value left alone: another store writes it.
    var keepingValue: ResolvedRefEdit {
        ResolvedRefEdit(name: name, action: .keep, old: old, reflog: reflog, createsReflog: createsReflog)
    }
}
