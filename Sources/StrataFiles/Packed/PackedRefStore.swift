public import StrataIO
public import StrataModel
public import StrataRefs
import Synchronization
public import SystemPackage

/// The references in one `packed-refs` file.
///
/// Reading maps the file and searches it by halving. Writing makes the file anew under `packed-refs.lock`, copying what does not
/// change, and renames it into place: readers, git's too, see all of a change or nothing. It keeps no symbolic references and no
/// reflogs. Safe to share between threads.
public final class PackedRefStore: RefStore {
    public let hashAlgorithm: HashAlgorithm
    public let commitDomain: CommitDomainID
    /// The file; it may be a symbolic link to the real one, and need not exist.
    public let path: FilePath
    let locks: LockSpace
    /// `core.packedRefsTimeout` in milliseconds: 0 is one try, a negative number forever.
    let lockTimeout: Int
    let durability: Durability
    /// Why the file cannot be changed, if it cannot.
    let refusal: RefError?
    /// What messages call the file.
    let shownPath: FilePath
    /// What it shows whatever the file holds; nil = the file.
    private let fixed: PackedRefSnapshot?
    /// The file's last known version. Looked at and replaced only; files are read outside the lock.
    private let latest = Mutex<PackedRefSnapshot?>(nil)

    /// The store in the file at `path`, which is not read yet.
    ///
    /// - Parameters:
    ///   - locks: the locks of the repository.
    ///   - lockTimeout: how long to wait for another writer where the caller does not say, in milliseconds.
    ///   - durability: what a commit must have reached where the caller does not say.
    ///   - shownPath: what messages call the file; nil = by its path.
    ///   - refusal: why nothing may be locked here, thrown when somebody wants to; nil = it may.
    public init(
        _ path: FilePath, hashAlgorithm: HashAlgorithm, locks: LockSpace, lockTimeout: Int = 1000,
        durability: Durability = .none, commitDomain: CommitDomainID = CommitDomainID(), shownPath: FilePath? = nil,
        refusal: RefError? = nil
    ) {
        fixed = nil
        self.refusal = refusal
        self.shownPath = shownPath ?? path
        self.path = path
        self.hashAlgorithm = hashAlgorithm
        self.locks = locks
        self.lockTimeout = lockTimeout
        self.durability = durability
        self.commitDomain = commitDomain
    }

    /// A store that shows one version of the file for ever, and cannot be written to.
    package init(showing snapshot: PackedRefSnapshot, locks: LockSpace) {
        fixed = snapshot
        refusal = RefError(.unsupported, "one version of packed-refs is shown", path: snapshot.path.string)
        (path, shownPath) = (snapshot.path, snapshot.path)
        hashAlgorithm = snapshot.hashAlgorithm
        self.locks = locks
        (lockTimeout, durability, commitDomain) = (0, .none, CommitDomainID())
    }

    public var capabilities: RefStoreCapabilities {
        [.writes, .atomicForReaders, .wholeListings, .snapshotIsolation, .stamps]
    }

    public func snapshot() throws(RefError) -> any RefSnapshot { try current() }

    /// The references as the file has them now: one `stat` when it has not changed since it was read last.
    ///
    /// - Throws: ``RefError/Code/unavailable`` when the file cannot be read, ``RefError/Code/corrupt`` when it is malformed where
    ///   opening it looks.
    public func current() throws(RefError) -> PackedRefSnapshot {
        if let fixed { return fixed }
        if let known = latest.withLock({ $0 }), let then = known.contents.stamp {
            if try stamp().provesUnchanged(since: then) { return known }
        }
        return try load()
    }

    /// The last known version, not looked at again.
    var latestKnown: PackedRefSnapshot? { latest.withLock { $0 } }

    /// Reads the file, whatever is known of it.
    func load() throws(RefError) -> PackedRefSnapshot {
        if let fixed { return fixed }
        let loaded = try PackedRefSnapshot(PackedRefsContents(path), hashAlgorithm, path: shownPath)
        latest.withLock { $0 = loaded }
        return loaded
    }

    private func stamp() throws(RefError) -> StatStamp {
        do throws(FileError) {
            return try StatStamp.of(path)
        } catch {
            throw RefError(.unavailable, "couldn't stat \(shownPath): \(error.errno)", path: path.string, cause: error)
        }
    }

    /// The state of the whole file, whatever the scope; nil while the file is so young that a change could go unseen. Where there is no file,
    /// the state of its directory: a file that has come and gone again has left its traces there.
    public func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? {
        // What is shown is not what the file's state tells.
        if fixed != nil { return nil }
        let stamp = try stamp()
        if !stamp.isAbsent { return Self.stamp(1, stamp) }
        do throws(FileError) {
            // A symbolic link to nothing: what it leads to is elsewhere.
            guard try FileStat.lstat(path) == nil else { return nil }
            let directory = path.removingLastComponent()
            return Self.stamp(0, try StatStamp.of(directory.isEmpty ? "." : directory))
        } catch {
            throw RefError(
                .unavailable, "couldn't stat \(error.path): \(error.errno)", path: error.path.string, cause: error)
        }
    }

    private static func stamp(_ kind: UInt64, _ stamp: StatStamp) -> RefStamp? {
        guard !stamp.isRacy, !stamp.isAbsent else { return nil }
        return RefStamp(words: [
            kind, stamp.device, stamp.inode, UInt64(bitPattern: stamp.size), UInt64(bitPattern: stamp.modified),
            UInt64(bitPattern: stamp.changed),
        ])
    }

    public func makeHold() throws(RefError) -> any HeldRefs { PackedRefsHold(self) }

    public var reflogs: (any ReflogStore)? { nil }
}
