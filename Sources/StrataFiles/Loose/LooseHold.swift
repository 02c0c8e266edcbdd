import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// Loose references held by git's locks: `<path>.lock` beside each.
///
/// Not for use by several threads at once. The locks go when the hold is committed, aborted or let go.
final class LooseHold: JoinedHold {
    struct Entry {
        let lock: FileLock
        /// The loose value, read under the lock; nil = there is no loose file.
        let value: RefValue?
    }

    let store: LooseRefStore
    /// Whether a name is a reference though it has no loose file; then a directory at its path is no obstacle to holding it.
    private let existsElsewhere: (RefName) throws(RefError) -> Bool
    /// Takes back what `beforeDeleting` of ``commit(beforeDeleting:)`` did, should the rest of the commit fail.
    var undoElsewhere: (() throws(RefError) -> Void)?

    var entries: [RefName: Entry] = [:]
    /// The directories in which locks stand: no loose reference has such a name as long as they do.
    private var directories: Set<[UInt8]> = []
    /// The directories made for the locks, outer ones first.
    private(set) var made: [FilePath] = []
    var staged: [ResolvedRefEdit] = []
    /// What came into being or went beside the values: with durability `full` its directories are synced.
    var toSync: [FilePath] = []
    var durability: Durability
    private(set) var isOpen = true
    /// What was made visible so far.
    var undo: LooseUndo?

    init(
        _ store: LooseRefStore,
        existsElsewhere: @escaping (RefName) throws(RefError) -> Bool = { (_) throws(RefError) in false }
    ) {
        self.store = store
        self.existsElsewhere = existsElsewhere
        durability = store.durability
    }

    deinit { abort() }

    func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?] {
        guard isOpen else { throw RefError(.invalid, "these references are held no longer") }
        if let refusal = store.refusal { throw refusal }
        if entries.isEmpty { try store.intents?.settle() }
        var failures: [RefHoldFailure?] = []
        failures.reserveCapacity(names.count)
        for name in names { failures.append(entries[name] == nil ? take(name, until: deadline) : nil) }
        return failures
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        if let entry = entries[name] { return entry.value }
        if directories.contains(name.bytes) { return nil }
        guard case .value(let value) = try store.reader.read(name.bytes) else { return nil }
        return value
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        try LooseRefCursor(LooseRefSnapshot(store.reader), over: scope)
    }

    func abort() {
        guard isOpen else { return }
        isOpen = false
        undo = nil
        for entry in entries.values { entry.lock.release() }
        entries = [:]
        staged = []
        // Those in use by now are not empty.
        store.names.remove(made)
    }

    private func noteDirectories(of name: RefName) {
        var parent = name.bytes[...]
        while let slash = parent.lastIndex(of: UInt8(ascii: "/")) {
            parent = parent[..<slash]
            guard directories.insert(Array(parent)).inserted else { return }
        }
    }

    // MARK: One name

    /// Git's function: `lock_raw_ref`.
    private func take(_ name: RefName, until deadline: Deadline?) -> RefHoldFailure? {
        var newlyMade: [FilePath] = []
        do throws(RefHoldFailure) {
            let lock = try acquire(name, until: deadline, adding: &newlyMade)
            do throws(RefHoldFailure) {
                entries[name] = Entry(lock: lock, value: try valueUnderLock(name))
                noteDirectories(of: name)
            } catch {
                lock.release()
                throw error
            }
            made += newlyMade
            return nil
        } catch {
            store.names.remove(newlyMade)
            return error
        }
    }

    private func acquire(
        _ name: RefName, until deadline: Deadline?, adding made: inout [FilePath]
    ) throws(RefHoldFailure) -> FileLock {
        let path = store.names.path(name.bytes)
        let deadline = deadline ?? .after(milliseconds: store.lockTimeout)
        var attempts = 3
        while true {
            let failure: FileError
            do throws(LockError) {
                return try store.locks.acquire(path, until: deadline)
            } catch {
                switch error {
                case .file(_, let inner): failure = inner
                case .busy:
                    throw .busy(
                        RefError(
                            .locked, LooseMessages.busy(path, error), reference: name,
                            path: store.names.text(name) + ".lock", cause: error))
                case .notRecovered:
                    throw .failed(
                        RefError(
                            .unavailable, error.description, reference: name, path: store.names.text(name) + ".lock",
                            cause: error))
                }
            }
            switch failure.errno {
            case .noSuchFileOrDirectory where attempts > 0:
                attempts -= 1
                do throws(FileError) {
                    try store.names.makeLeading(to: name.bytes[...], adding: &made)
                } catch {
                    switch error.errno {
                    case .noSuchFileOrDirectory: continue
                    case .notDirectory: throw .obstructed(lockPath: store.names.text(name) + ".lock")
                    default: throw failed(name, "unable to create directory for \(store.names.text(name))", error)
                    }
                }
            case .notDirectory: throw .obstructed(lockPath: store.names.text(name) + ".lock")
            default:
                throw failed(name, "Unable to create '\(LooseMessages.absolute(path)).lock': \(failure.errno)", failure)
            }
        }
    }

    private func failed(_ name: RefName, _ text: String, _ cause: FileError) -> RefHoldFailure {
        .failed(RefError(.unavailable, text, reference: name, path: store.names.text(name), cause: cause))
    }

    /// Reads the loose value, and removes what directories are in its place.
    private func valueUnderLock(_ name: RefName) throws(RefHoldFailure) -> RefValue? {
        do throws(RefError) {
            switch try store.reader.read(name.bytes) {
            case .value(let value): return value
            case .absent: return nil
            case .directory:
                if try existsElsewhere(name) { return nil }
            }
        } catch {
            throw .failed(error)
        }
        // References deleted meanwhile may have left it behind.
        if NamedDirectory.removeEmptyTree(store.names.path(name.bytes)) { return nil }
        throw .directoryInTheWay(path: store.names.text(name))
    }
}
