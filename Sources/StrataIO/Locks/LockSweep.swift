public import SystemPackage

/// What a sweep let go of.
public struct LockSweep: Sendable {
    /// The dead owners whose files were removed. Of one whose record was lost only the id is known.
    public var owners: [OwnerRecord] = []
    /// Their locks, each a `.lock`.
    public var locks: [FilePath] = []
    /// New values that they had not published.
    public var values: [FilePath] = []
    /// Owners whose work could not be finished; their locks stay.
    public var failures: [LockError] = []

    public init() {}
}
