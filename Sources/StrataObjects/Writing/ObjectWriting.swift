public import StrataIO

/// How objects are written into files.
public struct ObjectWriting: Sendable, Hashable {
    /// What has reached the disk when a write returns.
    public enum Syncing: Sendable, Hashable {
        /// What the kernel has written by then. Git's default for loose objects.
        case none
        /// The contents have been handed to the device, which may still lose them (`core.fsyncMethod=writeout-only`).
        case writeOut
        /// ``Durability/data``: a name that is there after a loss of power leads to the whole object. Git's `core.fsync=loose-object`.
        case data
        /// ``Durability/full``: the object is there after a loss of power.
        case full

        /// The syncing that a caller's durability asks for.
        public init(_ durability: Durability) {
            switch durability {
            case .none: self = .none
            case .data: self = .data
            case .full: self = .full
            }
        }
    }

    /// zlib's level: 0 stores, 1 is fast, 9 makes files smallest, -1 stands for 6. Git's `core.looseCompression`.
    public var compression: Int
    /// What is synced where a caller does not say.
    public var syncing: Syncing
    /// Who else may use what is written. Git's `core.sharedRepository`.
    public var sharing: FileSharing

    public init(compression: Int = 1, syncing: Syncing = .none, sharing: FileSharing = .umask) {
        self.compression = compression
        self.syncing = syncing
        self.sharing = sharing
    }

    /// What is synced for a caller who asks for `durability`.
    func syncing(for durability: Durability?) -> Syncing { durability.map(Syncing.init) ?? syncing }
}
