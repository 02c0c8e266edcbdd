public import StrataModel
public import StrataRefs

/// A repository's references in files, as git keeps them: loose files over `packed-refs`, reflogs beside.
///
/// Reads ask the loose file first and `packed-refs` after it, so that a reference which pack-refs moves meanwhile is never missed.
/// Writes are git's: loose, under `<name>.lock`; deletions from both, from `packed-refs` first. Large transactions go to `packed-refs` as
/// ``PackedTransactions`` says. Stock git may work on the same files at any time.
///
/// A transaction is whole or absent after the process was killed at any moment, where the loose store has ``RefIntents``; without, only
/// one that takes a single rename is. Safe to share between threads.
public final class FilesRefStore: RefStore {
    /// The loose references and the reflogs.
    public let loose: LooseRefStore
    /// The references in `packed-refs`.
    public let packed: PackedRefStore
    /// What readers see of the packed references: a small memory of the names that are asked for again and again, without listings, which come
    /// from memory anyway.
    let remembered: CachedRefStore
    /// When a transaction is written to `packed-refs` instead of loose files.
    public let packedTransactions: PackedTransactions

    /// `strata.packedTransaction`: when the new values of a transaction go into `packed-refs`, in one rename.
    public enum PackedTransactions: Sendable, Hashable {
        /// When that is cheaper than loose files, and for 64 references or more.
        case auto
        /// Never, as git.
        case never
        /// For this many references or more.
        case from(Int)

        /// Whether `count` references are packed into a file of `packedBytes`.
        func packs(_ count: Int, into packedBytes: Int) -> Bool {
            switch self {
            case .never: false
            case .from(let least): count >= max(1, least)
            // A loose file costs some 60 µs to make and rename; packed-refs is copied at about a byte a nanosecond.
            case .auto: count >= 64 && count * 60_000 > packedBytes
            }
        }
    }

    public init(loose: LooseRefStore, packed: PackedRefStore, packedTransactions: PackedTransactions = .auto) {
        self.loose = loose
        self.packed = packed
        remembered = CachedRefStore(around: packed, byteLimit: 1 << 20, cachesListings: false)
        self.packedTransactions = packedTransactions
    }

    public var capabilities: RefStoreCapabilities { loose.capabilities.union(.perWorktreeRefs) }

    public var hashAlgorithm: HashAlgorithm { loose.hashAlgorithm }

    public var commitDomain: CommitDomainID { loose.commitDomain }

    public func snapshot() throws(RefError) -> any RefSnapshot {
        guard let intents = loose.intents, let directory = loose.intentDirectory else {
            return filesSnapshot()
        }
        return WatchedRefSnapshot(filesSnapshot(), directory: directory, intents.watch)
    }

    /// The files as they stand, whatever transactions are under way.
    func filesSnapshot() -> FilesRefSnapshot { FilesRefSnapshot(loose.rawSnapshot(), remembered) }

    public func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? {
        guard let front = try loose.stamp(covering: scope), let back = try packed.stamp(covering: scope) else {
            return nil
        }
        return RefStamp(words: front.words + back.words)
    }

    public func makeHold() throws(RefError) -> any HeldRefs { FilesHold(self) }

    public var reflogs: (any ReflogStore)? { loose.reflogs }
}
