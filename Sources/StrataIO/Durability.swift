/// How much of a change is on the medium when the call that made it returns.
public enum Durability: UInt8, Sendable, Hashable, Comparable, CaseIterable {
    /// Nothing is synced; the kernel writes when it likes. Git's default for references.
    case none
    /// The contents of files are synced before their names change (git's `core.fsync=reference`). After a power cut a
    /// name may be the old or the new one, and what it names is whole.
    case data
    /// As `data`, and the directory entries are synced before the call returns: the change is there.
    case full

    public static func < (a: Durability, b: Durability) -> Bool { a.rawValue < b.rawValue }
}
