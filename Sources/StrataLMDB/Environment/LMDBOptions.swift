public import StrataIO
public import StrataModel

/// How an environment of references is opened.
///
/// Within a process an environment is opened once, by the first that asks; what later openers ask for must agree with it.
public struct LMDBOptions: Sendable {
    /// The hash function of the ids: of a new environment; one that is there must have it.
    public var hashAlgorithm: HashAlgorithm
    /// Whether an environment is made where there is none.
    public var creates = false
    /// Whether it is opened only to read. It is so anyway on a file system that is read-only.
    public var isReadOnly = false
    /// Whether an environment of an older format is upgraded, which needs that it can be written.
    public var upgrades = true
    /// The address space to reserve, in bytes: the most that the file can grow to. Halved until there is so much, where the process is
    /// under a limit. Costs nothing until it is used.
    ///
    /// 64 GiB are some hundred million references. A process has 128 TiB in all, so that a host can have two thousand environments open.
    public var reservation = 1 << 36
    /// How many read transactions can be open at once, in all processes; set by whoever opens the environment first of all.
    public var readers = 4096
    /// The permissions of the files (`core.sharedRepository`).
    public var sharing = FileSharing.umask
    /// Whether commits are synced at all, as their durability asks. Not, for an environment that nobody else has yet:
    /// ``LMDBEnvironment/sync()`` then makes all of it last.
    package var syncs = true

    public init(hashAlgorithm: HashAlgorithm = .sha1) { self.hashAlgorithm = hashAlgorithm }
}
