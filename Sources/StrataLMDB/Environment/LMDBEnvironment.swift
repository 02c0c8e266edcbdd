import CLMDB
import Glibc
import StrataIO
public import StrataModel
public import StrataRefs
public import SystemPackage

/// An LMDB environment with the references of one repository, and of all its worktrees.
///
/// In a process there is one object for a directory, whatever the number of openers; it is closed when the last that uses it goes: stores,
/// snapshots, cursors, views of references. Read transactions come from a pool. One writer at a time, of all threads and processes, comes
/// through a gate that has a deadline. Safe to share between threads.
///
/// Sendable because the handle changes only while no transaction is open and none can begin (``change(since:until:_:)``), and the pool's
/// transactions, and the memory of writers, are each used by who took it.
@safe
public final class LMDBEnvironment: @unchecked Sendable {
    public let directory: FilePath
    public let hashAlgorithm: HashAlgorithm
    /// All its stores commit as one.
    public let commitDomain = CommitDomainID()
    let options: LMDBOptions
    let gate: WriterGate
    let groups = LMDBGroups()
    private let key: LMDBEnvironments.Key
    /// The data file, which is open and so keeps its number.
    let data: LMDBEnvironments.Key
    /// Where it was when it was opened.
    let dataFile: FilePath
    /// With the NUL at its end: it is looked at in each write transaction.
    let dataFileName: [CChar]
    /// Read by whoever counts as using it.
    private(set) var handle: LMDBHandle
    let use: Monitor<Use>

    /// Who uses the handle.
    @safe
    struct Use {
        /// Read transactions that were reset and can be renewed.
        var idle: [IdleTransaction] = []
        /// How many transactions are open or being opened.
        var open = 0
        /// Whether somebody waits until there are none, so that none may begin.
        var isClosing = false
        /// Whether the handle was closed and could not be opened again yet.
        var isLost = false
        /// How often the handle was changed.
        var changes = 0
        /// That of the last write transaction; nil while one is under way, and after one that has failed.
        var memory: LMDBWriterMemory?
    }

    /// Opens the environment in `directory`, or gives the one that this process has open.
    ///
    /// - Throws: ``RefError``, whose ``RefError/cause`` is an ``LMDBFailure``.
    public static func open(_ directory: FilePath, _ options: LMDBOptions) throws(RefError) -> LMDBEnvironment {
        let environment: LMDBEnvironment
        do throws(LMDBFailure) {
            environment = try LMDBEnvironments.open(directory, options)
            guard environment.hashAlgorithm == options.hashAlgorithm else {
                throw LMDBFailure.wrongHash(found: environment.hashAlgorithm)
            }
        } catch {
            throw error.error(at: directory.string, "cannot open '\(directory.string)'")
        }
        return environment
    }

    init(
        _ directory: FilePath, _ key: LMDBEnvironments.Key, _ data: LMDBEnvironments.Key, _ options: LMDBOptions,
        _ handle: LMDBHandle
    ) {
        self.directory = directory
        self.key = key
        self.data = data
        dataFile = directory.appending("data.mdb")
        dataFileName = unsafe dataFile.withPlatformString { name in
            unsafe Array(UnsafeBufferPointer(start: name, count: strlen(name) + 1))
        }
        self.options = options
        self.handle = handle
        hashAlgorithm = handle.metadata.algorithm
        isReadOnly = handle.isReadOnly
        storeID = handle.metadata.storeID
        gate = WriterGate(directory, sharing: options.sharing)
        use = Monitor(Use())
        RefDeciders.add(self)
    }

    deinit {
        RefDeciders.remove(ObjectIdentifier(self))
        LMDBEnvironments.close(key) {
            for one in use.withLock({ $0.idle }) { one.abort() }
            if !use.withLock({ $0.isLost }) { handle.close() }
        }
    }

    /// Whether it can only be read.
    public let isReadOnly: Bool

    /// The number that tells it from all others, in 16 bytes.
    public let storeID: (UInt64, UInt64)

