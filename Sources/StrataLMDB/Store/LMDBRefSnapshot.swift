import CLMDB
import StrataModel
import StrataRefs
import SystemPackage

/// The references of a worktree, or those that are shared, in a read transaction.
struct LMDBRefSnapshot: RefSnapshot {
    let transaction: LMDBReadTransaction
    /// nil = the worktree has none.
    let scope: UInt32?

    /// The token that the worktree's directory has, if that was asked for.
    let token: LMDBToken?

    /// - Parameter known: the token that the worktree's directory had a moment ago.
    init(
        _ transaction: LMDBReadTransaction, _ worktree: LMDBWorktree?, knowing known: LMDBToken? = nil
    ) throws(RefError) {
        self.transaction = transaction
        let found = try worktree.map { worktree throws(RefError) in
            try LMDBScope(of: worktree, in: transaction, knowing: known)
        }
        token = found?.token
        if let found { scope = found.visible } else { scope = LMDBScopes.shared }
    }

    init(_ transaction: LMDBReadTransaction, scope: UInt32?) {
        self.transaction = transaction
        self.scope = scope
        token = nil
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        try record(name) { record throws(RefError) in record.value } ?? nil
    }

    /// The number of the reflog of `name`; nil where it has none.
    func log(_ name: RefName) throws(RefError) -> UInt64? {
        try record(name) { record throws(RefError) in record.log } ?? nil
    }

    /// Runs `body` with the record of `name`, if there is one.
    func record<T>(_ name: RefName, _ body: (LMDBRefRecord) throws(RefError) -> T) throws(RefError) -> T? {
        guard let scope else { return nil }
        let (transaction, environment) = (transaction, transaction.environment)
        return try unsafe LMDBRefKey.with(scope, name.bytes) { key, suffix throws(RefError) in
            guard let found = unsafe try transaction.get(transaction.refs, key) else { return nil }
            defer { withExtendedLifetime(transaction) {} }
            let result = try unsafe LMDBRefRecord.with(found, suffix, environment, name, body)
            try transaction.check(0)
            return result
        }
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor { try LMDBRefCursor(self, over: scope) }

    var watches: [any RefReadWatch] { [] }
}

extension LMDBRefRecord {
    /// Runs `body` with the record that `found` is, or that `suffix` has in it. Whether the file still was there is to be checked after.
    static func with<T>(
        _ found: UnsafeRawBufferPointer, _ suffix: ArraySlice<UInt8>?, _ environment: LMDBEnvironment, _ name: RefName,
        _ body: (LMDBRefRecord) throws(RefError) -> T
    ) throws(RefError) -> T? {
        let algorithm = environment.hashAlgorithm
        func parsed(_ bytes: UnsafeRawBufferPointer) throws(RefError) -> LMDBRefRecord {
            do throws(LMDBFailure) {
                return unsafe try LMDBRefRecord(bytes, algorithm)
            } catch {
                throw environment.damage(error, name)
            }
        }
        guard let suffix else { return try body(try unsafe parsed(found)) }
        let names: LMDBLongNames
        do throws(LMDBFailure) { names = unsafe try LMDBLongNames(found) } catch {
            throw environment.damage(error, name)
        }
        guard let record = names[suffix] else { return nil }
        return try unsafe record.span.withUnsafeBytes { bytes throws(RefError) in try body(try unsafe parsed(bytes)) }
    }
}

extension LMDBEnvironment {
    /// What is wrong with a record: the file, where that was cut short.
    func damage(_ failure: LMDBFailure, _ name: RefName?) -> RefError {
        let failure = handle.isCutShort ? .cutShort : failure
        return RefError(
            .corrupt, name.map { "reference '\($0)': \(failure)" } ?? "\(failure)", reference: name,
            path: directory.string,
            cause: failure)
    }
}
