import CLMDB
import StrataIO
import StrataModel
import StrataRefs

/// The reflogs of a store. Each read is of one state; each change is a commit of its own.
struct LMDBReflogs: ReflogStore {
    let store: LMDBRefStore

    private func snapshot() throws(RefError) -> LMDBRefSnapshot {
        try LMDBRefSnapshot(try store.environment.read(), store.place)
    }

    private func write<T>(_ body: (LMDBRefWriter) throws(RefError) -> T) throws(RefError) -> T {
        try store.environment.write(store.durability, until: store.deadline(nil)) { writer throws(RefError) in
            try body(LMDBRefWriter(writer, store))
        }
    }

    func exists(_ name: RefName) throws(RefError) -> Bool { try snapshot().log(name) != nil }

    func read(
        _ name: RefName, newestFirst: Bool, _ body: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) {
        let algorithm = store.hashAlgorithm
        try lines(name, newestFirst: newestFirst) { line throws(RefError) in
            guard let entry = ReflogLine.parse(line.span, algorithm) else { return true }
            return try body(entry)
        }
    }

    /// Calls `body` with each line as it stands in a file, with its line feed, until it returns false.
    func lines(
        _ name: RefName, newestFirst: Bool, _ body: ([UInt8]) throws(RefError) -> Bool
    ) throws(RefError) {
        let snapshot = try snapshot()
        guard let log = try snapshot.log(name) else { return }
        let environment = store.environment
        let walk = try LMDBRecordWalk(snapshot.transaction, environment.handle.logs)
        let step = newestFirst ? MDB_PREV : MDB_NEXT
        let first = LMDBLogLine.key(newestFirst ? log + 1 : log, 0)
        var found = try unsafe first.span.withUnsafeBytes { bytes throws(RefError) in
            unsafe try walk.move(MDB_SET_RANGE, strata_lmdb_key(bytes))
        }
        if newestFirst { unsafe found = unsafe try walk.move(unsafe found == nil ? MDB_LAST : MDB_PREV) }
        while let record = unsafe found {
            let key = unsafe UnsafeRawBufferPointer(start: record.key, count: record.key_count)
            guard key.count == LMDBLogLine.keyCount, unsafe key.number(at: 0) == log else { break }
            let line: [UInt8]
            do throws(LMDBFailure) {
                line = unsafe try LMDBLogLine.line(
                    UnsafeRawBufferPointer(start: record.value, count: record.value_count), store.hashAlgorithm)
            } catch {
                throw environment.damage(error, name)
            }
            guard try body(line) else { break }
            unsafe found = try walk.move(step)
        }
        try environment.check(0)
    }

    func names() throws(RefError) -> [RefName] {
        var names: [RefName] = []
        try LMDBLogNames(try snapshot()).walk { name, _ throws(RefError) in names.append(name) }
        return names
    }

    func create(_ name: RefName) throws(RefError) {
        if try exists(name) { return }
        _ = try write { writer throws(RefError) in try writer.createLog(name) }
    }

    func delete(_ name: RefName) throws(RefError) {
        guard try exists(name) else { return }
        try write { writer throws(RefError) in try writer.deleteLog(name) }
    }

    func expire(
        _ name: RefName, rewrite: Bool, keep: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) -> Int {
        guard try exists(name) else { return 0 }
        var kept: [[UInt8]] = []
        var (count, isChanged) = (0, false)
        var last = ObjectID.zero(store.hashAlgorithm)
        let algorithm = store.hashAlgorithm
        try lines(name, newestFirst: false) { line throws(RefError) in
            // Malformed lines go, as in files.
            guard var entry = ReflogLine.parse(line.span, algorithm) else {
                isChanged = true
                return true
            }
            count += 1
            let old = entry.old
            if rewrite { entry.old = last }
            guard try keep(entry) else {
                isChanged = true
                return true
            }
            isChanged = isChanged || entry.old != old
            last = entry.new
            kept.append(
                entry.old == old ? LMDBLogLine.bytes(ofLine: line.dropLast(), algorithm) : LMDBLogLine.bytes(of: entry))
            return true
        }
        guard isChanged else { return 0 }
        try write { writer throws(RefError) in
            let log = try writer.createLog(name)
            let logs = LMDBLogWriter(writer.writer)
            try logs.deleteLines(log)
            var isNew = true
            for record in kept {
                try logs.append(record, to: log, isNew: isNew)
                isNew = false
            }
        }
        return count - kept.count
    }
}

/// The names that have a reflog, in order, and the numbers of those, in a snapshot.
struct LMDBLogNames {
    private let snapshot: LMDBRefSnapshot

    init(_ snapshot: LMDBRefSnapshot) { self.snapshot = snapshot }

    func walk(_ body: (RefName, UInt64) throws(RefError) -> Void) throws(RefError) {
        guard let scope = snapshot.scope else { return }
        let environment = snapshot.transaction.environment
        let walk = try LMDBRecordWalk(snapshot.transaction, environment.handle.refs)
        unsafe try walk.seek(strata_lmdb_key(bytes: nil, count: 0, scope: scope, is_scoped: 1, is_long: 0))
        while let found = unsafe try walk.next() {
            let key = unsafe UnsafeRawBufferPointer(start: found.key, count: found.key_count)
            guard key.count > 4, unsafe key.number(at: 0) == scope else { break }
            let logs: [(RefName, UInt64)]
            do throws(LMDBFailure) {
                logs = unsafe try Self.logs(key, found, environment.hashAlgorithm)
            } catch {
                throw environment.damage(error, nil)
            }
            for (name, log) in logs { try body(name, log) }
        }
        try environment.check(0)
    }

    static func logs(
        _ key: UnsafeRawBufferPointer, _ found: strata_lmdb_record, _ algorithm: HashAlgorithm
    ) throws(LMDBFailure) -> [(RefName, UInt64)] {
        let value = unsafe UnsafeRawBufferPointer(start: found.value, count: found.value_count)
        guard unsafe LMDBRefKey.isLong(key) else {
            guard let log = unsafe try LMDBRefRecord(value, algorithm).log else { return [] }
            return unsafe [(RefName(unchecked: Array(key[4...])), log)]
        }
        let start = unsafe Array(key[4...].dropLast())
        var all: [(RefName, UInt64)] = []
        for entry in unsafe try LMDBLongNames(value).entries {
            let log = try unsafe entry.record.span.withUnsafeBytes { bytes throws(LMDBFailure) in
                unsafe try LMDBRefRecord(bytes, algorithm).log
            }
            if let log { all.append((RefName(unchecked: start + entry.suffix), log)) }
        }
        return all
    }
}
