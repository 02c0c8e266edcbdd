public import StrataIO
public import StrataModel
public import StrataRefs
public import SystemPackage

/// References kept one file each, as `<directory>/<name>`: git's loose references, with their reflogs.
///
/// The directory is a git dir or the git dir of a linked worktree. Reading sees the files as they are at that moment. One
/// reference changes by one rename; a transaction of several becomes visible step by step, is undone when a step fails, and with
/// ``RefIntents`` is whole or absent after a crash.
/// Locks and files are git's own (gitrepository-layout; git's `refs/files-backend.c`): git and this store may work on one
/// directory together. `core.preferSymlinkRefs` is not obeyed: symbolic links are read, never written.
///
/// Who lays packed references under these must open them *after* a cursor or a read of loose ones has been made: packing moves
/// references from here to there, so what is missing here is there then.
public final class LooseRefStore: RefStore {
    let names: NamedDirectory
    let reader: LooseRefReader
    let locks: LockSpace
    let lockTimeout: Int
    let durability: Durability
    /// Why nothing can be changed here, if it cannot.
    let refusal: RefError?
    let logs: ReflogFiles
    /// What makes its transactions whole or absent after a crash, if anything does.
    public let intents: RefIntents?
    /// The directory as intents name it; nil where there are none, or it is not below the common directory.
    let intentDirectory: [UInt8]?
    public let commitDomain: CommitDomainID

    /// - Parameters:
    ///   - directory: the git dir, which must exist.
    ///   - locks: takes the locks; shared by all stores of a repository. Its ``LockSpace/sharing`` is that of all files.
    ///   - lockTimeout: how long to wait for each lock, in milliseconds, where a caller gives no deadline; 0 = one try,
    ///     negative = for ever (`core.filesRefLockTimeout`).
    ///   - durability: what a commit must have reached where the caller does not say.
    ///   - intents: makes transactions of several steps whole or absent after a crash, if it is that of `locks` and reflogs
    ///     stand in `logs`; nil = a crash may leave some of their steps done and others not.
    ///   - reflogDirectory: where reflogs are; nil = `logs` in `directory`.
    ///   - shownPath: what messages call `directory`; nil = by its path.
    ///   - refusal: why nothing may be locked here, thrown when somebody wants to; nil = it may.
    public init(
        directory: FilePath, hashAlgorithm: HashAlgorithm, locks: LockSpace, lockTimeout: Int = 100,
        durability: Durability = .none, intents: RefIntents? = nil, reflogDirectory: FilePath? = nil,
        commitDomain: CommitDomainID = CommitDomainID(),
        shownPath: FilePath? = nil, refusal: RefError? = nil
    ) {
        self.refusal = refusal
        names = NamedDirectory(directory, shownAs: shownPath, mayBeMade: false, sharing: locks.sharing)
        reader = LooseRefReader(root: names.root, algorithm: hashAlgorithm)
        self.locks = locks
        self.lockTimeout = lockTimeout
        self.durability = durability
        self.commitDomain = commitDomain
        self.intents = intents?.locks === locks && reflogDirectory == nil ? intents : nil
        intentDirectory = self.intents?.relative(names.root)
        logs = ReflogFiles(
            directory: reflogDirectory ?? directory.appending("logs"), hashAlgorithm: hashAlgorithm, locks: locks,
            lockTimeout: lockTimeout, durability: durability,
            shownPath: reflogDirectory == nil ? shownPath?.appending("logs") : nil)
    }

    public var capabilities: RefStoreCapabilities {
        let all: RefStoreCapabilities = [.writes, .symbolicRefs, .reflogs, .perWorktreeRefs]
        return intentDirectory == nil ? all : all.union(.wholeListings)
    }

    public var hashAlgorithm: HashAlgorithm { reader.algorithm }
    public var reflogs: (any ReflogStore)? { logs }

    public func snapshot() throws(RefError) -> any RefSnapshot {
        guard let intents, let directory = intentDirectory else { return rawSnapshot() }
        return WatchedRefSnapshot(rawSnapshot(), directory: directory, intents.watch)
    }

    /// The files as they stand, whatever transactions are under way.
    func rawSnapshot() -> LooseRefSnapshot { LooseRefSnapshot(reader) }

    /// Not known: the times of directories do not tell of changes in the files below.
    public func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? { nil }

    public func makeHold() throws(RefError) -> any HeldRefs { LooseHold(self) }

    /// A hold for a store that lays other references under these: `existsElsewhere` tells of them.
    func makeLooseHold(_ existsElsewhere: @escaping (RefName) throws(RefError) -> Bool) -> LooseHold {
        LooseHold(self, existsElsewhere: existsElsewhere)
    }

    /// Deletes the file of `name`, not its reflog, if it holds `id`: the second half of packing a reference.
    ///
    /// - Returns: whether it did; false when the reference has moved on.
    /// - Throws: ``RefError``, `locked` when somebody else holds the name.
    @discardableResult
    public func prune(_ name: RefName, ifStill id: ObjectID, until deadline: Deadline? = nil) throws(RefError) -> Bool {
        let hold = LooseHold(self)
        defer { hold.abort() }
        if let failure = try hold.hold([name], until: deadline)[0] {
            let error = failure.error(holding: name)
            throw RefError(
                error.code, "cannot lock ref '\(name)': \(error.message)", reference: name, path: error.path,
                cause: error.cause)
        }
        guard try hold.read(name) == .object(id, peeled: nil) else { return false }
        try hold.unlink(name)
        hold.abort()
        names.removeEmptyParents(of: name)
        return true
    }
}
