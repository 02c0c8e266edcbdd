import CLMDB
import CStrataIO
import Glibc
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// An environment that LMDB has open: its handle, the databases in it, and where it is mapped.
///
/// Not safe to share: ``LMDBEnvironment`` sees that it is closed only when nobody uses it.
@safe
struct LMDBHandle {
    let environment: OpaquePointer
    let refs: MDB_dbi
    let logs: MDB_dbi
    /// The unnamed database, where the records that are no database's stand.
    let main: MDB_dbi
    let metadata: LMDBMetadata
    let isReadOnly: Bool
    /// The address space that is reserved, in bytes.
    private(set) var reservation: Int
    /// nil where it could not be found.
    private(set) var mapping: LMDBMapping?
    private let file: FilePath
    /// How many databases there can be, with the two that have no names: their numbers are smaller.
    static let databaseCount = 10

    /// Opens the environment in `directory`.
    static func open(_ directory: FilePath, _ options: LMDBOptions) throws(LMDBFailure) -> LMDBHandle {
        do throws(LMDBFailure) {
            return try open(directory, options, isReadOnly: options.isReadOnly)
        } catch {
            // A file system that is read-only says so when the file is opened to be written.
            guard !options.isReadOnly, error == .library(code: EROFS) else { throw error }
            return try open(directory, options, isReadOnly: true)
        }
    }

    private static func open(
        _ directory: FilePath, _ options: LMDBOptions, isReadOnly: Bool
    ) throws(LMDBFailure) -> LMDBHandle {
        if try !LMDBFileCheck.check(directory.appending("data.mdb")) {
            guard options.creates, !isReadOnly else { throw .absent }
            try LMDBCreation.create(directory, options)
        }
        return try openAsItIs(directory, options, isReadOnly: isReadOnly)
    }

    /// Opens the environment whose data file is known to be none that harms; an empty one where it is to be made.
    static func openAsItIs(
        _ directory: FilePath, _ options: LMDBOptions, isReadOnly: Bool
    ) throws(LMDBFailure) -> LMDBHandle {
        try LMDBCreation.createLockFile(directory, options)
        var reservation = max(options.reservation, 1 << 20)
        var interruptions = 0
        while true {
            do throws(LMDBFailure) {
                return try open(directory, options, isReadOnly, reservation)
            } catch {
                switch error {
                case .library(code: ENOMEM) where reservation > 1 << 26: reservation /= 2
                // A signal came while LMDB waited for another process that was opening it.
                case .library(code: EINTR) where interruptions < 100: interruptions += 1
                default: throw error
                }
            }
        }
    }

    private static func open(
        _ directory: FilePath, _ options: LMDBOptions, _ isReadOnly: Bool, _ reservation: Int
    ) throws(LMDBFailure) -> LMDBHandle {
        var made: OpaquePointer?
        try check(unsafe mdb_env_create(&made))
        guard let environment = unsafe made else { throw .library(code: ENOMEM) }
        do throws(LMDBFailure) {
            unsafe strata_lmdb_guard(environment)
            try check(unsafe mdb_env_set_maxdbs(environment, UInt32(Self.databaseCount - 2)))
            try check(unsafe mdb_env_set_maxreaders(environment, UInt32(clamping: options.readers)))
            try check(unsafe mdb_env_set_mapsize(environment, reservation))
            var flags = UInt32(MDB_NOTLS) | (isReadOnly ? UInt32(MDB_RDONLY) : 0)
            if !options.syncs { flags |= UInt32(MDB_NOSYNC) }
            let mode =
                (options.sharing.adjusted(FilePermissions(rawValue: 0o666), isDirectory: false)?.rawValue ?? 0o666)
            let result = unsafe directory.withPlatformString { unsafe mdb_env_open(environment, $0, flags, mode) }
            if result == EACCES || result == EPERM { throw .noPermission(refused(directory, isReadOnly).string) }
            try check(result)
            return unsafe try LMDBHandle(environment, directory, options, isReadOnly)
        } catch {
            unsafe mdb_env_close(environment)
            throw error
        }
    }

    /// Which file it is that may not be opened.
    private static func refused(_ directory: FilePath, _ isReadOnly: Bool) -> FilePath {
        let (lock, data) = (directory.appending("lock.mdb"), directory.appending("data.mdb"))
        func mayOpen(_ path: FilePath, _ mode: Int32) -> Bool {
            unsafe path.withPlatformString { unsafe faccessat(AT_FDCWD, $0, mode, AT_EACCESS) == 0 || errno == ENOENT }
        }
        if !mayOpen(lock, R_OK | W_OK) { return lock }
        return mayOpen(data, isReadOnly ? R_OK : R_OK | W_OK) ? directory : data
    }

