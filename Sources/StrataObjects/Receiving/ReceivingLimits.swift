/// What a pack that comes from outside may cost. Nothing is allocated before it is known to be within them.
public struct ReceivingLimits: Sendable, Hashable {
    /// The most bytes of an object that must be in memory whole: all but blobs above ``bigFileThreshold`` that are no deltas.
    public var objectSize = 1 << 30
    /// Blobs of more bytes are hashed as they are inflated, in flat memory: git's `core.bigFileThreshold`.
    public var bigFileThreshold = 512 << 20
    /// The bytes of contents that each thread keeps for deltas that are yet to be applied to them; what does not fit is computed again. Git's
    /// `core.deltaBaseCacheLimit`.
    public var deltaBases = 96 << 20
    /// The bytes that all deltas of a pack may give together, counting what is computed again: instructions of few bytes give much.
    public var work: UInt64 = 1 << 42
    /// The number of objects that those of a pack may name, where links are followed: each takes 55 to 110 bytes; and of those
    /// that a promised pack leads to and that are not in it, with what of the store these lead to, each 200 more at most.
    public var links = 1 << 28

    public init() {}
}
