import Synchronization

/// What a store can do beyond reading and writing object ids.
public struct RefStoreCapabilities: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// It can be written.
    public static let writes = RefStoreCapabilities(rawValue: 1)
    /// It keeps symbolic references.
    public static let symbolicRefs = RefStoreCapabilities(rawValue: 1 << 1)
    /// It keeps reflogs.
    public static let reflogs = RefStoreCapabilities(rawValue: 1 << 2)
    /// A transaction is visible to every reader as a whole or not at all: a snapshot shows all of it or nothing.
    public static let atomicForReaders = RefStoreCapabilities(rawValue: 1 << 3)
    /// A snapshot stays as it was, whatever is written meanwhile.
    public static let snapshotIsolation = RefStoreCapabilities(rawValue: 1 << 4)
    /// It holds what belongs to one worktree (`HEAD`, `refs/bisect/…`) beside shared references.
    public static let perWorktreeRefs = RefStoreCapabilities(rawValue: 1 << 5)
    /// Its stamps, where it gives one, are exact: equal stamps mean that nothing has changed between.
    public static let stamps = RefStoreCapabilities(rawValue: 1 << 6)
    /// A listing, a read of several names (``RefSnapshot/read(_:)-([RefName])``) and the resolving of a name see each transaction as a whole or not at all; two calls
    /// may still see different states. In files that is so of transactions that write an intent: not where locks are plain ones, nor where
    /// `packed-refs` is a symbolic link.
    public static let wholeListings = RefStoreCapabilities(rawValue: 1 << 7)
}

/// Stores with equal domains commit as one.
public struct CommitDomainID: Sendable, Hashable {
    private let value: UInt64
    private static let counter = Atomic<UInt64>(0)

    /// A domain unlike every other in this process.
    public init() { value = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue }
}

/// The state of a scope of references: equal stamps, unchanged references.
public struct RefStamp: Sendable, Hashable {
    /// What the store measured; the meaning is its own.
    public let words: [UInt64]
    public init(words: [UInt64]) { self.words = words }
}
