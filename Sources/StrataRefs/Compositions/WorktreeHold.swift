import StrataIO
import StrataModel

/// A hold on names of several worktrees' stores.
///
/// All stores are held and staged before the first is committed; they commit in a fixed order, the common store first.
final class WorktreeHold: HeldRefs {
    private let store: WorktreeRefStore
    private var parts: [WorktreeRefStore.Part: any HeldRefs] = [:]
    /// The names that were asked for, by what they lead to: `HEAD` is `main-worktree/HEAD` in the main worktree.
    private var asked: [WorktreeRefStore.Part: [RefName: RefName]] = [:]

    init(_ store: WorktreeRefStore) { self.store = store }

    deinit { abort() }

    private func hold(_ part: WorktreeRefStore.Part) throws(RefError) -> (any HeldRefs)? {
        if let held = parts[part] { return held }
        guard let held = try store.store(of: part)?.makeHold() else { return nil }
        parts[part] = held
        return held
    }

    func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?] {
        var failures = [RefHoldFailure?](repeating: nil, count: names.count)
        var groups: [WorktreeRefStore.Part: [(index: Int, name: RefName)]] = [:]
        for (index, name) in names.enumerated() {
            guard let (part, bare) = store.route(name), try hold(part) != nil else {
                failures[index] = .failed(
                    RefError(.invalid, "'\(name)' belongs to no worktree of this repository", reference: name))
                continue
            }
            let first = asked[part, default: [:]][bare, default: name]
            guard first == name else {
                failures[index] = .failed(
                    RefError(.invalid, "'\(name)' and '\(first)' are one reference", reference: name))
                continue
            }
            asked[part, default: [:]][bare] = name
            groups[part, default: []].append((index, bare))
        }
        for (part, group) in groups.sorted(by: { $0.key < $1.key }) {
            guard let held = parts[part] else { continue }
            for (entry, failure) in zip(group, try held.hold(group.map(\.name), until: deadline)) {
                failures[entry.index] = failure
            }
        }
        return failures
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        guard let (part, bare) = store.route(name) else { return nil }
        return try hold(part)?.read(bare)
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        guard let common = try hold(.common) else { throw RefError(.invalid, "the repository has no common store") }
        guard let own = try store.own == nil ? nil : hold(.own) else { return try common.cursor(over: scope) }
        return try WorktreeRefStore.merge(scope) { part throws(RefError) in
            part == .own ? try own.cursor(over: scope) : try common.cursor(over: WorktreeRefStore.shared(scope))
        }
    }

    func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError) {
        var groups: [WorktreeRefStore.Part: [ResolvedRefEdit]] = [:]
        for edit in edits {
            guard let (part, bare) = store.route(edit.name) else {
                throw RefError(.invalid, "'\(edit.name)' belongs to no worktree", reference: edit.name)
            }
            groups[part, default: []].append(edit.renamed(bare))
        }
        for (part, group) in groups.sorted(by: { $0.key < $1.key }) {
            try hold(part)?.stage(group, durability: durability)
        }
    }

    func commit() throws(RefError) {
        var isFirst = true
        for (part, held) in parts.sorted(by: { $0.key < $1.key }) {
            do throws(RefError) {
                try held.commit()
            } catch {
                throw isFirst ? error : error.afterPartialCommit()
            }
            parts[part] = nil
            isFirst = false
        }
    }

    func abort() {
        for held in parts.values { held.abort() }
        parts = [:]
    }
}

extension ResolvedRefEdit {
    /// The same edit under the name that the reference has in another store.
    func renamed(_ name: RefName) -> ResolvedRefEdit {
        ResolvedRefEdit(
            name: name, action: action, old: old, reflog: reflog, createsReflog: createsReflog, isPeelKnown: isPeelKnown
        )
    }
}
