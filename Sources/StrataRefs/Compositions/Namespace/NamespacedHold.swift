import StrataIO
import StrataModel

/// A hold on names of a namespace: one on their full names.
final class NamespacedHold: HoldOfHolds {
    private let namespace: RefNamespace
    private let base: any HeldRefs

    init(_ namespace: RefNamespace, _ base: any HeldRefs) {
        self.namespace = namespace
        self.base = base
    }

    deinit { base.abort() }

    func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?] {
        var failures: [RefHoldFailure?] = names.map { namespace.full($0) == nil ? .failed(stray($0)) : nil }
        let inside = names.indices.filter { failures[$0] == nil }
        let full = inside.compactMap { namespace.full(names[$0]) }
        for (index, failure) in zip(inside, try base.hold(full, until: deadline)) { failures[index] = failure }
        // Conflicts inside are seen by who decides the transaction; those with the namespace's own parents are not.
        if let parent = try standingParent() {
            for index in inside where failures[index] == nil {
                failures[index] = .conflict("'\(parent)' exists; cannot create '\(names[index])' in a namespace below")
            }
        }
        return failures
    }

    private func standingParent() throws(RefError) -> RefName? {
        for parent in namespace.parents {
            let value = try base.read(parent)
            if value != nil && value != .broken(.content) { return parent }
        }
        return nil
    }

    private func stray(_ name: RefName) -> RefError {
        RefError(.invalid, "'\(name)' has no place in a namespace", reference: name)
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        guard let full = namespace.full(name), let value = try base.read(full) else { return nil }
        return namespace.bare(value)
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        let base = base
        return try NamespacedRefCursor(namespace, over: scope) { scope throws(RefError) in
            try base.cursor(over: scope)
        }
    }

    func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError) {
        var full: [ResolvedRefEdit] = []
        full.reserveCapacity(edits.count)
        for edit in edits { full.append(try self.full(edit)) }
        try base.stage(full, durability: durability)
    }

    private func full(_ edit: ResolvedRefEdit) throws(RefError) -> ResolvedRefEdit {
        guard let name = namespace.full(edit.name) else { throw stray(edit.name) }
        var action = edit.action
        if case .write(let value) = action {
            if let target = value.target, !RefNamespace.isShown(target.span) {
                throw RefError(
                    .invalid,
                    "'\(edit.name)' cannot name '\(String(decoding: target, as: UTF8.self))', which has no place in a namespace",
                    reference: edit.name)
            }
            action = .write(namespace.full(value))
        }
        return ResolvedRefEdit(
            name: name, action: action, old: edit.old.map(namespace.full), reflog: edit.reflog,
            createsReflog: edit.createsReflog, isPeelKnown: edit.isPeelKnown)
    }

    var committing: [any HeldRefs] { [base] }

    func commit() throws(RefError) { try base.commit() }

    func abort() { base.abort() }
}
