import StrataIO
import StrataModel
import StrataRefs

/// A hold on names: the one lock of the file holds them all.
final class FlatFileHold: HeldRefs {
    private let store: FlatFileStore
    private var lock: FileLock?
    /// The file as it stands under the lock.
    private var file: FlatFile?
    private var hasStaged = false

    init(_ store: FlatFileStore) { self.store = store }

    deinit { abort() }

    func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?] {
        guard lock == nil, !names.isEmpty else { return names.map { _ in nil } }
        do throws(LockError) {
            lock = try store.locks.acquire(store.path, until: deadline ?? .after(milliseconds: 1000))
        } catch {
            let isBusy = if case .busy = error { true } else { false }
            let failure = RefError(isBusy ? .locked : .unavailable, "\(error)", path: store.path.string, cause: error)
            return names.map { _ in isBusy ? .busy(failure) : .failed(failure) }
        }
        // Only now, when nobody else can change it.
        file = try store.current()
        return names.map { _ in nil }
    }

    private func current() throws(RefError) -> FlatFile {
        if let file { return file }
        return try store.current()
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? { try current().read(name) }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor { try current().cursor(over: scope) }

    /// Writes the new file where nobody sees it.
    func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError) {
        let changes = edits.filter { if case .keep = $0.action { false } else { true } }
        guard !changes.isEmpty else { return }
        guard let lock, let file else { throw RefError(.invalid, "references to be written are not held") }
        let contents = try file.contents(with: changes)
        do throws(FileError) {
            try lock.stage(contents, durability: durability ?? .none)
            hasStaged = true
        } catch {
            throw RefError(.unavailable, "\(error)", path: store.path.string, cause: error)
        }
    }

    /// Renames it into place.
    func commit() throws(RefError) {
        defer { abort() }
        guard hasStaged, let lock else { return }
        do throws(FileError) { try lock.commit() } catch {
            throw RefError(.unavailable, "\(error)", path: store.path.string, cause: error)
        }
    }

    func abort() {
        lock?.release()
        (lock, file, hasStaged) = (nil, nil, false)
    }
}
