import CLMDB
import StrataModel
import StrataRefs
import SystemPackage

/// The numbers and tokens of linked worktrees in a write transaction.
extension LMDBWriter {
    /// Where the references of `worktree` are, as they stand in the transaction; changes nothing.
    ///
    /// - Parameter known: the token that its directory had a moment ago.
    func findScope(of worktree: LMDBWorktree, knowing known: LMDBToken? = nil) throws(RefError) -> LMDBScope {
        if let scope = scopes[worktree] { return scope }
        let scope = try LMDBScope(of: worktree, in: self, knowing: known)
        scopes[worktree] = scope
        return scope
    }

    /// The number under which the references of `worktree` are to be written, made if need be: so is the token. What is under the name of
    /// an earlier worktree goes.
    ///
    /// - Parameter known: the token that its directory had when what is to be written was decided.
    func scope(of worktree: LMDBWorktree, knowing known: LMDBToken? = nil) throws(RefError) -> UInt32 {
        var found = try findScope(of: worktree, knowing: known)
        if let known, found.token != known { throw Self.gone(worktree, "has been made again") }
        if found.claim == .settled, let number = found.number { return number }
        // From here on nothing is taken from what was seen before: what goes is gone.
        found = try LMDBScope(of: worktree, in: self)
        var (number, token) = (found.number, found.token)
        if found.claim != .settled, let directory = worktree.directory {
            token = try bringToken(of: worktree.id, in: directory, found)
            if found.claim == .others, let old = number {
                try deleteReferences(of: old)
                number = nil
            }
        }
        let settled: UInt32
        if let number { settled = number } else { settled = try makeScope(of: worktree.id) }
        scopes = [worktree: LMDBScope(settled: settled, token)]
        return settled
    }

    /// Brings the token of `directory` here, made if need be: first the file, for a record alone would hide the references. A token that is there is
    /// the directory's, also where the record is another's: so two databases that have the same worktrees do not take turns in removing its
    /// references.
    ///
    /// - Returns: nil where there is no such directory.
    private func bringToken(
        of id: [UInt8], in directory: FilePath, _ found: LMDBScope
    ) throws(RefError) -> LMDBToken? {
        var token = found.token
        if token == nil { token = try LMDBTokenFile.read(in: directory) }
        if token == nil { token = try LMDBTokenFile.make(in: directory, environment.options.sharing) }
        if let token {
            try noteFeature(LMDBMetadata.tokens)
            try put(LMDBToken.key(id), token.bytes)
        } else if found.claim == .others {
            // What would be written would not be seen.
            throw Self.gone(LMDBWorktree(id: id, directory: directory), "is gone")
        }
        return token
    }

    private static func gone(_ worktree: LMDBWorktree, _ what: String) -> RefError {
        RefError(
            .unavailable, "worktree '\(String(decoding: worktree.id, as: UTF8.self))' \(what)",
            path: worktree.directory?.string)
    }

    /// The number of the linked worktree `id`, made if need be, whoever it is.
    func scope(of id: [UInt8]) throws(RefError) -> UInt32 { try scope(of: LMDBWorktree(id: id, directory: nil)) }

    private func makeScope(of id: [UInt8]) throws(RefError) -> UInt32 {
        let number = try makeScopeNumber()
        var value: [UInt8] = []
        value.append(number: number)
        try put(LMDBScopes.key(id), value)
        return number
    }

    /// Writes a record of the unnamed database.
    private func put(_ key: [UInt8], _ value: [UInt8]) throws(RefError) {
        try unsafe key.span.withUnsafeBytes { bytes throws(RefError) in
            unsafe try put(main, strata_lmdb_key(bytes), value)
        }
    }

    /// Deletes what is under the number that the record `key` gives a worktree, if it is one of those: it is about to be taken back. Others may
    /// have made reflogs there, for which no gate is asked.
    func forgetScope(_ key: [UInt8]) throws(RefError) {
        guard LMDBScopes.id(of: key) != nil, let bytes = unsafe try main(key) else { return }
        try deleteReferences(of: unsafe try LMDBScopes.number(bytes, environment))
    }

    /// Deletes the references under `number`, and their reflogs.
    private func deleteReferences(of number: UInt32) throws(RefError) {
        let (lines, start) = (LMDBLogWriter(self), unsafe strata_lmdb_key(scope: number))
        while let found = unsafe try move(refs, MDB_SET_RANGE, start) {
            let key = unsafe Array(UnsafeRawBufferPointer(start: found.key, count: found.key_count))
            let isInside = unsafe key.withUnsafeBytes { key in unsafe key.count >= 4 && key.number(at: 0) == number }
            guard isInside else { return }
            let logs: [(RefName, UInt64)]
            do throws(LMDBFailure) {
                logs = try unsafe key.span.withUnsafeBytes { key throws(LMDBFailure) in
                    unsafe try LMDBLogNames.logs(key, found, environment.hashAlgorithm)
                }
            } catch {
                throw environment.damage(error, nil)
            }
            for (_, log) in logs { try lines.deleteLines(log) }
            try unsafe key.span.withUnsafeBytes { bytes throws(RefError) in
                unsafe try delete(refs, strata_lmdb_key(bytes))
            }
        }
    }
}

extension strata_lmdb_key {
    /// That before all references of a worktree's number.
    @unsafe
    init(scope: UInt32) { unsafe self.init(bytes: nil, count: 0, scope: scope, is_scoped: 1, is_long: 0) }
}
