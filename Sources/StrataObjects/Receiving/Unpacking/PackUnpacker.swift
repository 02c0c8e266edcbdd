public import StrataIO
public import StrataModel
import SystemPackage

/// Writes the objects of packs that come from outside as loose objects. Answers to git's `unpack-objects`.
///
/// An object is written when it is known: large blobs in flat memory, deltas when their base has come. What waits for its base is bounded by
/// ``ReceivingLimits/objectSize`` altogether. Methods block, and may be called from any thread.
public struct PackUnpacker: Sendable {
    /// Where objects go, and where the bases of a thin pack come from.
    public var store: FilesObjectStore
    public var limits = ReceivingLimits()
    /// The number of bytes above which a pack is refused.
    public var maxInputSize: UInt64?
    /// Whether the pack is only read.
    public var isDryRun = false
    /// Whether damaged entries are passed over, as far as what follows can be made out.
    public var recovers = false
    /// How objects are checked; nil = they are not. Then everything that they point to must be there as well, and nothing goes into the store before all is known
    /// to be good.
    public var objectRules: ObjectRules?
    /// Commits whose parents may be missing: those of a shallow repository.
    public var shallow: Set<ObjectID> = []
    /// Is told what is wrong, also of what is passed over.
    public var problems: ReceivedProblems?
    public var progress: ReceivingProgress?

    public init(store: FilesObjectStore) { self.store = store }

    /// What came of a pack.
    public struct Result: Sendable {
        /// The number of objects that the pack says it has.
        public let count: Int
        /// Whether there were none of the problems that ``PackUnpacker/recovers`` passes over.
        public let isWhole: Bool
        /// What was read from the source behind the pack.
        public let rest: [UInt8]
    }

    /// Unpacks a pack.
    ///
    /// - Throws: `corrupt`, `tooLarge`, `collision` or `unavailable`, in git's words. A damaged entry, and a base that cannot be read, is told to ``problems`` first, and
    ///   then thrown in the same words. What was written before stays, as in git, unless ``objectRules`` are set or the store syncs what it writes: then nothing does.
    public func unpack(_ source: any ByteSource) throws(ObjectError) -> Result {
        let input = PackInput(source, to: nil, algorithm: store.algorithm, limit: maxInputSize, namesLimit: false)
        if isDryRun { return try run(input, store, nil) }
        guard let objectRules else {
            return try store.withBatch { target throws(ObjectError) in try run(input, target, nil) }
        }
        let quarantine = try ObjectQuarantine(of: store, purpose: "unpack")
        let checks = UnpackedChecks(
            syntax: ReceivedSyntax(store.algorithm, rules: objectRules, tell: problems),
            links: ReceivedLinks(
                shallow: shallow, limit: limits.links, pack: source.name.string, words: .unpacking, tell: problems))
        let result = try run(input, quarantine.store, checks)
        try quarantine.migrate()
        return result
    }

    private func run(
        _ input: PackInput, _ target: any ObjectStore, _ checks: UnpackedChecks?
    ) throws(ObjectError) -> Result {
        try Inflater.with { (failure) -> ObjectError in
            ObjectError(.unavailable, file: input.name, failure.cause)
        } _: { inflater throws(ObjectError) in
            defer { inflater.trim() }
            return try UnpackRun(self, input, inflater, target, checks).run()
        }
    }
}

/// What is asked of objects that are unpacked. Blobs are looked at in the end, where they are `.gitmodules` or `.gitattributes`.
struct UnpackedChecks {
    let syntax: ReceivedSyntax
    let links: ReceivedLinks

    func check(_ id: ObjectID, _ kind: ObjectKind, _ bytes: Span<UInt8>?) throws(ObjectError) {
        let found = try links.take(id, kind, bytes)
        guard kind != .blob, let bytes else { return }
        try syntax.check(id, kind, bytes)
        try links.follow(id, kind, bytes, found)
    }

    func finish(in store: any ObjectStore, limit: Int) throws(ObjectError) {
        _ = try links.requireAll(in: store, nil)
        _ = try syntax.finish(missingIsError: true) { id throws(ObjectError) in try store.read(id, limit: limit) }
    }
}
