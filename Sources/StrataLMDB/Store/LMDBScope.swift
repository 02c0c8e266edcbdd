import CLMDB
import StrataRefs
import SystemPackage

/// Where records of a state are looked up: a read transaction, or a write transaction.
protocol LMDBRecords {
    var environment: LMDBEnvironment { get }

    /// The value of `key`; nil when there is none.
    func get(_ dbi: MDB_dbi, _ key: strata_lmdb_key) throws(RefError) -> UnsafeRawBufferPointer?
}

extension LMDBReadTransaction: LMDBRecords {}
extension LMDBWriter: LMDBRecords {}

extension LMDBRecords {
    /// The value of a key of the unnamed database.
    func main(_ key: [UInt8]) throws(RefError) -> UnsafeRawBufferPointer? {
        try unsafe key.span.withUnsafeBytes { bytes throws(RefError) in
            unsafe try get(environment.handle.main, strata_lmdb_key(bytes))
        }
    }
}

/// The number of a linked worktree in a state, and whether what lies under it is this worktree's or an earlier one's.
struct LMDBScope {
    enum Claim {
        /// It is this one's.
        case settled
        /// Nobody has a token: it is this one's, and the next that writes makes one.
        case open
        /// It is that of another, which had this name and has gone.
        case others
    }

    /// nil = there is none.
    let number: UInt32?
    let claim: Claim
    /// What the directory said; nil = it was not asked.
    let file: LMDBTokenFile?

    /// The number under which the worktree's references are; nil = it has none.
    var visible: UInt32? { claim == .others ? nil : number }

    init(settled number: UInt32, _ file: LMDBTokenFile?) {
        self.number = number
        self.file = file
        claim = .settled
    }

    /// - Parameter known: what the directory said a moment ago. It is asked again unless that settles it.
    init(of worktree: LMDBWorktree, in records: some LMDBRecords, knowing known: LMDBTokenFile?) throws(RefError) {
        let environment = records.environment
        number = try unsafe records.main(LMDBScopes.key(worktree.id)).map { bytes throws(RefError) in
            unsafe try LMDBScopes.number(bytes, environment)
        }
        if number == LMDBScopes.shared {
            throw LMDBFailure.damaged("a worktree has number 0").error(at: environment.directory.string)
        }
        guard worktree.directory != nil else {
            (claim, file) = (.settled, nil)
            return
        }
        guard let record = unsafe try records.main(LMDBToken.key(worktree.id)) else {
            (claim, file) = (.open, nil)
            return
        }
        let token = unsafe try LMDBToken(record, environment)
        if let known, known == .token(token) || known == .unasked {
            (claim, file) = (.settled, known)
            return
        }
        let now = try LMDBTokenFile.read(worktree)
        (claim, file) = (now == .token(token) || now == .unasked ? .settled : .others, now)
    }
}
