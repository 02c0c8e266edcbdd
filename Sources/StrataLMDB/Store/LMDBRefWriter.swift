import CLMDB
import StrataModel
import StrataRefs

/// Carries out the edits of a store in a write transaction, and reads what it has done.
struct LMDBRefWriter {
    let writer: LMDBWriter
    let store: LMDBRefStore
    private let place: LMDBWorktree?
    private let known: LMDBToken?

    /// - Parameter known: the token that the worktree's directory had a moment ago.
    init(_ writer: LMDBWriter, _ store: LMDBRefStore, knowing known: LMDBToken? = nil) {
        self.writer = writer
        self.store = store
        self.known = known
        place = store.place
    }

    /// The number that the keys begin with; that of a worktree is made when it is first written to.
    private func scope() throws(RefError) -> UInt32 {
        guard let place else { return LMDBScopes.shared }
        guard place.id.count <= LMDBScopes.idLimit else {
            throw RefError(.invalid, "the name of a worktree is too long")
        }
        return try writer.scope(of: place, knowing: known)
    }

    /// Changes nothing when an edit cannot be kept.
    ///
    /// - Parameter logged: the names that may have a reflog, of those whose records were read in this transaction; nil = any may.
    func apply(_ edits: [ResolvedRefEdit], logged: Set<RefName>? = nil) throws(RefError) {
        // In their order the changes of one page come together.
        let sorted = try edits.checkLimitsAndOrder() ? edits : edits.stableSorted()
        let span = sorted.span
        guard let first = span.indices.first(where: { span[$0].leavesTrace }) else { return }
        let scope = try scope()
        var logged = logged
        // Field by field: a copy of an edit is a dozen counts of references.
        for index in first..<span.count where span[index].leavesTrace {
            let name = span[index].name
            let mayHaveLog = logged?.contains(name) ?? true
            let madeLog = try apply(
                span[index].action, to: name, scope, span[index].reflog, createsReflog: span[index].createsReflog,
                mayHaveLog: mayHaveLog)
            if madeLog { logged?.insert(name) }
        }
    }

    /// - Returns: whether a reflog was made.
    private func apply(
        _ action: ResolvedRefEdit.Action, to name: RefName, _ scope: UInt32, _ line: ReflogEntry?, createsReflog: Bool,
        mayHaveLog: Bool
    ) throws(RefError) -> Bool {
        let old = mayHaveLog ? try known(name, scope)?.log : nil
        var log = old
        if case .delete = action {
            if let log { try LMDBLogWriter(writer).deleteLines(log) }
            try put(nil, name, scope)
            return false
        }
        if let line, createsReflog || log != nil {
            let isNew = log == nil
            var number = log ?? 0
            if isNew { number = try writer.makeLogNumber() }
            try LMDBLogWriter(writer).append(LMDBLogLine.bytes(of: line), to: number, isNew: isNew)
            log = number
        }
        if case .write(let value) = action {
            try put(bytes(value, name, log), name, scope)
        } else if log != old {
            try setLog(log, of: name, scope)
        }
        return log != old
    }

    private func bytes(_ value: RefValue?, _ name: RefName, _ log: UInt64?) -> [UInt8] {
        writer.buffer.removeAll(keepingCapacity: true)
        LMDBRefRecord.append(value, of: name, log: log, to: &writer.buffer)
        return writer.buffer
    }

    // MARK: Reflogs

    /// Gives `name` a reflog, empty if it has none.
    func createLog(_ name: RefName) throws(RefError) -> UInt64 {
        let scope = try scope()
        if let log = try known(name, scope)?.log { return log }
        let log = try writer.makeLogNumber()
        try setLog(log, of: name, scope)
        return log
    }

    /// Takes the reflog of `name` away, if it has one.
    func deleteLog(_ name: RefName) throws(RefError) {
        let scope = try scope()
        guard let old = try known(name, scope), let log = old.log else { return }
        try LMDBLogWriter(writer).deleteLines(log)
        if old.exists { try setLog(nil, of: name, scope) } else { try put(nil, name, scope) }
    }

    // MARK: Records

    /// What is known of a reference before it is changed.
    struct Known {
        let log: UInt64?
        let exists: Bool
    }

    private func known(_ name: RefName, _ scope: UInt32) throws(RefError) -> Known? {
        try record(name, scope) { record throws(RefError) in Known(log: record.log, exists: record.kind != .none) }
    }

    private func record<T>(
        _ name: RefName, _ scope: UInt32, _ body: (LMDBRefRecord) throws(RefError) -> T
    ) throws(RefError) -> T? {
        let (writer, environment) = (writer, writer.environment)
        return try unsafe LMDBRefKey.with(scope, name.bytes) { key, suffix throws(RefError) in
            guard let found = unsafe try writer.get(writer.refs, key) else { return nil }
            let result = try unsafe LMDBRefRecord.with(found, suffix, environment, name, body)
            try environment.check(0)
            return result
        }
    }

