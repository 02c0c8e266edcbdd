import CLMDB
import StrataIO
import StrataRefs
import SystemPackage

extension LMDBEnvironment {
    /// How many reset read transactions are kept. Each takes a place in the lock table.
    private static let mostIdle = 16

    /// A read transaction: the references as they are now. Ends with the last that uses it.
    func read() throws(RefError) -> LMDBReadTransaction {
        let changes = changes
        do throws(RefError) {
            return try readOnce()
        } catch {
            guard try repaired(after: error, since: changes, until: .after(milliseconds: 1000)) else { throw error }
        }
        return try readOnce()
    }

    private func readOnce() throws(RefError) -> LMDBReadTransaction {
        try enter()
        do throws(RefError) {
            return unsafe LMDBReadTransaction(self, unsafe try begunRead())
        } catch {
            leave()
            throw error
        }
    }

    private func begunRead() throws(RefError) -> OpaquePointer {
        if let idle = use.withLock({ $0.idle.popLast() }) {
            if unsafe mdb_txn_renew(idle.txn) == 0 { return unsafe idle.txn }
            idle.abort()
        }
        for isLast in [false, true] {
            var begun: OpaquePointer?
            let result = unsafe mdb_txn_begin(handle.environment, nil, UInt32(MDB_RDONLY), &begun)
            if result == 0, let begun = unsafe begun { return unsafe begun }
            guard result == MDB_READERS_FULL, !isLast else {
                try check(result)
                break
            }
            // Processes that died keep their places until somebody looks.
            var dead: Int32 = 0
            try check(unsafe mdb_reader_check(handle.environment, &dead))
        }
        throw LMDBFailure.readersFull.error(at: directory.string)
    }

    func end(_ txn: OpaquePointer) {
        unsafe mdb_txn_reset(txn)
        let isKept = use.withLock { use in
            let isKept = use.idle.count < Self.mostIdle && !use.isClosing
            if isKept { use.idle.append(unsafe IdleTransaction(txn)) }
            return isKept
        }
        if !isKept { unsafe mdb_txn_abort(txn) }
        leave()
    }
}

/// A read transaction that was reset: renewed it sees the present state.
@safe
struct IdleTransaction {
    let txn: OpaquePointer

    init(_ txn: OpaquePointer) { unsafe self.txn = txn }

    func abort() { unsafe mdb_txn_abort(txn) }
}
