import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// What a commit has made visible so far, to be taken back when a later step fails.
///
/// Names held by recoverable locks are held still, so that nobody has written since. A plain lock went with the value that it
/// published: its name is locked anew, and what another writer has made of it meanwhile stays.
final class LooseUndo {
    enum Step {
        case log(RefName, ReflogWriter.Mark)
        /// The loose file may hold `new` instead of what was read under the lock; nil: it may be gone.
        case value(RefName, new: RefValue?)
        case elsewhere(() throws(RefError) -> Void)
    }

    private unowned let hold: LooseHold
    /// Whether what values replace is kept, so that putting it back takes no space.
    let keepsPrevious: Bool
    private var steps: [Step] = []
    var deletedLogs: ReflogTrash

    init(_ hold: LooseHold, keepsPrevious: Bool) {
        self.hold = hold
        self.keepsPrevious = keepsPrevious
        deletedLogs = ReflogTrash(hold.store.logs.writer.directory, hold.store.locks)
    }

    func add(_ step: Step) { steps.append(step) }

    /// Takes everything back, the last first.
    ///
    /// - Returns: what could not be, in words.
    func run() -> [String] {
        var failures: [String] = []
        while let step = steps.popLast() {
            do { try undo(step) } catch { failures.append("\(error)") }
        }
        return failures + deletedLogs.restore()
    }

    private func undo(_ step: Step) throws {
        switch step {
        case .log(let name, let mark):
            let lock = try lockAnew(name)
            defer { lock?.release() }
            guard try hold.store.logs.writer.undo(mark) else {
                throw RefError(.unavailable, "the reflog of '\(name)' has moved on", reference: name)
            }
        case .elsewhere(let body): try body()
        case .value(let name, let new):
            guard let entry = hold.entries[name] else { return }
            do { try restore(name, entry, new) } catch let error as MovedOn {
                throw RefError(.unavailable, "'\(name)' has moved on", reference: name, cause: error)
            } catch {
                throw RefError(.unavailable, "'\(name)' keeps its new value: \(error)", reference: name, cause: error)
            }
        }
    }

    /// A lock of `name` to be released again; nil when the hold still has its own.
    private func lockAnew(_ name: RefName) throws(LockError) -> FileLock? {
        guard let entry = hold.entries[name], !entry.lock.isHeld else { return nil }
        return try hold.store.locks.acquire(hold.store.names.path(name.bytes), until: .after(milliseconds: 1000))
    }

    private struct MovedOn: Error {}

    private func restore(_ name: RefName, _ entry: LooseHold.Entry, _ new: RefValue?) throws {
        let taken = try lockAnew(name)
        defer { taken?.release() }
        let lock = taken ?? entry.lock
        if taken != nil {
            let now = try value(name)
            if now == entry.value { return }
            guard now == new else { throw MovedOn() }
        } else if case .value(let now)? = try? hold.store.reader.read(name.bytes), now == entry.value {
            return
        }
        if try entry.lock.isHeld && entry.lock.putBack() { return }
        guard let old = entry.value else {
            do throws(FileError) {
                try Disk.unlinkIfPresent(hold.store.names.path(name.bytes))
            } catch {
                if error.errno != .isDirectory { throw error }
            }
            return
        }
        guard let bytes = LooseRefContent.bytes(of: old) else {
            throw RefError(.invalid, "a broken value cannot be written", reference: name)
        }
        try lock.stage(bytes)
        try lock.publish()
    }

    private func value(_ name: RefName) throws(RefError) -> RefValue? {
        guard case .value(let value) = try hold.store.reader.read(name.bytes) else { return nil }
        return value
    }
}
