import CLMDB
import StrataRefs
import SystemPackage

/// Changes the lines of reflogs in a write transaction.
struct LMDBLogWriter {
    private let writer: LMDBWriter

    init(_ writer: LMDBWriter) { self.writer = writer }

    /// Adds a line at the end of a reflog. `isNew` = it has none yet.
    func append(_ record: [UInt8], to log: UInt64, isNew: Bool) throws(RefError) {
        var line: UInt64 = 1
        if !isNew, let last = try lastLine(log) {
            guard last < .max else {
                throw LMDBFailure.damaged("the number of a line is too large").error(
                    at: writer.environment.directory.string)
            }
            line = last + 1
        }
        unsafe try with(LMDBLogLine.key(log, line)) { key throws(RefError) in
            try unsafe writer.put(writer.logs, key, record)
        }
    }

    /// Deletes all lines of a reflog.
    func deleteLines(_ log: UInt64) throws(RefError) {
        while let key = try firstKey(log) {
            unsafe try with(key) { key throws(RefError) in try unsafe writer.delete(writer.logs, key) }
        }
    }

    private func firstKey(_ log: UInt64) throws(RefError) -> [UInt8]? {
        let found = unsafe try with(LMDBLogLine.key(log, 0)) { key throws(RefError) in
            unsafe try writer.move(writer.logs, MDB_SET_RANGE, key)
        }
        return unsafe key(found, of: log)
    }

    /// The number of a reflog's last line.
    private func lastLine(_ log: UInt64) throws(RefError) -> UInt64? {
        let next = unsafe try with(LMDBLogLine.key(log + 1, 0)) { key throws(RefError) in
            unsafe try writer.move(writer.logs, MDB_SET_RANGE, key)
        }
        let found = unsafe try writer.move(writer.logs, unsafe next == nil ? MDB_LAST : MDB_PREV)
        return unsafe key(found, of: log)?.withUnsafeBytes { unsafe $0.number(at: 8) }
    }

    /// The key of `record`, if that is a line of `log`.
    private func key(_ record: strata_lmdb_record?, of log: UInt64) -> [UInt8]? {
        guard let record = unsafe record, unsafe record.key_count == LMDBLogLine.keyCount else { return nil }
        let key = unsafe UnsafeRawBufferPointer(start: record.key, count: record.key_count)
        return unsafe key.number(at: 0) == log ? unsafe Array(key) : nil
    }

    private func with<T>(_ key: [UInt8], _ body: (strata_lmdb_key) throws(RefError) -> T) throws(RefError) -> T {
        try unsafe key.span.withUnsafeBytes { bytes throws(RefError) in
            unsafe try body(strata_lmdb_key(bytes))
        }
    }
}
