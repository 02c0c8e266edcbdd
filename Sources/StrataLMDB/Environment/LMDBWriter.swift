import CLMDB
import Glibc
import StrataRefs
import SystemPackage

/// A write transaction, as ``LMDBEnvironment/write(_:until:_:)`` gives it: records read, changed, and if asked what takes the changes back.
///
/// What it reads is valid until the next change.
@safe
final class LMDBWriter {
    let environment: LMDBEnvironment
    private let txn: OpaquePointer
    private var metadata: LMDBMetadata?
    /// Whether the transaction has ended: what is left of what it was used for must not touch it.
    var isOver = false
    private var isMetadataChanged = false
    /// Whether anything was written. A commit of nothing leaves LMDB's number to the next.
    private(set) var hasChanged = false
    /// By the numbers of the databases, as many as there can be (``LMDBHandle/databaseCount``).
    private var cursors = unsafe InlineArray<10, OpaquePointer?>(repeating: nil)
    /// For changes, which go on from the page that the last came to. By themselves: those that read step to pages beside, on ways that nobody has looked at.
    private var changers = unsafe InlineArray<10, OpaquePointer?>(repeating: nil)
    /// What changes have replaced, in their order; nil = it is not kept.
    private(set) var undo: [LMDBUndo]?
    private let memory: LMDBWriterMemory
    private var path: LMDBPathCheck { memory.path }
    /// Where the references of worktrees were found or are written in this transaction.
    var scopes: [LMDBWorktree: LMDBScope] = [:]
    /// For values that are put together.
    var buffer: [UInt8] {
        get { memory.buffer }
        _modify { yield &memory.buffer }
    }

    init(_ environment: LMDBEnvironment, _ txn: OpaquePointer, _ memory: LMDBWriterMemory) {
        self.environment = environment
        unsafe self.txn = txn
        self.memory = memory
    }

    /// Where it is known that there are no references.
    var gaps: LMDBGaps { memory.gaps }

    var refs: MDB_dbi { environment.handle.refs }
    var logs: MDB_dbi { environment.handle.logs }
    var main: MDB_dbi { environment.handle.main }

    // MARK: The record of the environment

    private func loadedMetadata() throws(RefError) -> LMDBMetadata {
        if let metadata { return metadata }
        guard let bytes = unsafe try main(LMDBMetadata.key) else {
            throw LMDBFailure.damaged("its record has gone").error(at: environment.directory.string)
        }
        do throws(LMDBFailure) {
            return unsafe try LMDBMetadata(bytes)
        } catch {
            throw error.error(at: environment.directory.string)
        }
    }

    private func changeMetadata(_ body: (inout LMDBMetadata) -> Void) throws(RefError) -> LMDBMetadata {
        let before = try loadedMetadata()
        var metadata = before
        body(&metadata)
        self.metadata = metadata
        isMetadataChanged = isMetadataChanged || metadata != before
        return before
    }

    /// The number of a new reflog.
    func makeLogNumber() throws(RefError) -> UInt64 { try changeMetadata { $0.nextLog += 1 }.nextLog }

    /// The number of a new linked worktree.
    func makeScopeNumber() throws(RefError) -> UInt32 { try changeMetadata { $0.nextScope += 1 }.nextScope }

    /// Notes that there are records of a kind that an older reader may pass over.
    func noteFeature(_ feature: UInt32) throws(RefError) { _ = try changeMetadata { $0.optionalFeatures |= feature } }

    /// Writes what is to be written last.
    func finish() throws(RefError) {
        guard isMetadataChanged, let metadata else { return }
        do throws(LMDBFailure) {
            unsafe try LMDBHandle.write(metadata, txn, main)
            hasChanged = true
        } catch {
            throw error.error(at: environment.directory.string)
        }
    }

    // MARK: Records

    func get(_ dbi: MDB_dbi, _ key: strata_lmdb_key) throws(RefError) -> UnsafeRawBufferPointer? {
        unsafe try checkPath(dbi, key)
        var found = unsafe strata_lmdb_record()
        let result = unsafe withUnsafePointer(to: key) { unsafe strata_lmdb_get(txn, dbi, $0, &found) }
        if result == MDB_NOTFOUND { return nil }
        try environment.check(result)
        return unsafe UnsafeRawBufferPointer(start: found.value, count: found.value_count)
    }