    private init(
        _ environment: OpaquePointer, _ directory: FilePath, _ options: LMDBOptions, _ isReadOnly: Bool
    ) throws(LMDBFailure) {
        var info = unsafe MDB_envinfo()
        try Self.check(unsafe mdb_env_info(environment, &info))
        reservation = unsafe Int(info.me_mapsize)
        file = directory.appending("data.mdb")
        // From here on pages are read.
        let mapping = unsafe LMDBMapping(of: file, environment)
        self.mapping = mapping
        do throws(LMDBFailure) {
            let found = unsafe try Self.prepare(environment, options, reservation, isReadOnly: isReadOnly)
            if mapping?.isCutShort == true { throw .cutShort }
            (metadata, main, refs, logs) = (found.metadata, found.main, found.refs, found.logs)
        } catch {
            mapping?.close()
            throw error
        }
        unsafe self.environment = unsafe environment
        self.isReadOnly = isReadOnly
    }

    private static func prepare(
        _ environment: OpaquePointer, _ options: LMDBOptions, _ reservation: Int, isReadOnly: Bool
    ) throws(LMDBFailure) -> Contents {
        // Most have all that is needed: writers are not waited for, who may be at it for long.
        var found = unsafe try prepare(environment, options, reservation, canWrite: false)
        if found == nil, !isReadOnly { found = unsafe try prepare(environment, options, reservation, canWrite: true) }
        guard let found else { throw .absent }
        return found
    }

    /// What an environment holds.
    private struct Contents {
        var metadata: LMDBMetadata
        var main = MDB_dbi()
        var refs = MDB_dbi()
        var logs = MDB_dbi()

        init(_ metadata: LMDBMetadata) { self.metadata = metadata }
    }

    /// Opens the databases; where it can write, makes those of a new environment and upgrades an old one.
    ///
    /// - Returns: nil where it would have to write and cannot.
    private static func prepare(
        _ environment: OpaquePointer, _ options: LMDBOptions, _ reservation: Int, canWrite: Bool
    ) throws(LMDBFailure) -> Contents? {
        var begun: OpaquePointer?
        var result = unsafe mdb_txn_begin(environment, nil, canWrite ? 0 : UInt32(MDB_RDONLY), &begun)
        if result == MDB_READERS_FULL {
            // Processes that died keep their places until somebody looks.
            try check(unsafe mdb_reader_check(environment, nil))
            result = unsafe mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &begun)
        }
        try check(result)
        guard let txn = unsafe begun else { throw .library(code: ENOMEM) }
        let contents: Contents?
        do throws(LMDBFailure) {
            contents = unsafe try prepare(txn, options, reservation, canWrite)
        } catch {
            unsafe mdb_txn_abort(txn)
            throw error
        }
        if contents == nil { unsafe mdb_txn_abort(txn) } else { try check(unsafe strata_lmdb_commit(txn)) }
        return contents
    }

    private static func prepare(
        _ txn: OpaquePointer, _ options: LMDBOptions, _ reservation: Int, _ canWrite: Bool
    ) throws(LMDBFailure) -> Contents? {
        var main = MDB_dbi()
        try check(unsafe strata_lmdb_open_database(txn, nil, 0, &main))
        var contents: Contents
        if let known = unsafe try metadata(txn, main) {
            contents = Contents(known)
            unsafe try openNamed(txn, &contents.refs, &contents.logs, 0)
        } else {
            var stat = MDB_stat()
            try check(unsafe mdb_stat(txn, main, &stat))
            guard stat.ms_entries == 0 else { throw .foreign }
            guard options.creates, !options.isReadOnly else { throw .absent }
            if !canWrite { return nil }
            contents = Contents(LMDBMetadata(algorithm: options.hashAlgorithm, reservation: reservation))
            unsafe try openNamed(txn, &contents.refs, &contents.logs, UInt32(MDB_CREATE))
            unsafe try write(contents.metadata, txn, main)
        }
        contents.main = main
        guard contents.metadata.algorithm == options.hashAlgorithm else {
            throw .wrongHash(found: contents.metadata.algorithm)
        }
        if contents.metadata.version < LMDBMetadata.version {
            guard options.upgrades, !options.isReadOnly else { throw .needsUpgrade(from: contents.metadata.version) }
            if !canWrite { return nil }
            unsafe try LMDBUpgrade.upgrade(from: contents.metadata.version, txn)
        }
        return contents
    }

    private static func openNamed(
        _ txn: OpaquePointer, _ refs: inout MDB_dbi, _ logs: inout MDB_dbi, _ flags: UInt32
    ) throws(LMDBFailure) {
        do throws(LMDBFailure) {
            try check(unsafe strata_lmdb_open_database(txn, "refs", flags, &refs))
            try check(unsafe strata_lmdb_open_database(txn, "logs", flags, &logs))
        } catch {
            throw error == .library(code: MDB_NOTFOUND) ? .damaged("one of its databases is not there") : error
        }
    }

    private static func metadata(_ txn: OpaquePointer, _ main: MDB_dbi) throws(LMDBFailure) -> LMDBMetadata? {
        var found = unsafe strata_lmdb_record()
        let result = unsafe withLMDBKey(LMDBMetadata.key) { unsafe strata_lmdb_get(txn, main, $0, &found) }
        if result == MDB_NOTFOUND { return nil }
        try check(result)
        return try unsafe LMDBMetadata(UnsafeRawBufferPointer(start: found.value, count: found.value_count))
    }

    static func write(_ metadata: LMDBMetadata, _ txn: OpaquePointer, _ main: MDB_dbi) throws(LMDBFailure) {
        let bytes = metadata.bytes
        try check(
            unsafe withLMDBKey(LMDBMetadata.key) { unsafe strata_lmdb_put(txn, main, $0, bytes, bytes.count, 0) })
    }

    /// Whether the process may have so much address space more.
    static func canReserve(_ size: Int) -> Bool {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard let probe = unsafe mmap(nil, size, PROT_NONE, flags, -1, 0), unsafe probe != MAP_FAILED else {
            return false
        }
        unsafe munmap(probe, size)
        return true
    }

    /// Reserves `size` bytes, or where it is nil as many as another process has; nobody must use the handle meanwhile.
    ///
    /// - Returns: 0, or an error, after which the handle can only be closed.
    mutating func resize(to size: Int?) -> Int32 {
        mapping?.close()
        mapping = nil
        let result = unsafe mdb_env_set_mapsize(environment, size ?? 0)
        if result != 0 { return result }
        var info = unsafe MDB_envinfo()
        unsafe mdb_env_info(environment, &info)
        reservation = unsafe Int(info.me_mapsize)
        mapping = unsafe LMDBMapping(of: file, environment)
        return 0
    }

    /// Makes sure that nothing of a commit that has failed comes back (``LMDBSettlement``). The handle is fresh.
    func settle() throws(LMDBFailure) {
        if isReadOnly { return }
        var begun: OpaquePointer?
        try Self.check(unsafe mdb_txn_begin(environment, nil, 0, &begun))
        guard let txn = unsafe begun else { throw .library(code: ENOMEM) }
        defer { unsafe mdb_txn_abort(txn) }
        try unsafe LMDBSettlement.settle(environment, next: UInt64(mdb_txn_id(txn)), at: file)
    }

    /// Must come when nobody uses the handle any more.
    func close() {
        mapping?.close()
        unsafe mdb_env_close(environment)
    }

    var isCutShort: Bool { mapping?.isCutShort ?? false }

    private static func check(_ result: Int32) throws(LMDBFailure) {
        if let failure = LMDBFailure(result: result, reservation: 0) { throw failure }
    }
}

