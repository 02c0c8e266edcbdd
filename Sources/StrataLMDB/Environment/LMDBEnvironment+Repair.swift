import CLMDB
import Glibc
import StrataIO
import StrataRefs
import SystemPackage

extension LMDBEnvironment {
    /// Makes room, follows another process's growth, or opens anew what LMDB gave up, as `error` asks for.
    ///
    /// - Returns: whether it is worth another try.
    func repaired(
        after error: RefError, since changes: Int, until deadline: Deadline
    ) throws(RefError) -> Bool {
        let repair: (inout LMDBHandle) throws(LMDBFailure) -> Void
        switch error.cause as? LMDBFailure {
        case .mapFull: repair = { [self] handle throws(LMDBFailure) in try resize(&handle, to: handle.reservation * 2) }
        case .mapOutgrown: repair = { [self] handle throws(LMDBFailure) in try resize(&handle, to: nil) }
        case .library(code: MDB_PANIC): repair = { [self] handle throws(LMDBFailure) in try reopen(&handle) }
        default: return false
        }
        do throws(LMDBFailure) {
            return try change(since: changes, until: deadline, repair)
        } catch {
            throw error.error(at: directory.string)
        }
    }

    private func resize(_ handle: inout LMDBHandle, to size: Int?) throws(LMDBFailure) {
        if let size, !LMDBHandle.canReserve(size) { throw .mapFull(handle.reservation) }
        let reservation = handle.reservation
        let result = handle.resize(to: size)
        if result == 0 { return }
        // LMDB has given the old map up by now. The next that comes opens the environment anew.
        lose(handle)
        throw result == ENOMEM ? .mapFull(reservation) : .library(code: result)
    }

    private func lose(_ handle: LMDBHandle) {
        handle.close()
        use.withLock { $0.isLost = true }
    }

    private func reopen(_ handle: inout LMDBHandle) throws(LMDBFailure) {
        if !use.withLock({ $0.isLost }) { lose(handle) }
        var options = options
        options.creates = false
        let opened = try LMDBHandle.open(directory, options)
        do throws(LMDBFailure) {
            // What stands there now may be another, or nobody's any more.
            guard try LMDBEnvironments.key(dataFile) == data else { throw .moved }
            try opened.settle()
        } catch {
            opened.close()
            throw error
        }
        handle = opened
        use.withLock { $0.isLost = false }
    }
}
