/// How the memory of a ``CachedRefStore`` is shared out.
struct CachedRefLimits: Sendable {
    /// How many parts with locks of their own the references of a generation are in: a power of two.
    let shardCount: Int
    /// The bytes of each part.
    let shardBytes: Int
    /// The bytes of a generation's listings; 0 = none are kept.
    let listingBytes: Int

    /// Shares out `byteLimit` bytes: half to the newest generation, half to the one before it, which may still be held.
    init(byteLimit: Int, cachesListings: Bool) {
        let generation = max(0, byteLimit) / 2
        listingBytes = cachesListings ? generation / 4 : 0
        // Small tables would hold little in many parts.
        shardCount = byteLimit >= 8 << 20 ? 16 : byteLimit >= 1 << 20 ? 4 : 1
        shardBytes = (generation - listingBytes) / shardCount
    }
}
