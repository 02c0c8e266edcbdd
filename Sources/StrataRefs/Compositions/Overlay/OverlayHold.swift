import StrataIO
import StrataModel

/// A hold on names of an overlay: the front's, and then the back's where deletions go through to it.
final class OverlayHold: HoldOfHolds {
    private let store: OverlayRefStore
    private var front: Part?
    private var back: Part?
    /// What the back held after the last names were locked, where it is not held itself.
    private var looked: (any RefSnapshot)?
    private var deadline: Deadline?

    private struct Part {
        let held: any HeldRefs
        /// Whether there is anything to commit.
        var hasStaged = false
    }

    init(_ store: OverlayRefStore) { self.store = store }

    deinit { abort() }

    private func heldFront() throws(RefError) -> any HeldRefs {
        if let front { return front.held }
        let held = try store.front.makeHold()
        front = Part(held: held)
        return held
    }

    /// nil where the back is not held.
    private func heldBack() throws(RefError) -> (any HeldRefs)? {
        if store.deletes == .hide { return nil }
        if let back { return back.held }
        let held = try store.back.makeHold()
        back = Part(held: held)
        return held
    }

    func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?] {
        self.deadline = deadline
        looked = nil
        let front = try heldFront()
        guard let back = try heldBack() else {
            var failures: [RefHoldFailure?] = names.map {
                HiddenRefName.isReserved($0) ? .failed(OverlayRefStore.refusal($0)) : nil
            }
            try Self.fill(&failures, names, front, until: deadline)
            for index in names.indices where failures[index] == nil && HiddenRefName.isReservedParent(names[index]) {
                // One that the back has can be deleted.
                if try read(names[index]) == nil { failures[index] = .conflict(Self.conflict(names[index])) }
            }
            return failures
        }
        var failures = [RefHoldFailure?](repeating: nil, count: names.count)
        try Self.fill(&failures, names, front, until: deadline)
        try Self.fill(&failures, names, back, until: deadline)
        return failures
    }

    /// Holds those of `names` that were had so far.
    private static func fill(
        _ failures: inout [RefHoldFailure?], _ names: [RefName], _ held: any HeldRefs, until deadline: Deadline?
    ) throws(RefError) {
        let had = names.indices.filter { failures[$0] == nil }
        for (index, failure) in zip(had, try held.hold(had.map { names[$0] }, until: deadline)) {
            failures[index] = failure
        }
    }

    private static func conflict(_ name: RefName) -> String {
        "'\(name)' is reserved, for what an overlay hides is kept below it"
    }

    private func isHidden(_ name: RefName) throws(RefError) -> Bool {
        guard store.deletes == .hide else { return false }
        return try heldFront().read(HiddenRefName.marker(of: name)) != nil
    }

    private func readBack(_ name: RefName) throws(RefError) -> RefValue? {
        if let back = try heldBack() { return try back.read(name) }
        return try isHidden(name) ? nil : lookedBack().read(name)
    }

    private func lookedBack() throws(RefError) -> any RefSnapshot {
        if let looked { return looked }
        let now = try store.back.snapshot()
        looked = now
        return now
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        if store.deletes == .hide && HiddenRefName.isReserved(name) { return nil }
        if let value = try heldFront().read(name) { return value }
        return try readBack(name)
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        let (front, back) = (try heldFront(), try heldBack())
        return try ReopenedRefCursor(over: scope) { scope throws(RefError) in
            try OverlayListing.merged(
                over: scope, self.store.deletes, front: { scope throws(RefError) in try front.cursor(over: scope) },
                back: { scope throws(RefError) in
                    if let back { return try back.cursor(over: scope) }
                    return try self.lookedBack().cursor(over: scope)
                })
        }
    }

    func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError) {
        let front = try heldFront()
        var toFront: [ResolvedRefEdit] = []
        toFront.reserveCapacity(edits.count)
        var (toBack, markers): ([ResolvedRefEdit], [RefName]) = ([], [])
        for edit in edits {
            // The front's own old value: an intent that spoke of the back's would find it nowhere.
            let old = edit.old == nil ? nil : try front.read(edit.name)
            toFront.append(try edit.inFront(holding: old, goesOn: goesOn(edit)))
            switch edit.action {
            case .keep: continue
            case .write:
                if store.deletes == .hide && HiddenRefName.isReservedParent(edit.name) {
                    throw RefError(
                        RefRejection(.nameConflict, at: edit.name, Self.conflict(edit.name)), of: edit.name)
                }
            case .delete:
                let below = try readBack(edit.name)
                if below == nil, try !hasLogBelow(edit.name) { continue }
                switch store.deletes {
                case .goThrough: toBack.append(edit.inBack(holding: below))
                case .hide: markers.append(HiddenRefName.marker(of: edit.name))
                }
            }
        }
        toFront += try hide(by: markers, front)
        try front.stage(toFront, durability: durability)
        self.front?.hasStaged = toFront.contains(where: \.leavesTrace)
        guard !toBack.isEmpty, let back = try heldBack() else { return }
        try back.stage(toBack, durability: durability)
        self.back?.hasStaged = true
    }

    /// Whether the line of an edit goes on with a log that only the back has.
    private func goesOn(_ edit: ResolvedRefEdit) throws(RefError) -> Bool {
        guard edit.reflog != nil, !edit.createsReflog else { return false }
        return try hasLogBelow(edit.name)
    }

    private func hasLogBelow(_ name: RefName) throws(RefError) -> Bool {
        guard let logs = store.back.reflogs, try logs.exists(name) else { return false }
        return try !isHidden(name)
    }

    /// The edits that make `markers`. Who holds a name is alone with its marker.
    private func hide(by markers: [RefName], _ front: any HeldRefs) throws(RefError) -> [ResolvedRefEdit] {
        if markers.isEmpty { return [] }
        let sorted = markers.sorted()
        for case (let marker, let failure?) in zip(sorted, try front.hold(sorted, until: deadline)) {
            throw failure.error(holding: marker)
        }
        return sorted.map {
            ResolvedRefEdit(
                name: $0, action: .write(HiddenRefName.value), old: nil, reflog: nil, createsReflog: false)
        }
    }

    /// The back's first: an old value there never shows.
    var committing: [any HeldRefs] { [back, front].compactMap { $0 }.filter(\.hasStaged).map(\.held) }

    func commit() throws(RefError) {
        defer { abort() }
        try commitTogether(committing)
    }

    func abort() {
        back?.held.abort()
        front?.held.abort()
        back = nil
        front = nil
        looked = nil
    }
}

extension ResolvedRefEdit {
    /// The same edit as the front carries it out. `goesOn`: its log is made where only the back has one.
    fileprivate func inFront(holding old: RefValue?, goesOn: Bool) -> ResolvedRefEdit {
        ResolvedRefEdit(
            name: name, action: action, old: old, reflog: reflog, createsReflog: createsReflog || goesOn,
            isPeelKnown: isPeelKnown)
    }

    /// The deletion as the back carries it out.
    fileprivate func inBack(holding old: RefValue?) -> ResolvedRefEdit {
        ResolvedRefEdit(name: name, action: .delete, old: old, reflog: nil, createsReflog: false)
    }
}