    /// The number of the last change. Grows with every commit of any process.
    ///
    /// That of a read transaction: the meta page in the file is ahead of what is read while it is being synced.
    public func sequence() throws(RefError) -> UInt64 {
        sequence(of: try read())
    }

    /// The number of the change whose state `transaction` is.
    func sequence(of transaction: LMDBReadTransaction) -> UInt64 { handle.metadata.sequenceBase &+ transaction.id }

    // MARK: Use of the handle

    /// Counts as a user of the handle, until ``leave(_:)``. Runs `also` in the same moment.
    func enter(_ also: (inout Use) -> Void = { _ in }) throws(RefError) {
        func once(_ use: inout Use) -> Bool? {
            also(&use)
            if use.isClosing { return nil }
            if !use.isLost { use.open += 1 }
            return !use.isLost
        }
        let entered = use.withLock(once) ?? use.wait(until: .after(milliseconds: 10_000), for: once)
        // As LMDB says it of an environment that must be opened anew, or somebody waits for the end of snapshots to do so.
        if entered != true {
            throw LMDBFailure.library(code: entered == nil ? EBUSY : MDB_PANIC).error(at: directory.string)
        }
    }

    func leave(_ also: (inout Use) -> Void = { _ in }) {
        let isClosing = use.withLock { use in
            also(&use)
            use.open -= 1
            return use.isClosing
        }
        if isClosing { use.change { _ in } }
    }

    /// How often the handle was changed.
    var changes: Int { use.withLock { $0.changes } }

    /// Runs `body` with the handle, which stays open meanwhile.
    func using<T>(_ body: (LMDBHandle) throws(RefError) -> T) throws(RefError) -> T {
        try enter()
        defer { leave() }
        return try body(handle)
    }

    /// Lets `body` change the handle when no transaction of this process is open, waiting for those that are until `deadline`; none begins
    /// meanwhile. Not where another thread does so now, which is waited for, or has done so since there were `changes`.
    ///
    /// - Returns: false when the deadline passed.
    func change(
        since changes: Int, until deadline: Deadline, _ body: (inout LMDBHandle) throws(LMDBFailure) -> Void
    ) throws(LMDBFailure) -> Bool {
        let isMine = use.wait(until: deadline) { use -> Bool? in
            if use.isClosing { return nil }
            if use.changes == changes { use.isClosing = true }
            return use.isClosing
        }
        guard isMine == true else { return isMine != nil }
        defer { use.change { $0.isClosing = false } }
        // Those that only a cache keeps end at once.
        RefCaches.letGo()
        let idle = use.wait(until: deadline) { use -> [IdleTransaction]? in
            guard use.open == 0 else { return nil }
            use.changes += 1
            defer { use.idle = [] }
            return use.idle
        }
        guard let idle else { return false }
        for one in idle { one.abort() }
        // A copy: what is changed in place is looked after at each use, of which a write transaction has dozens.
        var changed = handle
        defer { handle = changed }
        try body(&changed)
        return true
    }

    /// What a result means, and what the mapping says of the file.
    func check(_ result: Int32) throws(RefError) {
        if handle.isCutShort { throw LMDBFailure.cutShort.error(at: directory.string) }
        if let failure = LMDBFailure(result: result, reservation: handle.reservation) {
            throw failure.error(at: directory.string)
        }
    }

    /// Refuses a value of a committed state that is longer than all of the file: nobody has to read that.
    func checkLength(_ count: Int) throws(RefError) {
        if count < 65_536 { return }
        var (info, stat) = unsafe (MDB_envinfo(), MDB_stat())
        try check(unsafe mdb_env_info(handle.environment, &info))
        try check(unsafe mdb_env_stat(handle.environment, &stat))
        guard unsafe count / Int(stat.ms_psize) > Int(info.me_last_pgno) else { return }
        throw LMDBFailure.damaged("a value of \(count) bytes is longer than the file").error(at: directory.string)
    }
}
