import CLMDB
import Glibc
package import StrataIO
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
    private let dataFile: FilePath
    /// With the NUL at its end: it is looked at in each write transaction.
    private let dataFileName: [CChar]
    /// Read by whoever counts as using it.
    private(set) var handle: LMDBHandle
    private let use: Monitor<Use>

    /// Who uses the handle.
    @safe
    private struct Use {
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

    /// How many reset read transactions are kept. Each takes a place in the lock table.
    private static let mostIdle = 16

    /// How often a transaction is begun anew. The room for it is doubled each time.
    private static let mostTries = 40

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
    private func enter(_ also: (inout Use) -> Void = { _ in }) throws(RefError) {
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

    private func leave(_ also: (inout Use) -> Void = { _ in }) {
        let isClosing = use.withLock { use in
            also(&use)
            use.open -= 1
            return use.isClosing
        }
        if isClosing { use.change { _ in } }
    }

    /// How often the handle was changed.
    private var changes: Int { use.withLock { $0.changes } }

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
    private func change(
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
        try body(&handle)
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

    // MARK: Reading

    /// A read transaction: the references as they are now. Ends with the last that uses it.
    func read() throws(RefError) -> LMDBReadTransaction {
        let changes = changes
        do throws(RefError) {
            return try readOnce()
        } catch {
            guard try repaired(after: error, since: changes, until: .after(milliseconds: 1000)) else { throw error }
        }
        return try readOnce()
    }

    private func readOnce() throws(RefError) -> LMDBReadTransaction {
        try enter()
        do throws(RefError) {
            return unsafe LMDBReadTransaction(self, unsafe try begunRead())
        } catch {
            leave()
            throw error
        }
    }

    private func begunRead() throws(RefError) -> OpaquePointer {
        if let idle = use.withLock({ $0.idle.popLast() }) {
            if unsafe mdb_txn_renew(idle.txn) == 0 { return unsafe idle.txn }
            idle.abort()
        }
        for isLast in [false, true] {
            var begun: OpaquePointer?
            let result = unsafe mdb_txn_begin(handle.environment, nil, UInt32(MDB_RDONLY), &begun)
            if result == 0, let begun = unsafe begun { return unsafe begun }
            guard result == MDB_READERS_FULL, !isLast else {
                try check(result)
                break
            }
            // Processes that died keep their places until somebody looks.
            var dead: Int32 = 0
            try check(unsafe mdb_reader_check(handle.environment, &dead))
        }
        throw LMDBFailure.readersFull.error(at: directory.string)
    }

    func end(_ txn: OpaquePointer) {
        unsafe mdb_txn_reset(txn)
        let isKept = use.withLock { use in
            let isKept = use.idle.count < Self.mostIdle && !use.isClosing
            if isKept { use.idle.append(unsafe IdleTransaction(txn)) }
            return isKept
        }
        if !isKept { unsafe mdb_txn_abort(txn) }
        leave()
    }

    // MARK: Writing

    /// Runs `body` in a write transaction and commits it; when it throws, nothing has changed. For those inside the gate, or who
    /// change nothing that a hold protects. Begins and ends on this thread, as LMDB needs it.
    ///
    /// When the reservation is used up it is doubled, for which this process's read transactions must end, and `body` runs again.
    func write<T>(
        _ durability: Durability, until deadline: @autoclosure () -> Deadline,
        _ body: (LMDBWriter) throws(RefError) -> T
    ) throws(RefError) -> T {
        guard !isReadOnly else { throw LMDBFailure.readOnly.error(at: directory.string) }
        var (tries, end) = (0, Deadline?.none)
        while true {
            var changes = 0
            do throws(RefError) {
                return try writeOnce(durability, &changes, body)
            } catch {
                tries += 1
                let deadline = end ?? deadline()
                end = deadline
                guard tries < Self.mostTries, try repaired(after: error, since: changes, until: deadline) else {
                    throw error
                }
            }
        }
    }

    /// - Parameter changes: how often the handle was changed before.
    private func writeOnce<T>(
        _ durability: Durability, _ changes: inout Int, _ body: (LMDBWriter) throws(RefError) -> T
    ) throws(RefError) -> T {
        var kept: LMDBWriterMemory?
        try enter { use in (changes, kept) = (use.changes, use.memory.take()) }
        let memory = kept ?? LMDBWriterMemory()
        kept = nil
        defer { leave { $0.memory = kept } }
        var begun: OpaquePointer?
        let status = unsafe mdb_txn_begin(handle.environment, nil, 0, &begun)
        guard status == 0, let txn = unsafe begun else {
            try check(status)
            throw LMDBFailure.library(code: ENOMEM).error(at: directory.string)
        }
        // Of the environment, not of the transaction: LMDB looks at it when it commits, and nobody else of this process does so meanwhile.
        unsafe mdb_env_set_flags(handle.environment, UInt32(MDB_NOMETASYNC), durability == .none ? 1 : 0)
        let id = unsafe UInt64(mdb_txn_id(txn))
        memory.begin(handle.mapping, transaction: id)
        let writer = unsafe LMDBWriter(self, txn, memory)
        defer { writer.isOver = true }
        let result: T
        do throws(RefError) {
            // From here on a transaction that is not ended keeps all writers out.
            try check(0)
            try checkPlace()
            result = try body(writer)
            try writer.finish()
            try check(0)
        } catch {
            unsafe mdb_txn_abort(txn)
            throw error
        }
        let committed = unsafe strata_lmdb_commit(txn)
        if committed != 0 { throw failure(ofCommit: id, committed).error(at: directory.string) }
        memory.end(after: writer.hasChanged ? id : id &- 1)
        kept = memory
        return result
    }

    /// What it means that the commit of transaction `id` gave `result`.
    private func failure(ofCommit id: UInt64, _ result: Int32) -> LMDBFailure {
        if handle.isCutShort { return .cutShort }
        let failure = LMDBFailure(result: result, reservation: handle.reservation) ?? .library(code: result)
        guard result > 0 else { return failure }
        // For other processes; this one opens the environment anew and does more then.
        _ = unsafe mdb_env_sync(handle.environment, 1)
        if LMDBSettlement.isSeen(id, in: dataFile) { return .uncertain(code: result) }
        // A disk that gets full in the middle of a write takes a part of it, which LMDB reports as EIO.
        return result == EIO && LMDBFileCheck.isFull(directory) ? .diskFull : failure
    }

    /// Whether the environment is still where it was opened. One that was moved away is nobody's any more: what is written there is lost. Looked at
    /// within a write transaction, so that none begins before a move and ends behind it (``freezing(until:_:)``).
    private func checkPlace() throws(RefError) {
        let (stat, name): (FileStat?, [CChar])
        name = dataFileName
        do throws(FileError) {
            stat = try FileStat.stat(name.span, in: FileDescriptor(rawValue: AT_FDCWD))
        } catch {
            throw LMDBFailure(error).error(at: directory.string, "\(error)")
        }
        guard stat?.inode == data.inode, stat?.device == data.device else {
            throw LMDBFailure.moved.error(at: directory.string)
        }
    }

    /// Whether it is where it was opened.
    package var isInPlace: Bool {
        do throws(RefError) { try checkPlace() } catch { return false }
        return true
    }

    /// Runs `body` while writers wait at the gate. What changes no references (reflogs) does not come through there.
    package func keepingWritersOut<T>(until deadline: Deadline, _ body: () throws(RefError) -> T) throws(RefError) -> T
    {
        try gate.enter(until: deadline)
        defer { gate.leave() }
        return try body()
    }

    /// Runs `body` while nobody, of all threads and processes, can write anything; whoever waits meanwhile looks at the environment's place
    /// behind it.
    package func freezing<T>(until deadline: Deadline, _ body: () throws(RefError) -> T) throws(RefError) -> T {
        try keepingWritersOut(until: deadline) { () throws(RefError) in
            try write(.none, until: deadline) { _ throws(RefError) in try body() }
        }
    }

    /// Deletes everything in it, in one commit.
    package func deleteEverything() throws(RefError) {
        try write(.none, until: .after(milliseconds: 10_000)) { writer throws(RefError) in try writer.deleteEverything()
        }
    }

    /// Makes all that was committed last.
    package func sync() throws(RefError) {
        try using { handle throws(RefError) in try check(unsafe mdb_env_sync(handle.environment, 1)) }
    }

    /// Makes room, follows another process's growth, or opens anew what LMDB gave up, as `error` asks for.
    ///
    /// - Returns: whether it is worth another try.
    private func repaired(
        after error: RefError, since changes: Int, until deadline: Deadline
    ) throws(RefError) -> Bool {
        let repair: (inout LMDBHandle) throws(LMDBFailure) -> Void
        switch error.cause as? LMDBFailure {
        case .mapFull: repair = { [self] handle throws(LMDBFailure) in try resize(&handle, to: handle.reservation * 2) }
        case .mapOutgrown: repair = { [self] handle throws(LMDBFailure) in try resize(&handle, to: nil) }
        case .library(code: MDB_PANIC): repair = { [self] handle throws(LMDBFailure) in try reopen(&handle) }
        default: return false
        }
        do throws(LMDBFailure) {
            return try change(since: changes, until: deadline, repair)
        } catch {
            throw error.error(at: directory.string)
        }
    }

    private func resize(_ handle: inout LMDBHandle, to size: Int?) throws(LMDBFailure) {
        if let size, !LMDBHandle.canReserve(size) { throw .mapFull(handle.reservation) }
        let reservation = handle.reservation
        let result = handle.resize(to: size)
        if result == 0 { return }
        // LMDB has given the old map up by now. The next that comes opens the environment anew.
        lose(handle)
        throw result == ENOMEM ? .mapFull(reservation) : .library(code: result)
    }

    private func lose(_ handle: LMDBHandle) {
        handle.close()
        use.withLock { $0.isLost = true }
    }

    private func reopen(_ handle: inout LMDBHandle) throws(LMDBFailure) {
        if !use.withLock({ $0.isLost }) { lose(handle) }
        var options = options
        options.creates = false
        let opened = try LMDBHandle.open(directory, options)
        do throws(LMDBFailure) {
            // What stands there now may be another, or nobody's any more.
            guard try LMDBEnvironments.key(dataFile) == data else { throw .moved }
            try opened.settle()
        } catch {
            opened.close()
            throw error
        }
        handle = opened
        use.withLock { $0.isLost = false }
    }
}

/// A read transaction that was reset: renewed it sees the present state.
@safe
private struct IdleTransaction {
    let txn: OpaquePointer

    init(_ txn: OpaquePointer) { unsafe self.txn = txn }

    func abort() { unsafe mdb_txn_abort(txn) }
}
