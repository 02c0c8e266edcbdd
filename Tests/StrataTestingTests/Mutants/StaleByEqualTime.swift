import StrataRefs
import StrataTesting

extension Mutant {
    /// A cache takes a stamp for exact whose clock ticks at every fourth change only, as files of one mtime were.
    static let staleByEqualTime = Mutant(
        "a cache is stale by equal times", foundBy: "stamps:", "snapshots:"
    ) {
        var ways = SmallWays()
        ways.stamp = { $0.changes / 4 }
        let store = SmallRefStore(ways)
        return SharedReferences([CachedRefStore(around: store), store])
    }
}