    func put(_ dbi: MDB_dbi, _ key: strata_lmdb_key, _ value: [UInt8]) throws(RefError) {
        unsafe try checkPath(dbi, key)
        unsafe try keepForUndo(dbi, key)
        if dbi == refs { unsafe gaps.forget(at: key) }
        try environment.check(unsafe put(dbi, key, value, 0))
        hasChanged = true
    }

    /// Writes a record that stands behind all others, as far as anybody knows: then it costs no search, and pages get full.
    func append(_ dbi: MDB_dbi, _ key: strata_lmdb_key, _ value: [UInt8]) throws(RefError) {
        // LMDB goes there by the last page of each branch, whatever the key is.
        try checkPages { path throws(LMDBFailure) in try path.checkEnd(dbi, name(of: dbi)) }
        if dbi == refs { unsafe gaps.forget(at: key) }
        let result = unsafe try put(dbi, key, value, UInt32(MDB_APPEND))
        if result == MDB_KEYEXIST { return unsafe try put(dbi, key, value) }
        try environment.check(result)
        hasChanged = true
    }

    private func put(
        _ dbi: MDB_dbi, _ key: strata_lmdb_key, _ value: [UInt8], _ flags: UInt32
    ) throws(RefError) -> Int32 {
        let cursor = unsafe try changer(of: dbi)
        return unsafe withUnsafePointer(to: key) { unsafe strata_lmdb_put_from(cursor, $0, value, value.count, flags) }
    }

    /// Deletes all references and reflogs, and the numbers and tokens of worktrees.
    func deleteEverything() throws(RefError) {
        for dbi in [refs, logs] {
            closeChanger(of: dbi)
            try checkPages { path throws(LMDBFailure) in try path.checkWhole(dbi, name(of: dbi)) }
            try environment.check(unsafe strata_lmdb_empty(txn, dbi))
            hasChanged = true
        }
        scopes = [:]
        for prefix in [LMDBScopes.key([]), LMDBToken.key([])] { try deleteAll(startingWith: prefix) }
    }

    /// Deletes the records of the unnamed database whose keys begin with `prefix`.
    private func deleteAll(startingWith prefix: [UInt8]) throws(RefError) {
        while true {
            let found = try unsafe prefix.span.withUnsafeBytes { bytes throws(RefError) in
                unsafe try move(main, MDB_SET_RANGE, strata_lmdb_key(bytes))
            }
            guard let found = unsafe found else { return }
            let key = unsafe Array(UnsafeRawBufferPointer(start: found.key, count: found.key_count))
            guard key.starts(with: prefix) else { return }
            try unsafe key.span.withUnsafeBytes { bytes throws(RefError) in
                unsafe try delete(main, strata_lmdb_key(bytes))
            }
        }
    }

    func delete(_ dbi: MDB_dbi, _ key: strata_lmdb_key) throws(RefError) {
        unsafe try checkPath(dbi, key, withNeighbours: true)
        unsafe try keepForUndo(dbi, key)
        let before = pageCount(dbi)
        closeChanger(of: dbi)
        let result = unsafe withUnsafePointer(to: key) { unsafe strata_lmdb_delete(txn, dbi, $0) }
        if result == MDB_NOTFOUND { return }
        try environment.check(result)
        hasChanged = true
        let after = pageCount(dbi)
        if after.leaves < before.leaves || after.branches < before.branches { path.noteJoined(dbi) }
    }

    /// How many pages the tree of a database has, but for those of long values.
    private func pageCount(_ dbi: MDB_dbi) -> (branches: Int, leaves: Int) {
        var stat = MDB_stat()
        return unsafe mdb_stat(txn, dbi, &stat) == 0 ? (stat.ms_branch_pages, stat.ms_leaf_pages) : (0, 0)
    }

    /// One step through a database, from where the last has led; `step` as LMDB has it.
    func move(
        _ dbi: MDB_dbi, _ step: MDB_cursor_op, _ key: strata_lmdb_key? = nil
    ) throws(RefError) -> strata_lmdb_record? {
        let cursor = unsafe try cursor(of: dbi)
        if let key = unsafe key { unsafe try checkPath(dbi, key) }
        var found = unsafe strata_lmdb_record()
        let result = unsafe withLMDBKey(key) { unsafe strata_lmdb_move(cursor, step, $0, &found) }
        if result == MDB_NOTFOUND { return nil }
        try environment.check(result)
        if let start = unsafe found.key {
            try checkPages { path throws(LMDBFailure) in unsafe try path.check(recordAt: start) }
        }
        return unsafe found
    }

