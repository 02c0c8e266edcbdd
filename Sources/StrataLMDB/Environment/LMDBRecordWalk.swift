import CLMDB
import StrataRefs
import SystemPackage

/// A walk over the records of a database in a state, many at a time.
///
/// For one thread at a time, as cursors are.
@safe
final class LMDBRecordWalk {
    /// What changes from one record to the next: behind a pointer, so that each step is a load and a store.
    @safe
    private struct Progress {
        var index = 0
        var count = 0
        var isAtEnd = false
        /// How many records are fetched in one call: few at first, for many walks are short.
        var fetch = 4
        var leaf = unsafe strata_lmdb_leaf()
    }

    let transaction: LMDBReadTransaction
    private let cursor: OpaquePointer
    private let records: UnsafeMutablePointer<strata_lmdb_record>
    private let progress: UnsafeMutablePointer<Progress>
    private static let mostFetched = 64

    init(_ transaction: LMDBReadTransaction, _ dbi: MDB_dbi) throws(RefError) {
        self.transaction = transaction
        var opened: OpaquePointer?
        let result = unsafe transaction.withTransaction { unsafe strata_lmdb_open_cursor($0, dbi, &opened) }
        guard result == 0, let cursor = unsafe opened else {
            try transaction.environment.check(result)
            throw LMDBFailure.library(code: MDB_PANIC).error(at: transaction.environment.directory.string)
        }
        unsafe self.cursor = cursor
        unsafe records = .allocate(capacity: Self.mostFetched)
        unsafe progress = .allocate(capacity: 1)
        unsafe progress.initialize(to: Progress())
    }

    deinit {
        unsafe transaction.withTransaction { _ in unsafe mdb_cursor_close(cursor) }
        unsafe records.deallocate()
        unsafe progress.deallocate()
    }

    /// The next record, valid as long as the transaction lives; nil at the end.
    func next() throws(RefError) -> strata_lmdb_record? {
        guard let at = unsafe try nextPlace() else { return nil }
        return unsafe at.pointee
    }

    /// Where the next record stands, until the next step; nil at the end.
    @inline(__always)
    func nextPlace() throws(RefError) -> UnsafePointer<strata_lmdb_record>? {
        let index = unsafe progress.pointee.index
        if unsafe index < progress.pointee.count {
            unsafe progress.pointee.index = index + 1
            return unsafe UnsafePointer(records + index)
        }
        return unsafe try more() ? UnsafePointer(records) : nil
    }

    /// The last record that was fetched with the present one; nil = there is none.
    var lastFetched: UnsafePointer<strata_lmdb_record>? {
        let count = unsafe progress.pointee.count
        return unsafe count > 0 ? UnsafePointer(records + count - 1) : nil
    }

    /// Whether the record that was given last was the first that was fetched.
    @inline(__always)
    var isAtFirst: Bool { unsafe progress.pointee.index == 1 }

    /// Fetches more records, of which the first counts as given.
    @inline(never)
    private func more() throws(RefError) -> Bool {
        if unsafe progress.pointee.isAtEnd { return false }
        unsafe progress.pointee.fetch = min(progress.pointee.fetch * 4, Self.mostFetched)
        try unsafe fill(nil)
        guard unsafe progress.pointee.count > 0 else { return false }
        unsafe progress.pointee.index = 1
        return true
    }

    /// Goes to the first record that is not before `key`.
    func seek(_ key: strata_lmdb_key) throws(RefError) {
        unsafe progress.pointee = Progress()
        try unsafe withUnsafePointer(to: key) { key throws(RefError) in try unsafe fill(key) }
    }

    private func fill(_ key: UnsafePointer<strata_lmdb_key>?) throws(RefError) {
        var filled = 0
        let wanted = unsafe progress.pointee.fetch
        unsafe progress.pointee.index = 0
        unsafe progress.pointee.count = 0
        let result = unsafe transaction.withTransaction { _ in
            unsafe withMap { map in
                unsafe strata_lmdb_records(cursor, map, &progress.pointee.leaf, key, records, wanted, &filled)
            }
        }
        try transaction.check(result)
        var longest = 0
        for index in 0..<filled { unsafe longest = max(longest, records[index].value_count) }
        try transaction.environment.checkLength(longest)
        unsafe progress.pointee.count = filled
        unsafe progress.pointee.isAtEnd = filled < wanted
    }

    private func withMap<R>(_ body: (UnsafePointer<strata_lmdb_map>?) -> R) -> R {
        guard let mapping = transaction.mapping else { return body(nil) }
        return unsafe withUnsafePointer(to: mapping.map) { unsafe body($0) }
    }

    /// One step, by LMDB's own operations; nil at the end. Not to be mixed with ``next()``.
    func move(_ step: MDB_cursor_op, _ key: strata_lmdb_key? = nil) throws(RefError) -> strata_lmdb_record? {
        var found = unsafe strata_lmdb_record()
        let result = unsafe transaction.withTransaction { _ in
            unsafe withLMDBKey(key) { unsafe strata_lmdb_move(cursor, step, $0, &found) }
        }
        if result == MDB_NOTFOUND { return nil }
        try transaction.environment.check(result)
        try transaction.environment.checkLength(unsafe found.value_count)
        return unsafe found
    }
}
