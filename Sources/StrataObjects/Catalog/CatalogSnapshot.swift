import StrataIO
import StrataModel
import Synchronization

/// What the object directories held when they were listed: an immutable list of sources, and the table that they were merged into where that pays.
///
/// Holding a snapshot holds what of it is open: packs that are removed stay readable.
final class CatalogSnapshot: Sendable {
    /// Later ones have larger numbers.
    let number: Int
    let directories: [ObjectDirectory]
    /// The index sources, newest first.
    let sources: [IndexSource]
    /// What could not be listed; while there is any, nothing can be said to be absent.
    let failures: [ObjectError]
    /// The first of them.
    var failure: ObjectError? { failures.first }
    private let merging = Mutex(false)
    private let mergedNow = OnceReference<MergedSources>()
    private let loadedTables = OnceReference<LoadedTables>()
    /// The number of searches in single tables so far, and of those that went through all of them in vain.
    private let searches = Atomic<Int>(0)
    private let misses = Atomic<Int>(0)
    /// The source that gave the last answer: the next is likely to come from it too.
    private let lastHit = Atomic<Int>(0)

    /// Lists everything anew. Sources that `previous` had too stay what they are.
    init(_ number: Int, _ roots: ObjectRoots, _ loose: LooseObjects, keeping previous: CatalogSnapshot?) {
        self.number = number
        let listing = CatalogListing(roots, loose, keeping: previous)
        directories = listing.directories
        sources = listing.sources
        failures = listing.failures
        if let kept = previous?.mergedNow.load()?.keeping(sources) { _ = mergedNow.storeIfNil(kept) }
    }

    /// Whether a directory may have changed since it was listed.
    var mayBeStale: Bool {
        !failures.isEmpty || directories.indices.contains { place in directories.lend(place) { $0.mayBeStale } }
    }

    /// Whether both name the same directories and packs, so that a second look sees nothing new.
    func lists(theSameAs other: CatalogSnapshot) -> Bool {
        sources.count == other.sources.count && directories.count == other.directories.count
            && failures.isEmpty == other.failures.isEmpty
            && zip(sources, other.sources).allSatisfy { $0 === $1 }
            && areDirectories(theSameAs: other)
    }

    func areDirectories(theSameAs other: CatalogSnapshot) -> Bool {
        directories.count == other.directories.count
            && zip(directories, other.directories).allSatisfy { $0.isSame(as: $1) }
    }

    // MARK: - Searching

    /// What came of looking through all packs.
    enum Finding<Answer> {
        case found(Answer)
        /// Nothing there; the first failure on the way, and whether a file was gone that had been listed.
        case missing(ObjectError?, vanished: Bool)
    }

    /// The first answer that a copy of the object gives. A copy or a source that cannot be read does not hide another.
    @inline(__always)
    func search<Answer>(
        _ id: ObjectID, _ body: (IndexPlace) throws(ObjectError) -> Answer?
    ) -> Finding<Answer> {
        var search = Search(failure: failure)
        if mergedNow.isSet {
            let answer = mergedNow.with { merged in merged.search(id, &search, body) } ?? nil
            if let answer { return .found(answer) }
            return .missing(search.failure, vanished: search.hasVanished)
        }
        let count = sources.count
        let first = lastHit.load(ordering: .relaxed)
        if first < count, let answer = look(in: first, id, &search, body) { return .found(answer) }
        // What is loaded costs nothing to load; the rest is loaded one by one.
        var unloaded: [Int] = []
        for place in 0..<count where place != first {
            guard sources[place].isLoaded else {
                unloaded.append(place)
                continue
            }
            if let answer = look(in: place, id, &search, body) {
                hit(place, search)
                return .found(answer)
            }
        }
        for place in unloaded {
            if let answer = look(in: place, id, &search, body) {
                hit(place, search)
                return .found(answer)
            }
        }
        missed(search)
        return .missing(search.failure, vanished: search.hasVanished)
    }

    /// What a search has met with so far.
    struct Search {
        var failure: ObjectError?
        var hasVanished = false
        /// The number of tables that were searched.
        var count = 0
    }

    /// Looks for an object in one source.
    @inline(__always)
    private func look<Answer>(
        in place: Int, _ id: ObjectID, _ search: inout Search,
        _ body: (IndexPlace) throws(ObjectError) -> Answer?
    ) -> Answer? {
        sources.lend(place) { source in Self.look(in: source, id, &search, body) }
    }

    @inline(__always)
    static func look<Answer>(
        in source: IndexSource, _ id: ObjectID, _ search: inout Search,
        _ body: (IndexPlace) throws(ObjectError) -> Answer?
    ) -> Answer? {
        do throws(ObjectError) {
            if !source.isLoaded, try source.table() == nil {
                search.hasVanished = true
                return nil
            }
            search.count += 1
            return try source.withLoaded { table throws(ObjectError) in
                let position = table.lowerBound(id)
                guard position < table.count, table.id(at: position) == id else {
                    try table.checkSearch(for: id, foundPlace: position)
                    return nil
                }
                if let answer = try body(IndexPlace(table: table, position: position)) { return answer }
                search.hasVanished = true
                return nil
            }
        } catch {
            search.failure = search.failure ?? error
        }
        return nil
    }

    // MARK: - Merging

    private func hit(_ place: Int, _ search: Search) {
        lastHit.store(place, ordering: .relaxed)
        if search.count > Self.fewSources { count(search) }
    }

    private func missed(_ search: Search) {
        guard search.count > Self.fewSources else { return }
        // Who asks for two objects that are not there will ask for more.
        if misses.wrappingAdd(1, ordering: .relaxed).newValue == 2 { merge() } else { count(search) }
    }

    /// So few are searched faster than they are merged.
    private static let fewSources = 3

    /// Merges when the searches have cost about what merging does: a search takes as long as eight objects do to merge.
    private func count(_ search: Search) {
        let total = searches.wrappingAdd(search.count, ordering: .relaxed).newValue
        guard total >> 10 != (total - search.count) >> 10 else { return }
        let objects = sources.reduce(0) { $0 + ($1.loaded?.count ?? 0) }
        if total > objects / 8 { merge() }
    }

    /// The sources in one table in the order of ids, made if it has not been yet; nil when there is too much for one.
    @discardableResult
    func merge() -> MergedSources? {
        if let merged = mergedNow.load() { return merged }
        return merging.withLock { isImpossible in
            if let merged = mergedNow.load() { return merged }
            if isImpossible { return nil }
            guard let merged = MergedSources(sources) else {
                isImpossible = true
                return nil
            }
            return mergedNow.storeIfNil(merged)
        }
    }

    /// The tables of all sources, once all were loaded.
    private final class LoadedTables: Sendable {
        let tables: [IndexTable]

        init(_ tables: [IndexTable]) { self.tables = tables }
    }

    /// Every table that can be loaded; the first error of those that cannot, and whether one was gone.
    func tables() -> (tables: [IndexTable], failure: ObjectError?, hasVanished: Bool) {
        if let all = loadedTables.load() { return (all.tables, failure, false) }
        var tables: [IndexTable] = []
        var search = Search(failure: failure)
        for source in sources {
            do throws(ObjectError) {
                if let table = try source.table() { tables.append(table) } else { search.hasVanished = true }
            } catch {
                search.failure = search.failure ?? error
            }
        }
        if tables.count == sources.count { _ = loadedTables.storeIfNil(LoadedTables(tables)) }
        return (tables, search.failure, search.hasVanished)
    }
}