    private func cursor(of dbi: MDB_dbi) throws(RefError) -> OpaquePointer {
        if let known = unsafe cursors[Int(dbi)] { return unsafe known }
        let opened = unsafe try openCursor(in: dbi)
        unsafe cursors[Int(dbi)] = opened
        return unsafe opened
    }

    private func changer(of dbi: MDB_dbi) throws(RefError) -> OpaquePointer {
        if let known = unsafe changers[Int(dbi)] { return unsafe known }
        let opened = unsafe try openCursor(in: dbi)
        unsafe changers[Int(dbi)] = opened
        return unsafe opened
    }

    /// Opens a cursor, which goes with the transaction.
    private func openCursor(in dbi: MDB_dbi) throws(RefError) -> OpaquePointer {
        var opened: OpaquePointer?
        try environment.check(unsafe strata_lmdb_open_cursor(txn, dbi, &opened))
        guard let cursor = unsafe opened else {
            throw LMDBFailure.library(code: ENOMEM).error(at: environment.directory.string)
        }
        return unsafe cursor
    }

    /// What is deleted may join pages: from where the cursor was none is to go on.
    private func closeChanger(of dbi: MDB_dbi) {
        let index = Int(dbi)
        if let cursor = unsafe changers[index] { unsafe mdb_cursor_close(cursor) }
        unsafe changers[index] = nil
    }

    // MARK: Pages

    private func name(of dbi: MDB_dbi) -> StaticString? { dbi == refs ? "refs" : dbi == logs ? "logs" : nil }

    private func checkPages(_ body: (LMDBPathCheck) throws(LMDBFailure) -> Void) throws(RefError) {
        do throws(LMDBFailure) {
            try body(path)
        } catch {
            throw environment.damage(error, nil)
        }
    }

    private func checkPath(
        _ dbi: MDB_dbi, _ key: strata_lmdb_key, withNeighbours: Bool = false
    ) throws(RefError) {
        let (path, name) = (memory.path, name(of: dbi))
        do throws(LMDBFailure) {
            try unsafe key.withWholeKey { bytes throws(LMDBFailure) in
                unsafe try path.check(dbi, name, bytes, withNeighbours: withNeighbours)
            }
        } catch {
            throw environment.damage(error, nil)
        }
    }

    // MARK: Undo

    /// From now on keeps what changes replace.
    func beginUndo() { undo = [] }

    private func keepForUndo(_ dbi: MDB_dbi, _ key: strata_lmdb_key) throws(RefError) {
        guard undo != nil else { return }
        let one = unsafe LMDBUndo(dbi: dbi, key: key, value: try get(dbi, key).map { unsafe Array($0) })
        undo?.append(one)
    }

    /// Takes back the changes from the `start`-th on.
    func takeBack(from start: Int) throws(RefError) {
        guard let all = undo else { return }
        undo = nil
        try takeBack(Array(all[start...]))
        undo = Array(all[..<start])
    }

    /// Takes back the changes that `undo` is of, the last first.
    func takeBack(_ undo: [LMDBUndo]) throws(RefError) {
        scopes = [:]
        for one in undo.reversed() {
            if one.dbi == main { try forgetScope(one.name) }
            try unsafe one.name.span.withUnsafeBytes { name throws(RefError) in
                let key = unsafe strata_lmdb_key(
                    bytes: name.baseAddress, count: name.count, scope: one.scope, is_scoped: one.isScoped ? 1 : 0,
                    is_long: one.isLong ? 1 : 0)
                if let value = one.value {
                    unsafe try put(one.dbi, key, value)
                } else {
                    unsafe try delete(one.dbi, key)
                }
            }
        }
    }
}

/// What a change of a record has replaced.
struct LMDBUndo {
    let dbi: MDB_dbi
    let name: [UInt8]
    let scope: UInt32
    let isScoped: Bool
    let isLong: Bool
    /// nil = there was no such record.
    let value: [UInt8]?

    init(dbi: MDB_dbi, key: strata_lmdb_key, value: [UInt8]?) {
        self.dbi = dbi
        unsafe name = Array(UnsafeRawBufferPointer(start: key.bytes, count: key.count))
        unsafe (scope, isScoped, isLong) = (key.scope, key.is_scoped != 0, key.is_long != 0)
        self.value = value
    }
}
