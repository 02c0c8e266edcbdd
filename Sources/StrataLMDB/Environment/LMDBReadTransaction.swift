import CLMDB
import StrataRefs
import Synchronization
import SystemPackage

/// A state of the references that does not change: a read transaction. What it gives lies in the mapped file as long as this lives.
///
/// Sendable because LMDB's transaction is touched under the lock only, and the pages of its state do not change until it ends.
@safe
final class LMDBReadTransaction: @unchecked Sendable {
    let environment: LMDBEnvironment
    /// Those of the environment's handle, which stays as it is as long as anybody reads.
    let refs: MDB_dbi
    let mapping: LMDBMapping?
    private let txn: OpaquePointer
    private let lock = Mutex(())

    /// Takes over `txn`, and the count of its use.
    init(_ environment: LMDBEnvironment, _ txn: OpaquePointer) {
        self.environment = environment
        (refs, mapping) = (environment.handle.refs, environment.handle.mapping)
        unsafe self.txn = txn
    }

    deinit { unsafe environment.end(txn) }

    /// The number of the transaction whose state this is.
    var id: UInt64 { lock.withLock { _ in unsafe UInt64(mdb_txn_id(txn)) } }

    /// The value of `key`, valid as long as this lives; nil when there is none.
    func get(_ dbi: MDB_dbi, _ key: strata_lmdb_key) throws(RefError) -> UnsafeRawBufferPointer? {
        var found = unsafe strata_lmdb_record()
        let result = lock.withLock { _ in
            unsafe withUnsafePointer(to: key) { unsafe strata_lmdb_get(txn, dbi, $0, &found) }
        }
        if result == MDB_NOTFOUND {
            try check(0)
            return nil
        }
        try check(result)
        try environment.checkLength(unsafe found.value_count)
        return unsafe UnsafeRawBufferPointer(start: found.value, count: found.value_count)
    }

    /// What a result means, and what the mapping says of the file.
    @inline(__always)
    func check(_ result: Int32) throws(RefError) {
        if result != 0 || mapping?.isCutShort ?? false { try environment.check(result) }
    }

    /// Runs `body` with the transaction, which no other thread uses meanwhile.
    func withTransaction<T>(_ body: (OpaquePointer) -> T) -> T { lock.withLock { _ in unsafe body(txn) } }
}
