import Glibc
import StrataIO
import StrataModel
import Synchronization

/// A hold on names of a memory store.
final class MemoryHold: HeldRefs {
    private let store: MemoryRefStore
    private var held: Set<RefName> = []
    private var staged: [ResolvedRefEdit] = []

    init(_ store: MemoryRefStore) { self.store = store }

    deinit { abort() }

    func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?] {
        var missing = names.filter { !held.contains($0) }
        take(&missing)
        if !missing.isEmpty {
            let deadline = deadline ?? .after(milliseconds: 100)
            var pause: useconds_t = 20
            while !missing.isEmpty, !deadline.hasPassed {
                usleep(pause)
                pause = min(pause * 2, 1000)
                take(&missing)
            }
        }
        return names.map { name in
            held.contains(name) ? nil : .busy(RefError(.locked, "reference '\(name)' is held", reference: name))
        }
    }

    /// Takes those of `names` that can be had, and leaves the others in it.
    private func take(_ names: inout [RefName]) {
        let (wanted, own) = (names, held)
        let all = store.state.withLock { state in
            wanted.reduce(into: own) { own, name in
                if state.holds.take(name, besides: own) { own.insert(name) }
            }
        }
        held = all
        names = wanted.filter { !all.contains($0) }
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? { try store.snapshot().read(name) }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor { try store.snapshot().cursor(over: scope) }

    func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError) { staged += edits }

    func commit() throws(RefError) {
        store.state.withLock { state in
            for edit in staged { state.applyLog(edit) }
            state.apply(staged.filter(\.changesValue).sorted { $0.name < $1.name })
            state.generation += 1
        }
        abort()
    }

    func abort() {
        store.state.withLock { [held] in $0.holds.letGo(held) }
        held = []
        staged = []
    }
}

extension MemoryRefStore.State {
    mutating func applyLog(_ edit: ResolvedRefEdit) {
        if let line = edit.reflog, edit.createsReflog || logs[edit.name] != nil {
            logs[edit.name, default: []].append(line)
        }
        if case .delete = edit.action { logs[edit.name] = nil }
    }

    /// Applies `edits`, sorted and of different names, in one pass over the references, or in place where that is all there is.
    mutating func apply(_ edits: [ResolvedRefEdit]) {
        guard edits.count > 8 else {
            for edit in edits { refs.replaceSubrange(position(of: edit.name), with: edit.newRun) }
            return
        }
        var merged: [RefRun] = []
        merged.reserveCapacity(refs.count + edits.count)
        var copied = 0
        for edit in edits {
            let position = position(of: edit.name)
            merged += refs[copied..<position.lowerBound]
            merged += edit.newRun
            copied = position.upperBound
        }
        merged += refs[copied...]
        refs = merged
    }

    /// Where `name` stands, or the empty place where it belongs.
    private func position(of name: RefName) -> Range<Int> {
        let index = refs.lowerBound(name.bytes.span)
        return index..<(index < refs.count && refs[index].name == name.bytes ? index + 1 : index)
    }
}

extension ResolvedRefEdit {
    fileprivate var changesValue: Bool { if case .keep = action { false } else { true } }

    /// The reference as it will be, in a run of its own; none when it is deleted.
    fileprivate var newRun: [RefRun] {
        guard case .write(let value) = action else { return [] }
        var builder = RefRunBuilder()
        builder.append(name: name.bytes, value: value)
        return [builder.finished()]
    }
}
