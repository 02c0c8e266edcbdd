import CLMDB
public import StrataModel
public import StrataRefs
import SystemPackage

/// The facts of an environment: ``LMDBEnvironment/status()``.
public struct LMDBStatus: Sendable, Hashable {
    /// The version of the format of its records.
    public internal(set) var format: UInt32
    /// What tells it from all other environments but its copies: 32 hexadecimal digits.
    public internal(set) var storeID: String
    public internal(set) var hashAlgorithm: HashAlgorithm
    /// The number of the last change.
    public internal(set) var sequence: UInt64
    /// The address space that this process has reserved for it: the most that it can grow to, in bytes.
    public internal(set) var reservation: Int
    public internal(set) var pageSize = 0
    /// The pages that it has: those in use, those that can be used again, and those that are kept for readers.
    public internal(set) var pages = 0
    /// How many of them are in use.
    public internal(set) var usedPages = 0
    /// References that exist, those of worktrees among them.
    public internal(set) var references = 0
    public internal(set) var reflogs = 0
    /// Linked worktrees with references of their own, or that once had some.
    public internal(set) var worktrees = 0
    /// Transactions over files that its commits have decided over, whose ids are still kept.
    public internal(set) var intents = 0
    public internal(set) var readers = Readers()

    /// Who looks at states of the environment, in all processes, and what that costs.
    public struct Readers: Sendable, Hashable {
        /// Read transactions, as snapshots and cursors have them.
        public internal(set) var count = 0
        public internal(set) var processes = 0
        /// How many changes have come since the state that the oldest of them looks at.
        public internal(set) var behind: UInt64 = 0
        /// Pages that were let go by changes and cannot be used again, because a reader may still look at them.
        public internal(set) var keptPages = 0
    }
}

extension LMDBEnvironment {
    /// What the environment is, what it holds and who reads it. Walks over all references; changes nothing.
    ///
    /// - Throws: ``RefError``, whose cause is an ``LMDBFailure``; `corrupt` for a record that cannot be read.
    public func status() throws(RefError) -> LMDBStatus {
        // Before there is a reader of our own.
        let readers = try readersStatus()
        let transaction = try read()
        defer { withExtendedLifetime(transaction) {} }
        let metadata = handle.metadata
        var status = LMDBStatus(
            format: metadata.version, storeID: [storeID.0, storeID.1].map(Self.hex).joined(),
            hashAlgorithm: hashAlgorithm, sequence: metadata.sequenceBase &+ transaction.id,
            reservation: handle.reservation)
        status.readers = readers.status
        (status.pageSize, status.pages) = (readers.pageSize, readers.pages)
        status.usedPages = max(0, readers.pages - readers.freePages)
        try count(transaction, &status)
        return status
    }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private func count(_ transaction: LMDBReadTransaction, _ status: inout LMDBStatus) throws(RefError) {
        let refs = try LMDBRecordWalk(transaction, handle.refs)
        unsafe try refs.seek(strata_lmdb_key(UnsafeRawBufferPointer(start: nil, count: 0)))
        while let found = unsafe try refs.next() {
            let key = unsafe UnsafeRawBufferPointer(start: found.key, count: found.key_count)
            let value = unsafe UnsafeRawBufferPointer(start: found.value, count: found.value_count)
            do throws(LMDBFailure) {
                guard unsafe LMDBRefKey.isLong(key) else {
                    unsafe status.add(try LMDBRefRecord(value, hashAlgorithm))
                    continue
                }
                for entry in unsafe try LMDBLongNames(value).entries {
                    try unsafe entry.record.span.withUnsafeBytes { bytes throws(LMDBFailure) in
                        unsafe status.add(try LMDBRefRecord(bytes, hashAlgorithm))
                    }
                }
            } catch {
                throw damage(error, nil)
            }
        }
        let main = try LMDBRecordWalk(transaction, handle.main)
        unsafe try main.seek(strata_lmdb_key(UnsafeRawBufferPointer(start: nil, count: 0)))
        while let found = unsafe try main.next() {
            let key = unsafe Array(UnsafeRawBufferPointer(start: found.key, count: found.key_count))
            if LMDBScopes.id(of: key) != nil { status.worktrees += 1 }
            if LMDBIntents.id(of: key) != nil { status.intents += 1 }
        }
        try check(0)
    }
}

extension LMDBStatus {
    fileprivate mutating func add(_ record: LMDBRefRecord) {
        if record.kind != .none { references += 1 }
        if record.log != nil { reflogs += 1 }
    }
}