extension strata_lmdb_key {
    /// A key that is bytes alone, which must stay where they are.
    @unsafe
    init(_ bytes: UnsafeRawBufferPointer) {
        unsafe self.init(bytes: bytes.baseAddress, count: bytes.count, scope: 0, is_scoped: 0, is_long: 0)
    }
}

extension strata_lmdb_key {
    /// Runs `body` with the bytes of the whole key, as LMDB has it.
    @inline(__always)
    func withWholeKey<R, Failure>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> R) throws(Failure) -> R {
        let own = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
        guard unsafe is_scoped != 0 else { return try unsafe body(own) }
        return try unsafe withUnsafeTemporaryAllocation(byteCount: count + 5, alignment: 1) { buffer throws(Failure) in
            unsafe buffer.storeBytes(of: scope.bigEndian, as: UInt32.self)
            unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[4...]).copyMemory(from: own)
            unsafe buffer[4 + count] = 0x01
            return try unsafe body(UnsafeRawBufferPointer(rebasing: buffer[..<(count + (is_long != 0 ? 5 : 4))]))
        }
    }
}

/// Runs `body` with a key that is bytes alone.
func withLMDBKey(_ bytes: [UInt8], _ body: (UnsafePointer<strata_lmdb_key>) -> Int32) -> Int32 {
    unsafe bytes.withUnsafeBytes { buffer in
        var key = unsafe strata_lmdb_key(buffer)
        return unsafe body(&key)
    }
}

/// Runs `body` with a key that lies still, or with none.
func withLMDBKey(_ key: strata_lmdb_key?, _ body: (UnsafePointer<strata_lmdb_key>?) -> Int32) -> Int32 {
    guard var key = unsafe key else { return body(nil) }
    return unsafe body(&key)
}