    /// Writes the record of `name` as it is, with another reflog.
    private func setLog(_ log: UInt64?, of name: RefName, _ scope: UInt32) throws(RefError) {
        let kept = try record(name, scope) { record throws(RefError) in
            var bytes: [UInt8] = []
            record.append(log: log, to: &bytes)
            return bytes
        }
        try put(kept ?? bytes(nil, name, log), name, scope)
    }

    /// What `name` holds in the write transaction, in the scope that ``readScope()`` gives, and whether it may have a reflog. Where it has no record, it
    /// is noted how far there is none.
    func read(_ name: RefName, _ scope: UInt32?) throws(RefError) -> (value: RefValue?, mayHaveLog: Bool) {
        // Where a worktree has nothing to show now, there may be something when it is written to.
        guard let scope else { return (nil, true) }
        if writer.gaps.contains(name.bytes[...], scope) { return (nil, false) }
        let (writer, environment) = (writer, writer.environment)
        return try unsafe LMDBRefKey.with(scope, name.bytes) { key, suffix throws(RefError) in
            let record: UnsafeRawBufferPointer
            if suffix == nil {
                // As fast as a get.
                let next = unsafe try writer.move(writer.refs, MDB_SET_RANGE, key)
                let end = unsafe next.flatMap { unsafe LMDBRefKey.name(of: $0, in: scope) }
                guard let next = unsafe next, let end = unsafe end, unsafe LMDBRefKey.isKey(end, of: name) else {
                    unsafe writer.gaps.note(scope, from: name.bytes.span, to: end)
                    return (nil, false)
                }
                unsafe record = UnsafeRawBufferPointer(start: next.value, count: next.value_count)
            } else {
                guard let found = unsafe try writer.get(writer.refs, key) else { return (nil, false) }
                unsafe record = found
            }
            let known = try unsafe LMDBRefRecord.with(record, suffix, environment, name) { record throws(RefError) in
                (value: record.value, mayHaveLog: record.log != nil)
            }
            try environment.check(0)
            return known ?? (nil, false)
        }
    }

    /// The number under which the references are; nil = there are none.
    func readScope() throws(RefError) -> UInt32? {
        guard let place else { return LMDBScopes.shared }
        guard place.id.count <= LMDBScopes.idLimit else { return nil }
        return try writer.findScope(of: place, knowing: known).visible
    }

    /// Writes the record of `name`; nil = it goes.
    func put(_ bytes: [UInt8]?, _ name: RefName, _ scope: UInt32) throws(RefError) {
        let (writer, environment) = (writer, writer.environment)
        try unsafe LMDBRefKey.with(scope, name.bytes) { key, suffix throws(RefError) in
            guard let suffix else {
                if let bytes {
                    unsafe try writer.put(writer.refs, key, bytes)
                } else {
                    unsafe try writer.delete(writer.refs, key)
                }
                return
            }
            var names = LMDBLongNames()
            if let found = unsafe try writer.get(writer.refs, key) {
                do throws(LMDBFailure) {
                    names = unsafe try LMDBLongNames(found)
                } catch {
                    throw environment.damage(error, name)
                }
            }
            names[suffix] = bytes
            if names.entries.isEmpty {
                unsafe try writer.delete(writer.refs, key)
            } else {
                unsafe try writer.put(writer.refs, key, names.bytes)
            }
        }
    }

    /// Takes the record of a reference away, which has no reflog.
    func remove(_ name: RefName) throws(RefError) { try put(nil, name, try scope()) }

    /// Writes a reference as another store has it: `content` is what a broken one's file held.
    func carry(_ name: RefName, _ value: RefValue?, _ content: [UInt8], log: UInt64?) throws(RefError) {
        var bytes: [UInt8] = []
        LMDBRefRecord.append(value, of: name, log: log, content: content, to: &bytes)
        try put(bytes, name, try scope())
    }
}

extension [ResolvedRefEdit] {
    /// Whether they are in the order of their names. In one pass: each look at names in the order of edits waits for memory.
    ///
    /// - Throws: as ``ResolvedRefEdit/checkLimits()``.
    fileprivate func checkLimitsAndOrder() throws(RefError) -> Bool {
        let span = span
        var isInOrder = true
        for index in span.indices {
            try span[index].checkLimits()
            if index > 0, isInOrder { isInOrder = span[index - 1].name < span[index].name }
        }
        return isInOrder
    }

    /// By name; those of one name stay in their order.
    fileprivate func stableSorted() -> [ResolvedRefEdit] {
        enumerated().sorted {
            let order = RefNameOrder.compare($0.element.name.bytes.span, $1.element.name.bytes.span)
            return order == 0 ? $0.offset < $1.offset : order < 0
        }.map(\.element)
    }
}
