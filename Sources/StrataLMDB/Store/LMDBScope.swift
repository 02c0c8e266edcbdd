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
        /// The state has no token: it is this one's, and the next that writes brings one.
        case open
        /// It is that of another, which had this name and has gone.
        case others
    }

    /// nil = there is none.
    let number: UInt32?
    let claim: Claim
    /// The token that the directory has, if that was asked for.
    let token: LMDBToken?

    /// The number under which the worktree's references are; nil = it has none.
    var visible: UInt32? { claim == .others ? nil : number }

    init(settled number: UInt32, _ token: LMDBToken?) { (self.number, self.token, claim) = (number, token, .settled) }

    /// - Parameter known: the token that the directory had a moment ago. It is asked again unless that settles it.
    init(of worktree: LMDBWorktree, in records: some LMDBRecords, knowing known: LMDBToken? = nil) throws(RefError) {
        let environment = records.environment
        number = try unsafe records.main(LMDBScopes.key(worktree.id)).map { bytes throws(RefError) in
            unsafe try LMDBScopes.number(bytes, environment)
        }
        if number == LMDBScopes.shared {
            throw LMDBFailure.damaged("a worktree has number 0").error(at: environment.directory.string)
        }
        guard let directory = worktree.directory else {
            (claim, token) = (.settled, nil)
            return
        }
        guard let record = unsafe try records.main(LMDBToken.key(worktree.id)) else {
            (claim, token) = (.open, nil)
            return
        }
        let wanted = unsafe try LMDBToken(record, environment)
        if known == wanted {
            (claim, token) = (.settled, known)
            return
        }
        token = try LMDBTokenFile.read(in: directory)
        claim = token == wanted ? .settled : .others
    }
}
