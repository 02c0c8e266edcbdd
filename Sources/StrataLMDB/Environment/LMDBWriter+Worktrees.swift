import CLMDB
import StrataModel
import StrataRefs

/// The numbers and tokens of linked worktrees in a write transaction.
extension LMDBWriter {
    /// Where the references of `worktree` are, as they stand in the transaction; changes nothing.
    ///
    /// - Parameter known: what its directory said a moment ago.
    func findScope(of worktree: LMDBWorktree, knowing known: LMDBTokenFile? = nil) throws(RefError) -> LMDBScope {
        if let scope = scopes[worktree] { return scope }
        let scope = try LMDBScope(of: worktree, in: self, knowing: known)
        scopes[worktree] = scope
        return scope
    }

    /// The number under which the references of `worktree` are to be written, made if need be: so is the token. What is under the name of
    /// an earlier worktree goes.
    func scope(of worktree: LMDBWorktree, knowing known: LMDBTokenFile? = nil) throws(RefError) -> UInt32 {
        let found = try findScope(of: worktree, knowing: known)
        if found.claim == .settled, let number = found.number { return number }
        var (number, file) = (found.number, found.file)
        if let directory = worktree.directory, found.claim != .settled {
            let sharing = environment.options.sharing
            file = try LMDBTokenFile.read(worktree)
            if found.claim == .others || file == .absent {
                // First the file: a record without one would hide the references, and one of which the record does not come is only replaced.
                file = .token(try LMDBTokenFile.make(in: directory, sharing))
            }
            if found.claim == .others {
                if let number { try deleteReferences(of: number) }
                number = nil
            }
            if case .token(let token) = file { try put(token, of: worktree.id) }
        }
        let settled: UInt32
        if let number { settled = number } else { settled = try makeScope(of: worktree.id) }
        scopes = [worktree: LMDBScope(settled: settled, file)]
        return settled
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

    private func put(_ token: LMDBToken, of id: [UInt8]) throws(RefError) {
        try noteFeature(LMDBMetadata.tokens)
        try put(LMDBToken.key(id), token.bytes)
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
