import CLMDB
package import StrataModel
package import StrataRefs
import SystemPackage

/// What is remembered of a state, to tell which references and reflogs a later state has otherwise: what that takes goes with the changes, not with
/// the references that there are.
package struct LMDBChangeBase {
    /// A reference of a worktree.
    package struct Key: Hashable {
        package let worktree: [UInt8]?
        package let name: RefName
    }

    package let refs: LMDBCarriedRefs
    private let names: LMDBTreeDifference
    private let logs: LMDBTreeDifference
    /// Whose reflog has which number.
    private let worktrees: [UInt32: [UInt8]]
    private var owners: [UInt64: [UInt8]] = [:]

    private struct Trees {
        let file: LMDBPageFile
        let pageSize: Int
        let refs: LMDBTree?
        let logs: LMDBTree?
        let worktrees: [UInt32: [UInt8]]
    }

    /// nil = so many commits have come since that the state's place in the file is forgotten.
    ///
    /// - Throws: ``RefError`` where the file cannot be read, or is damaged.
    package init?(_ refs: LMDBCarriedRefs) throws(RefError) {
        let environment = refs.transaction.environment
        do throws(LMDBFailure) {
            guard let trees = try Self.trees(refs) else { return nil }
            self.refs = refs
            worktrees = trees.worktrees
            names = try LMDBTreeDifference(trees.refs, in: trees.file, pageSize: trees.pageSize)
            logs = try LMDBTreeDifference(trees.logs, in: trees.file, pageSize: trees.pageSize)
        } catch {
            throw environment.damage(error, nil)
        }
        let walk = try LMDBRecordWalk(refs.transaction, environment.handle.refs)
        while let found = unsafe try walk.next() {
            let key = unsafe UnsafeRawBufferPointer(start: found.key, count: found.key_count)
            do throws(LMDBFailure) {
                for log in unsafe try Self.logs(key, found, environment.hashAlgorithm) {
                    owners[log] = unsafe Array(key)
                }
            } catch {
                throw environment.damage(error, nil)
            }
        }
        try environment.check(0)
    }

    private static func logs(
        _ key: UnsafeRawBufferPointer, _ found: strata_lmdb_record, _ algorithm: HashAlgorithm
    ) throws(LMDBFailure) -> [UInt64] {
        let value = unsafe UnsafeRawBufferPointer(start: found.value, count: found.value_count)
        guard unsafe LMDBRefKey.isLong(key) else {
            return unsafe try LMDBRefRecord(value, algorithm).log.map { [$0] } ?? []
        }
        var logs: [UInt64] = []
        for entry in unsafe try LMDBLongNames(value).entries {
            let log = try unsafe entry.record.span.withUnsafeBytes { bytes throws(LMDBFailure) in
                unsafe try LMDBRefRecord(bytes, algorithm).log
            }
            if let log { logs.append(log) }
        }
        return logs
    }

    /// The references that are otherwise in `later`, or have other reflogs; nil = that cannot be told.
    package func changes(in later: LMDBCarriedRefs) throws(RefError) -> Set<Key>? {
        do throws(LMDBFailure) {
            guard let trees = try Self.trees(later) else { return nil }
            // A worktree that is gone, and perhaps another of its name.
            for (number, id) in worktrees {
                guard trees.worktrees[number] == id else { return nil }
                if (refs.scope(of: id) == number) != (later.scope(of: id) == number) { return nil }
            }
            var keys: Set<[UInt8]> = []
            try names.changes(in: trees.refs, trees.file, pageSize: trees.pageSize) { keys.insert(Array($0)) }
            var numbers: Set<UInt64> = []
            try logs.changes(in: trees.logs, trees.file, pageSize: trees.pageSize) { key in
                if key.count == LMDBLogLine.keyCount {
                    numbers.insert(unsafe key.withUnsafeBytes { unsafe $0.number(at: 0) })
                }
            }
            // One that nobody had then is a new one, whose reference's record has changed.
            for number in numbers { if let key = owners[number] { keys.insert(key) } }
            var changes: Set<Key> = []
            for key in keys {
                // Names that are too long for a key lie in one record: there are few.
                guard key.count > 4, unsafe !key.withUnsafeBytes({ unsafe LMDBRefKey.isLong($0) }) else { return nil }
                let scope: UInt32 = unsafe key.withUnsafeBytes { unsafe $0.number(at: 0) }
                let worktree = trees.worktrees[scope]
                if worktree == nil && scope != LMDBScopes.shared || later.scope(of: worktree) != scope { continue }
                changes.insert(Key(worktree: worktree, name: RefName(unchecked: Array(key[4...]))))
            }
            return changes
        } catch {
            throw later.transaction.environment.damage(error, nil)
        }
    }

    /// Where the trees of a state are; nil = its meta page has been written anew since.
    private static func trees(_ refs: LMDBCarriedRefs) throws(LMDBFailure) -> Trees? {
        let environment = refs.transaction.environment
        guard let file = try LMDBPageFile(environment.directory.appending("data.mdb")) else { throw .absent }
        let (metas, id) = (try LMDBMetaPage.Pair(file), refs.transaction.id)
        guard let meta = [metas.first, metas.second].first(where: { $0.transaction == id }) else { return nil }
        var (trees, worktrees) = ([[UInt8]: LMDBTree](), [UInt32: [UInt8]]())
        try LMDBTreeDifference.records(
            of: meta.main, in: file, pageSize: meta.pageSize
        ) { key, value, isTree throws(LMDBFailure) in
            if isTree {
                guard value.count == LMDBTree.byteCount else {
                    throw .damaged("the record of a database has a wrong length")
                }
                trees[key] = unsafe LMDBTree(value.span.bytes)
            } else if let id = LMDBScopes.id(of: key), value.count == 4 {
                worktrees[unsafe value.withUnsafeBytes { unsafe $0.number(at: 0) }] = id
            }
        }
        return Trees(
            file: file, pageSize: meta.pageSize, refs: trees[Array("refs".utf8)], logs: trees[Array("logs".utf8)],
            worktrees: worktrees)
    }
}
