import Glibc

/// What is fed with hostile bytes, each with the properties that must hold whatever the bytes are.
///
/// A case's raw value names its corpus, `Tests/Corpora/<name>`, and its dictionary, `Tests/Corpora/<name>.dict`.
package enum FuzzFormat: String, CaseIterable, Sendable {
    case looseReference = "loose-ref"
    case packedRefs = "packed-refs"
    case reflog = "reflog"
    case config = "config"
    case refname = "refname"
    case glob = "glob"
    case updateRef = "update-ref"
    case intent = "intent"
    case looseObject = "loose-object"
    case delta = "delta"
    case pack = "pack"
    case packIndex = "pack-index"

    /// The longest CPU time that one input may take, all its checks together, in nanoseconds.
    private static let budget: UInt64 = 1_000_000_000

    /// Checks the properties of this format on `bytes`.
    ///
    /// - Throws: ``FuzzFinding`` when one does not hold.
    package func check(_ bytes: [UInt8]) throws {
        let start = Self.processorTime()
        switch self {
        case .looseReference: try fuzzLooseReference(bytes)
        case .packedRefs: try fuzzPackedRefs(bytes)
        case .reflog: try fuzzReflog(bytes)
        case .config: try fuzzConfig(bytes)
        case .refname: try fuzzRefname(bytes)
        case .glob: try fuzzGlob(bytes)
        case .updateRef: try fuzzUpdateRef(bytes)
        case .intent: try fuzzIntent(bytes)
        case .looseObject: try fuzzLooseObject(bytes)
        case .delta: try fuzzDelta(bytes)
        case .pack: try fuzzPack(bytes)
        case .packIndex: try fuzzPackIndex(bytes)
        }
        let spent = Self.processorTime() - start
        try require(spent < Self.budget, "\(spent / 1_000_000) ms of CPU time for \(bytes.count) bytes")
    }

    private static func processorTime() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
