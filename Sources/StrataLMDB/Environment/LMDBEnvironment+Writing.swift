import CLMDB
import Glibc
package import StrataIO
package import StrataRefs
import SystemPackage

extension LMDBEnvironment {
    /// How often a transaction is begun anew. The room for it is doubled each time.
    private static let mostTries = 40

    /// Runs `body` in a write transaction and commits it; when it throws, nothing has changed. For those inside the gate, or who
    /// change nothing that a hold protects. Begins and ends on this thread, as LMDB needs it.
    ///
    /// When the reservation is used up it is doubled, for which this process's read transactions must end, and `body` runs again.
    func write<T>(
        _ durability: Durability, until deadline: @autoclosure () -> Deadline,
        _ body: (LMDBWriter) throws(RefError) -> T
    ) throws(RefError) -> T {
        guard !isReadOnly else { throw LMDBFailure.readOnly.error(at: directory.string) }
        var (tries, end) = (0, Deadline?.none)
        while true {
            var changes = 0
            do throws(RefError) {
                return try writeOnce(durability, &changes, body)
            } catch {
                tries += 1
                let deadline = end ?? deadline()
                end = deadline
                guard tries < Self.mostTries, try repaired(after: error, since: changes, until: deadline) else {
                    throw error
                }
            }
        }
    }

    /// - Parameter changes: how often the handle was changed before.
    private func writeOnce<T>(
        _ durability: Durability, _ changes: inout Int, _ body: (LMDBWriter) throws(RefError) -> T
    ) throws(RefError) -> T {
        var kept: LMDBWriterMemory?
        try enter { use in (changes, kept) = (use.changes, use.memory.take()) }
        let memory = kept ?? LMDBWriterMemory()
        kept = nil
        defer { leave { $0.memory = kept } }
        var begun: OpaquePointer?
        let status = unsafe mdb_txn_begin(handle.environment, nil, 0, &begun)
        guard status == 0, let txn = unsafe begun else {
            try check(status)
            throw LMDBFailure.library(code: ENOMEM).error(at: directory.string)
        }
        // Of the environment, not of the transaction: LMDB looks at it when it commits, and nobody else of this process does so meanwhile.
        unsafe mdb_env_set_flags(handle.environment, UInt32(MDB_NOMETASYNC), durability == .none ? 1 : 0)
        let id = unsafe UInt64(mdb_txn_id(txn))
        memory.begin(handle.mapping, transaction: id)
        let writer = unsafe LMDBWriter(self, txn, memory)
        defer { writer.isOver = true }
        let result: T
        do throws(RefError) {
            // From here on a transaction that is not ended keeps all writers out.
            try check(0)
            try checkPlace(memory)
            result = try body(writer)
            try writer.finish()
            try check(0)
        } catch {
            unsafe mdb_txn_abort(txn)
            throw error
        }
        let committed = unsafe strata_lmdb_commit(txn)
        if committed != 0 { throw failure(ofCommit: id, committed).error(at: directory.string) }
        memory.end(after: writer.hasChanged ? id : id &- 1)
        kept = memory
        return result
    }

    /// What it means that the commit of transaction `id` gave `result`.
    private func failure(ofCommit id: UInt64, _ result: Int32) -> LMDBFailure {
        if handle.isCutShort { return .cutShort }
        let failure = LMDBFailure(result: result, reservation: handle.reservation) ?? .library(code: result)
        guard result > 0 else { return failure }
        // For other processes; this one opens the environment anew and does more then.
        _ = unsafe mdb_env_sync(handle.environment, 1)
        if LMDBSettlement.isSeen(id, in: dataFile) { return .uncertain(code: result) }
        // A disk that gets full in the middle of a write takes a part of it, which LMDB reports as EIO.
        return result == EIO && LMDBFileCheck.isFull(directory) ? .diskFull : failure
    }

    /// For so many nanoseconds it is believed that the environment is where it was: to look is a tenth of a commit that is not synced.
    private static let placeTrust: Int64 = 200_000

    /// Looks whether the environment is still where it was opened, if it was not seen a moment ago. One that was moved away is nobody's any more: what is
    /// written there is lost. Within a write transaction, so that none begins before a move of ours and ends behind it (``freezing(until:_:)``).
    /// Of a move by others it tells from ``placeTrust`` behind it on.
    private func checkPlace(_ memory: LMDBWriterMemory) throws(RefError) {
        let now = monotonicNanoseconds()
        if let seen = memory.placeSeen, now - seen < Self.placeTrust { return }
        memory.placeSeen = nil
        try checkPlace()
        memory.placeSeen = now
    }

    private func checkPlace() throws(RefError) {
        let name = dataFileName
        let stat: FileStat?
        do throws(FileError) {
            stat = try FileStat.stat(name.span, in: FileDescriptor(rawValue: AT_FDCWD))
        } catch {
            throw LMDBFailure(error).error(at: directory.string, "\(error)")
        }
        guard stat?.inode == data.inode, stat?.device == data.device else {
            throw LMDBFailure.moved.error(at: directory.string)
        }
    }

    /// Whether it is where it was opened.
    package var isInPlace: Bool {
        do throws(RefError) { try checkPlace() } catch { return false }
        return true
    }

    /// Runs `body` while writers wait at the gate. What changes no references (reflogs) does not come through there.
    package func keepingWritersOut<T>(until deadline: Deadline, _ body: () throws(RefError) -> T) throws(RefError) -> T
    {
        try gate.enter(until: deadline)
        defer { gate.leave() }
        return try body()
    }

    /// Runs `body` while nobody, of all threads and processes, can write anything; whoever waits meanwhile looks at the environment's place
    /// behind it.
    package func freezing<T>(until deadline: Deadline, _ body: () throws(RefError) -> T) throws(RefError) -> T {
        try keepingWritersOut(until: deadline) { () throws(RefError) in
            try write(.none, until: deadline) { _ throws(RefError) in
                // Until nobody believes any more what was seen before.
                let end = monotonicNanoseconds() + Self.placeTrust
                while monotonicNanoseconds() <= end { usleep(100) }
                return try body()
            }
        }
    }

    /// Deletes everything in it, in one commit.
    package func deleteEverything() throws(RefError) {
        try write(.none, until: .after(milliseconds: 10_000)) { writer throws(RefError) in try writer.deleteEverything()
        }
    }

    /// Makes all that was committed last.
    package func sync() throws(RefError) {
        try using { handle throws(RefError) in try check(unsafe mdb_env_sync(handle.environment, 1)) }
    }
}
