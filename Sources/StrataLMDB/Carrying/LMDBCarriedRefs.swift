import CLMDB
import StrataIO
package import StrataModel
package import StrataRefs
package import SystemPackage

/// The references of an environment in one state, as they are carried elsewhere.
package struct LMDBCarriedRefs: CarriedRefs {
    let transaction: LMDBReadTransaction
    /// The numbers of the worktrees whose references these are, and no earlier one's of the name.
    private let scopes: [[UInt8]: UInt32]

    /// The references as they are now; the state lasts as long as this.
    ///
    /// - Parameter worktrees: the directory in which those of the linked worktrees are; nil = their tokens are not asked for.
    package init(_ environment: LMDBEnvironment, worktrees: FilePath? = nil) throws(RefError) {
        transaction = try environment.read()
        var scopes: [[UInt8]: UInt32] = [:]
        for id in try LMDBScopes.all(in: transaction) {
            let worktree = LMDBWorktree(id: id, directory: worktrees?.appending(bytes: id))
            scopes[id] = try LMDBScope(of: worktree, in: transaction).visible
        }
        self.scopes = scopes
    }

    /// The number of the change whose state this is.
    package var change: UInt64 { transaction.id }

    /// The number of a worktree; nil = there are no references of it.
    package func scope(of worktree: [UInt8]?) -> UInt32? { worktree.map { scopes[$0] } ?? LMDBScopes.shared }

    /// Whether both are one state: of the database, and of the worktrees that it has references of.
    package func isSameState(as other: LMDBCarriedRefs) -> Bool { change == other.change && scopes == other.scopes }

    package func carry(_ worktree: [UInt8]?, to carrier: any RefCarrier) throws(RefError) {
        guard let scope = scope(of: worktree) else { return }
        let environment = transaction.environment
        let refs = try LMDBRecordWalk(transaction, environment.handle.refs)
        let lines = try LMDBRecordWalk(transaction, environment.handle.logs)
        unsafe try refs.seek(strata_lmdb_key(bytes: nil, count: 0, scope: scope, is_scoped: 1, is_long: 0))
        while let found = unsafe try refs.next() {
            let key = unsafe UnsafeRawBufferPointer(start: found.key, count: found.key_count)
            guard key.count > 4, unsafe key.number(at: 0) == scope else { break }
            let value = unsafe UnsafeRawBufferPointer(start: found.value, count: found.value_count)
            let name = unsafe Array(key[4...])
            guard unsafe LMDBRefKey.isLong(key) else {
                unsafe try carry(name, value, lines, to: carrier)
                continue
            }
            let names: LMDBLongNames
            do throws(LMDBFailure) {
                names = unsafe try LMDBLongNames(value)
            } catch {
                throw environment.damage(error, nil)
            }
            for entry in names.entries {
                try unsafe entry.record.span.withUnsafeBytes { record throws(RefError) in
                    unsafe try carry(name.dropLast() + entry.suffix, record, lines, to: carrier)
                }
            }
        }
        try environment.check(0)
    }

    /// Gives `carrier` the reference `name`, if there is one or it has a reflog.
    package func carry(_ name: RefName, of worktree: [UInt8]?, to carrier: any RefCarrier) throws(RefError) {
        let lines = try LMDBRecordWalk(transaction, transaction.environment.handle.logs)
        _ = try LMDBRefSnapshot(transaction, scope: scope(of: worktree)).record(name) { record throws(RefError) in
            try carry(name, record, lines, to: carrier)
        }
    }

    /// Hands on the reference of one record, and its reflog.
    @unsafe
    private func carry(
        _ name: [UInt8], _ bytes: UnsafeRawBufferPointer, _ lines: LMDBRecordWalk, to carrier: any RefCarrier
    ) throws(RefError) {
        let (environment, name) = (transaction.environment, RefName(unchecked: name))
        let record: LMDBRefRecord
        do throws(LMDBFailure) {
            record = unsafe try LMDBRefRecord(bytes, environment.hashAlgorithm)
        } catch {
            throw environment.damage(error, name)
        }
        try carry(name, record, lines, to: carrier)
    }

    private func carry(
        _ name: RefName, _ record: LMDBRefRecord, _ lines: LMDBRecordWalk, to carrier: any RefCarrier
    ) throws(RefError) {
        let content = unsafe record.kind == .broken ? Array(record.payload) : []
        try carrier.add(CarriedRef(name, record.stored, content: content, hasLog: record.log != nil))
        if let log = record.log { try carry(log, of: name, lines, to: carrier) }
    }

    private func carry(
        _ log: UInt64, of name: RefName, _ lines: LMDBRecordWalk, to carrier: any RefCarrier
    ) throws(RefError) {
        let environment = transaction.environment
        let start = LMDBLogLine.key(log, 0)
        try unsafe start.span.withUnsafeBytes { bytes throws(RefError) in
            unsafe try lines.seek(strata_lmdb_key(bytes))
        }
        while let found = unsafe try lines.next() {
            let key = unsafe UnsafeRawBufferPointer(start: found.key, count: found.key_count)
            guard key.count == LMDBLogLine.keyCount, unsafe key.number(at: 0) == log else { break }
            let line: [UInt8]
            do throws(LMDBFailure) {
                line = unsafe try LMDBLogLine.line(
                    UnsafeRawBufferPointer(start: found.value, count: found.value_count), environment.hashAlgorithm)
            } catch {
                throw environment.damage(error, name)
            }
            try carrier.add(line: line)
        }
    }
}
