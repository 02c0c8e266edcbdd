public import StrataModel

/// How much ``checkRefStore(_:make:)`` does.
public struct RefStoreCheckOptions: Sendable {
    /// Which names the store has a place for. Laws and histories use no others.
    ///
    /// A namespace keeps `HEAD` and what is below `refs/`; a routing has reserved parents. Names that belong to one worktree are left out
    /// anyway where the store does not declare them.
    public var keeps: @Sendable (RefName) -> Bool = { _ in true }
    /// Which laws are checked, by name: one that fails, say, or some of them on a slow store.
    public var includes: @Sendable (_ law: String) -> Bool = { _ in true }
    /// How many references the law of long listings writes.
    public var longListing = 2000
    /// Where the random histories begin; the same seed makes the same ones.
    public var seed: UInt64 = 1
    /// How many random histories are run by one thread against the model, and how many steps each has.
    public var histories = 60
    public var stepsPerHistory = 30
    /// How many histories are run by several threads at once, by how many, and how many steps each thread has.
    public var concurrentHistories = 12
    public var threads = 4
    public var stepsPerThread = 12

    public init() {}
}
