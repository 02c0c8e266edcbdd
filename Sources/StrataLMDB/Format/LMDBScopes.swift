import CLMDB
import StrataRefs
import SystemPackage

/// The numbers of linked worktrees, which their references' keys begin with: records of the unnamed database under `worktree/<id>`, four
/// bytes each. What is shared and what belongs to the main worktree has number 0. Beside it is the worktree's token (``LMDBToken``).
enum LMDBScopes {
    static let shared: UInt32 = 0
    private static let prefix = Array("worktree/".utf8)

    static func key(_ id: [UInt8]) -> [UInt8] { prefix + id }

    /// The worktree whose key `key` is; nil = it is none's.
    static func id(of key: [UInt8]) -> [UInt8]? { key.starts(with: prefix) ? Array(key[prefix.count...]) : nil }

    static func number(
        _ bytes: UnsafeRawBufferPointer, _ environment: LMDBEnvironment
    ) throws(RefError) -> UInt32 {
        guard bytes.count == 4 else {
            throw LMDBFailure.damaged("the number of a worktree has \(bytes.count) bytes").error(
                at: environment.directory.string)
        }
        return unsafe bytes.number(at: 0)
    }

    /// The ids of all worktrees that have a number in a state.
    static func all(in transaction: LMDBReadTransaction) throws(RefError) -> [[UInt8]] {
        let environment = transaction.environment
        let walk = try LMDBRecordWalk(transaction, environment.handle.main)
        try unsafe prefix.span.withUnsafeBytes { bytes throws(RefError) in unsafe try walk.seek(strata_lmdb_key(bytes))
        }
        var all: [[UInt8]] = []
        while let found = unsafe try walk.next() {
            let key = unsafe Array(UnsafeRawBufferPointer(start: found.key, count: found.key_count))
            guard let id = id(of: key) else { break }
            all.append(id)
        }
        try environment.check(0)
        return all
    }

    /// The longest id that can be kept.
    static let idLimit = 500
}
