import Glibc
import StrataIO
import StrataRefs
import SystemPackage

/// Lets one writer of an environment in at a time, of all threads and processes.
///
/// LMDB has a lock of its own, which cannot be waited for with a deadline and does not say who holds it; whoever came through here finds it
/// free. Between processes it is a ``SharedLock``, the file `writer`.
final class WriterGate: Sendable {
    private struct State {
        var isBusy = false
        var lock: SharedLock?
    }

    let path: FilePath
    private let sharing: FileSharing
    private let record = OwnerRecord(id: randomHex(), number: 0)
    private let state = Monitor(State())

    init(_ directory: FilePath, sharing: FileSharing) {
        path = directory.appending("writer")
        self.sharing = sharing
    }

    /// Comes in, or says who is inside.
    func enter(until deadline: Deadline) throws(RefError) { _ = try enter(until: deadline) { false } }

    /// As ``enter(until:)``, for one who need not come in when `isDone` turns true, which it is asked while it waits.
    ///
    /// - Returns: whether it came in.
    func enter(until deadline: Deadline, unless isDone: () -> Bool) throws(RefError) -> Bool {
        let entry = state.wait(until: deadline) { state -> Entry? in
            if isDone() { return .notNeeded }
            if state.isBusy { return nil }
            state.isBusy = true
            return .free(state.lock)
        }
        switch entry {
        case nil: throw busy(state.withLock { $0.lock }?.holder() ?? record)
        case .notNeeded?: return false
        case .free(let lock)?:
            do throws(RefError) {
                try take(lock, until: deadline)
            } catch {
                state.change { $0.isBusy = false }
                throw error
            }
            return true
        }
    }

    /// Waits, not to come in, but until `isDone`, which whoever is inside makes true.
    func wait(until isDone: () -> Bool) { _ = state.wait(until: .never) { _ in isDone() ? true : nil } }

    private enum Entry {
        case notNeeded
        case free(SharedLock?)
    }

    /// Goes out. Called once for each time that one came in, by any thread.
    func leave() {
        state.change { state in
            state.lock?.letGo()
            state.isBusy = false
        }
    }

    /// Only the thread that is inside comes here.
    private func take(_ known: SharedLock?, until deadline: Deadline) throws(RefError) {
        var lock = known
        var wait: UInt64 = 20_000
        do throws(FileError) {
            while true {
                do throws(FileError) {
                    if lock == nil { lock = try opened() }
                    if let lock, try lock.take() { return }
                    if deadline.hasPassed { break }
                } catch {
                    // Of a file that was cut short there is a new one, as soon as it is opened again.
                    guard error.operation == .map, error.errno == .ioError, !deadline.hasPassed else { throw error }
                    lock = nil
                }
                // A commit takes microseconds, or a millisecond and more where it is synced.
                var time = timespec(tv_sec: 0, tv_nsec: Int(UInt64.random(in: wait * 3 / 4...wait)))
                unsafe nanosleep(&time, nil)
                wait = min(wait * 2, 1_000_000)
            }
        } catch {
            // A file system that is read-only permits nothing to anybody.
            let failure = error.errno == .readOnlyFileSystem ? .noPermission(path.string) : LMDBFailure(error)
            throw RefError(.unavailable, "\(error)", path: path.string, cause: failure)
        }
        throw busy(lock?.holder())
    }

    private func opened() throws(FileError) -> SharedLock {
        let lock = try SharedLock(path, sharing: sharing, record: record)
        state.withLock { $0.lock = lock }
        return lock
    }

    private func busy(_ holder: OwnerRecord?) -> RefError {
        let cause = LockError.busy(path: path, holder: holder.map { .strata($0) } ?? .other(pid: nil))
        return RefError(
            .locked,
            "the reference database is being written by \(holder.map { "process \($0.pid)" } ?? "another process")",
            path: path.string, cause: cause)
    }
}
