import StrataIO
import StrataModel

/// A hold on names of several stores.
///
/// Stores are held and committed in one fixed order, that of their parts, those that commit as one side by side; all are staged before the
/// first is committed. A transaction decided under it sees the names of all stores.
final class SplitHold: HoldOfHolds {
    /// A hold on names of one of the stores.
    struct PartHold {
        let part: RefPart
        let domain: CommitDomainID
        let held: any HeldRefs
        /// Whether there is anything to commit.
        var hasStaged = false
    }

    private let store: any SplitRefStore
    private var parts: [RefPart: PartHold] = [:]
    /// The names that were asked for, by what they lead to: `HEAD` is `main-worktree/HEAD` in the main worktree.
    private var asked: [RefPart: [RefName: RefName]] = [:]

    private let shares: DomainShares

    init(_ store: any SplitRefStore, sharing shares: DomainShares = DomainShares()) {
        self.store = store
        self.shares = shares
    }

    deinit { abort() }

    /// The hold on `part`, made when it is first needed, if only to read; nil when there is no such store.
    private func hold(_ part: RefPart) throws(RefError) -> (any HeldRefs)? {
        if let known = parts[part] { return known.held }
        guard let one = try store.store(of: part) else { return nil }
        let held = try one.makeHold(sharing: shares)
        parts[part] = PartHold(part: part, domain: one.commitDomain, held: held)
        return held
    }

    /// The holds that were made, in the fixed order.
    private var inOrder: [PartHold] {
        let sorted = parts.values.sorted { $0.part < $1.part }
        var first: [CommitDomainID: RefPart] = [:]
        for one in sorted where first[one.domain] == nil { first[one.domain] = one.part }
        return sorted.sorted { (first[$0.domain] ?? $0.part, $0.part) < (first[$1.domain] ?? $1.part, $1.part) }
    }

    func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?] {
        var failures = [RefHoldFailure?](repeating: nil, count: names.count)
        var groups: [RefPart: [(index: Int, name: RefName)]] = [:]
        for (index, name) in names.enumerated() {
            guard let place = store.place(of: name), try hold(place.part) != nil else {
                failures[index] = .failed(store.strayError(name))
                continue
            }
            let first = asked[place.part, default: [:]][place.name, default: name]
            guard first == name else {
                // The holder is this transaction: in a batch it is this edit alone that cannot be had.
                failures[index] = .busy(
                    RefError(.invalid, "'\(name)' and '\(first)' are one reference", reference: name))
                continue
            }
            asked[place.part, default: [:]][place.name] = name
            groups[place.part, default: []].append((index, place.name))
        }
        for one in inOrder {
            guard let group = groups[one.part] else { continue }
            for (entry, failure) in zip(group, try one.held.hold(group.map(\.name), until: deadline)) {
                failures[entry.index] = failure
                // What is there already can be changed and deleted; under the hold it cannot come to be.
                if failure == nil, let text = try conflict(of: names[entry.index], as: entry.name, in: one.held),
                    try one.held.read(entry.name) == nil
                {
                    failures[entry.index] = .conflict(text)
                }
            }
        }
        return failures
    }

    /// What no listing of this store shows to be in the way of `name`, which its own store calls `bare`.
    private func conflict(
        of name: RefName, as bare: RefName, in held: any HeldRefs
    ) throws(RefError) -> String? {
        if let text = store.reservation(of: name) { return text }
        guard store.hidesNames(below: name) else { return nil }
        var cursor = try held.cursor(over: RefScope(prefix: bare.bytes + [UInt8(ascii: "/")]))
        return try cursor.next().map { "'\($0.refName)' exists; cannot create '\(bare)'" }
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        guard let place = store.place(of: name) else { return nil }
        return try hold(place.part)?.read(place.name)
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        try store.mergedCursor(over: scope) { part, scope throws(RefError) in
            guard let held = try self.hold(part) else { throw self.store.missingPart() }
            return try held.cursor(over: scope)
        }
    }

    func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError) {
        var groups: [RefPart: [ResolvedRefEdit]] = [:]
        for edit in edits {
            guard let place = store.place(of: edit.name) else { throw store.strayError(edit.name) }
            groups[place.part, default: []].append(edit.renamed(place.name))
        }
        for one in inOrder {
            guard let group = groups[one.part] else { continue }
            try one.held.stage(group, durability: durability)
            parts[one.part]?.hasStaged = group.contains(where: \.leavesTrace)
        }
    }

    /// Stores in which names were only checked have nothing to commit, but hold still until the others have.
    var committing: [any HeldRefs] { inOrder.filter(\.hasStaged).map(\.held) }

    func commit() throws(RefError) {
        defer { abort() }
        try commitTogether(committing)
    }

    func abort() {
        for one in inOrder.reversed() { one.held.abort() }
        parts = [:]
    }
}

extension ResolvedRefEdit {
    /// Whether it changes a value or a reflog.
    @inlinable package var leavesTrace: Bool { if case .keep = action { reflog != nil } else { true } }

    /// The same edit under the name that the reference has in another store.
    func renamed(_ name: RefName) -> ResolvedRefEdit {
        ResolvedRefEdit(
            name: name, action: action, old: old, reflog: reflog, createsReflog: createsReflog, isPeelKnown: isPeelKnown
        )
    }
}
