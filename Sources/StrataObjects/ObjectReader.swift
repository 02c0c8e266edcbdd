public import StrataModel
import Synchronization
public import SystemPackage

/// Reads objects of a repository: loose, packed, and from its alternates.
///
/// What git packs, repacks and prunes meanwhile is followed: a lookup that misses lists the packs anew when a
/// directory changed. Contents are not checked against their ids. Methods block on files and may be called from any
/// thread at once. Answers to git's `odb.c` and `packfile.c` as far as references need them; `refs/replace` and
/// grafts are not followed.
public final class ObjectReader: ObjectLookup {
    public let algorithm: HashAlgorithm
    private let roots: ObjectSources.Roots
    private let listed = Mutex<ObjectSources?>(nil)
    /// The position of the pack that gave the last answer: the next is likely to come from it too.
    private let lastPack = Atomic<Int>(0)

    /// The size above which `read` refuses an object unless told otherwise: 64 MiB.
    public static let defaultLimit = 64 << 20

    /// A reader of the objects under `objectDirectory` (`.git/objects`). Nothing is opened yet.
    ///
    /// - Parameter alternates: the value of `GIT_ALTERNATE_OBJECT_DIRECTORIES`: paths separated by colons, perhaps
    ///   C-quoted, relative to the working directory.
    public init(objectDirectory: FilePath, algorithm: HashAlgorithm, alternates: some Sequence<UInt8> = []) {
        self.algorithm = algorithm
        roots = ObjectSources.Roots(
            objectDirectory: BytePath(objectDirectory),
            environment: Alternates.parse(alternates, separator: UInt8(ascii: ":")), algorithm: algorithm)
    }

    public func contains(_ id: ObjectID) throws(ObjectLookupError) -> Bool {
        if isEmptyTree(id) { return true }
        return try find(id) { _, _ in
            true
        } loose: { loose throws(ObjectLookupError) in
            try loose.contains(id) ? true : nil
        } ?? false
    }

    public func kind(of id: ObjectID) throws(ObjectLookupError) -> ObjectKind? {
        if isEmptyTree(id) { return .tree }
        return try find(id) { pack, offset throws(ObjectLookupError) in
            try pack.kind(at: offset)
        } loose: { loose throws(ObjectLookupError) in
            try loose.header(of: id)?.kind
        }
    }

    public func header(of id: ObjectID) throws(ObjectLookupError) -> ObjectHeader? {
        if isEmptyTree(id) { return ObjectHeader(kind: .tree, size: 0) }
        return try find(id) { pack, offset throws(ObjectLookupError) in
            try pack.header(at: offset)
        } loose: { loose throws(ObjectLookupError) in
            try loose.header(of: id)
        }
    }

    /// The object's kind and contents, or nil when it is absent.
    ///
    /// - Parameter limit: the number of bytes above which the object, or one that it is a delta of, is refused.
    /// - Throws: `tooLarge` above the limit; `corrupt` and `unavailable` as everywhere.
    public func read(
        _ id: ObjectID, limit: Int = defaultLimit
    ) throws(ObjectLookupError) -> (kind: ObjectKind, bytes: [UInt8])? {
        if isEmptyTree(id) { return (.tree, []) }
        let limit = min(limit, 1 << 40)
        return try find(id) { pack, offset throws(ObjectLookupError) in
            try pack.read(at: offset, limit: limit)
        } loose: { loose throws(ObjectLookupError) in
            try loose.read(id, limit: limit)
        }
    }

    /// The tree without entries is in every repository, stored or not.
    func isEmptyTree(_ id: ObjectID) -> Bool {
        id == (algorithm == .sha1 ? Self.emptyTreeSHA1 : Self.emptyTreeSHA256)
    }

    private static let emptyTreeSHA1 = ObjectID(
        algorithm: .sha1, words: (0x4b82_5dc6_42cb_6eb9, 0xa060_e54b_f8d6_9288, 0xfbee_4904_0000_0000, 0))
    private static let emptyTreeSHA256 = ObjectID(
        algorithm: .sha256,
        words: (0x6ef1_9b41_225c_5369, 0xf1c1_04d4_5d8d_85ef, 0xa9b0_57b5_3b14_b4b9, 0xb939_dd74_decc_5321))

    // MARK: - Looking in every place

    /// The first answer that a place gives: packs first, then loose objects. A place that cannot be read does not hide
    /// a copy elsewhere; its error is thrown when no place has an answer.
    private func find<Answer>(
        _ id: ObjectID,
        packed: (Pack, Int) throws(ObjectLookupError) -> Answer,
        loose: (LooseObjects) throws(ObjectLookupError) -> Answer?
    ) throws(ObjectLookupError) -> Answer? {
        guard id.algorithm == algorithm else { return nil }
        return try inEveryState { sources throws(ObjectLookupError) in
            var failure = sources.failure
            var vanished = false
            let start = lastPack.load(ordering: .relaxed)
            for step in 0..<sources.packs.count {
                let which = step == 0 ? (start < sources.packs.count ? start : 0) : (step <= start ? step - 1 : step)
                do throws(ObjectLookupError) {
                    guard let pack = try sources.packs[which].pack() else {
                        vanished = true
                        continue
                    }
                    guard let position = pack.index.position(of: id) else {
                        try pack.checkWhole()
                        continue
                    }
                    let answer = try packed(pack, try pack.index.offset(at: position))
                    try pack.checkWhole()
                    lastPack.store(which, ordering: .relaxed)
                    return .found(answer)
                } catch {
                    failure = failure ?? error
                }
            }
            for directory in sources.directories {
                do throws(ObjectLookupError) {
                    if let answer = try loose(directory.loose) { return .found(answer) }
                } catch {
                    failure = failure ?? error
                }
            }
            return .missing(failure, vanished: vanished)
        }
    }

    /// What one look through all places came to.
    enum Finding<Answer> {
        case found(Answer)
        /// Nothing there; the first failure on the way, and whether a pack was gone that had been listed.
        case missing(ObjectLookupError?, vanished: Bool)
    }

    /// Looks until something is found, or nothing changes between two looks, or packs keep vanishing.
    func inEveryState<Answer>(
        _ look: (ObjectSources) throws(ObjectLookupError) -> Finding<Answer>
    ) throws(ObjectLookupError) -> Answer? {
        var sources = current()
        for _ in 0..<8 {
            switch try look(sources) {
            case .found(let answer): return answer
            case .missing(let failure, let vanished):
                if let next = refresh(after: sources, force: vanished) {
                    sources = next
                    continue
                }
                if let failure { throw failure }
                if !vanished { return nil }
            }
        }
        throw ObjectLookupError(
            .unavailable, file: roots.objectDirectory.text, "packs vanish faster than they can be read")
    }

    func current() -> ObjectSources {
        listed.withLock { listed in
            if let listed { return listed }
            let sources = ObjectSources(roots)
            listed = sources
            return sources
        }
    }

    /// The places as they are now, or nil when they are what they were.
    private func refresh(after old: ObjectSources, force: Bool) -> ObjectSources? {
        listed.withLock { listed in
            if let listed, listed !== old { return listed }
            guard force || old.mayBeStale else { return nil }
            let sources = ObjectSources(roots, keeping: old)
            listed = sources
            return sources.lists(theSameAs: old) ? nil : sources
        }
    }
}
