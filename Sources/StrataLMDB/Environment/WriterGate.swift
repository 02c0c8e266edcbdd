import CStrataIO
import Glibc
import StrataIO
import StrataRefs
import SystemPackage

/// Lets one writer of an environment in at a time, of all threads and processes.
///
/// LMDB has a lock of its own, which cannot be waited for with a deadline and does not say who holds it; whoever came through here finds it
/// free. Between processes it is a lock of the kernel's on the file `writer`, which ends with the process; the file holds the
/// ``OwnerRecord`` of who had it last.
final class WriterGate: Sendable {
    private struct State {
        var isBusy = false
        var descriptor: FileDescriptor?
    }

    let path: FilePath
    private let sharing: FileSharing
    private let record: [UInt8]
    private let state = Monitor(State())

    init(_ directory: FilePath, sharing: FileSharing) {
        path = directory.appending("writer")
        self.sharing = sharing
        record = OwnerRecord(id: randomHex(), number: 0).contents
    }

    deinit { if let descriptor = state.withLock({ $0.descriptor }) { Glibc.close(descriptor.rawValue) } }

    /// Comes in, or says who is inside.
    func enter(until deadline: Deadline) throws(RefError) {
        guard state.wait(until: deadline, for: { Self.enter(&$0) }) != nil else { throw busy(holder: nil) }
        do throws(RefError) {
            try lock(until: deadline)
        } catch {
            state.change { $0.isBusy = false }
            throw error
        }
    }

    private static func enter(_ state: inout State) -> Void? {
        if state.isBusy { return nil }
        state.isBusy = true
        return ()
    }

    /// As ``enter(until:)``, for one who need not come in when `isDone` turns true, which it is asked while it waits.
    ///
    /// - Returns: whether it came in.
    func enter(until deadline: Deadline, unless isDone: () -> Bool) throws(RefError) -> Bool {
        let came = state.wait(until: deadline) { state in isDone() ? false : Self.enter(&state).map { true } }
        guard let came else { throw busy(holder: nil) }
        guard came else { return false }
        do throws(RefError) {
            try lock(until: deadline)
        } catch {
            state.change { $0.isBusy = false }
            throw error
        }
        return true
    }

    /// Goes out. Called once for each time that one came in, by any thread.
    func leave() {
        state.change { state in
            if let descriptor = state.descriptor { _ = strata_ofd_unlock(descriptor.rawValue) }
            state.isBusy = false
        }
    }

    /// Only the thread that is inside comes here.
    private func lock(until deadline: Deadline) throws(RefError) {
        let descriptor = try opened()
        var wait: UInt64 = 20_000
        while strata_ofd_lock(descriptor.rawValue) != 0 {
            let reason = errno
            guard reason == EAGAIN || reason == EACCES || reason == EINTR else {
                throw LMDBFailure.library(code: reason).error(at: path.string, "cannot lock '\(path.string)'")
            }
            if deadline.hasPassed { throw busy(holder: holder(descriptor)) }
            // A commit takes microseconds, or a millisecond and more where it is synced.
            var time = timespec(tv_sec: 0, tv_nsec: Int(UInt64.random(in: wait * 3 / 4...wait)))
            unsafe nanosleep(&time, nil)
            wait = min(wait * 2, 1_000_000)
        }
        if !isMarked(descriptor) { try? write(descriptor) }
    }

    private func opened() throws(RefError) -> FileDescriptor {
        if let known = state.withLock({ $0.descriptor }) { return known }
        do throws(FileError) {
            let descriptor = try Disk.create(path, exclusive: false, readable: true, sharing: sharing)
            state.withLock { $0.descriptor = descriptor }
            return descriptor
        } catch {
            // A file system that is read-only permits nothing to anybody.
            let failure = error.errno == .readOnlyFileSystem ? .noPermission(path.string) : LMDBFailure(error)
            throw RefError(.unavailable, "\(error)", path: path.string, cause: failure)
        }
    }

    /// Whether the file holds our record: its first bytes, with the id, are enough.
    private func isMarked(_ descriptor: FileDescriptor) -> Bool {
        let count = min(record.count, 48)
        return unsafe withUnsafeTemporaryAllocation(byteCount: 48, alignment: 1) { buffer in
            guard unsafe pread(descriptor.rawValue, buffer.baseAddress, count, 0) == count else { return false }
            return unsafe buffer[..<count].elementsEqual(record[..<count])
        }
    }

    private func contents(_ descriptor: FileDescriptor) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor.rawValue, $0.baseAddress, 1024, 0) }
        return Array(bytes.prefix(max(0, count)))
    }

    private func write(_ descriptor: FileDescriptor) throws(FileError) {
        try Disk.truncate(descriptor, to: 0, at: path)
        _ = lseek(descriptor.rawValue, 0, SEEK_SET)
        try Disk.write(record, to: descriptor, at: path)
    }

    private func holder(_ descriptor: FileDescriptor) -> OwnerRecord? { OwnerRecord(contents: contents(descriptor)) }

    private func busy(holder: OwnerRecord?) -> RefError {
        let holder = holder ?? OwnerRecord(contents: record)
        let cause = LockError.busy(path: path, holder: holder.map { .strata($0) } ?? .other(pid: nil))
        return RefError(
            .locked,
            "the reference database is being written by \(holder.map { "process \($0.pid)" } ?? "another process")",
            path: path.string, cause: cause)
    }
}
