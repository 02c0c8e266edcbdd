import StrataModel
import StrataObjects
import Synchronization
import SystemPackage

/// Looking objects up in the process, beside libgit2 where it is installed.
enum ObjectLookupsBenchmark {
    static func run() throws {
        let sets = try ObjectSets()
        let lists = try ObjectLists(sets)
        try lookups(sets, lists)
        try contents(sets, lists)
        try opened(sets, lists)
        try absent(sets)
        try abbreviations(sets, lists)
        try threads(sets, lists)
    }

    private static func store(_ repository: FilePath) -> FilesObjectStore {
        FilesObjectStore(objectDirectory: repository.appending("objects"), algorithm: .sha1)
    }

    private static func forms(_ sets: ObjectSets) -> [(name: String, repository: FilePath)] {
        [("1 pack", sets.one), ("100 packs", sets.hundred), ("1000 packs", sets.thousand)]
    }

    /// Strata's way to do something with `ids`, and libgit2's, which has to find `found` of them.
    private static func ways(
        _ name: String, _ repository: FilePath, _ ids: [ObjectID], found: Int? = nil,
        _ body: @escaping (FilesObjectStore, ObjectID) throws -> Bool,
        libgit2: @escaping (Git2Objects, RawIDs) -> Int
    ) -> [Way] {
        let (store, raw, found) = (store(repository), RawIDs(ids), found ?? ids.count)
        let strata = Way(name) {
            var count = 0
            for id in ids where try body(store, id) { count += 1 }
            if count != found { throw Mismatch() }
        }
        guard let objects = Git2Objects(repository) else { return [strata] }
        return [strata, Way("\(name), libgit2") { if libgit2(objects, raw) != found { throw Mismatch() } }]
    }

    private static func lookups(_ sets: ObjectSets, _ lists: ObjectLists) throws {
        let random = ObjectLists.choose(100_000, of: lists.all)
        // So few that all that they touch stays in the processor's cache.
        let few = ObjectLists.choose(500, of: lists.all)
        let many = (0..<200).flatMap { _ in few }
        for (kind, ids) in [("random", random), ("cached", many)] {
            try Comparison(
                rounds: 5, units: 100_000,
                forms(sets).flatMap { name, repository in
                    ways(name, repository, ids, { try $0.contains($1) }, libgit2: { $0.contains($1) })
                }
            ).print("contains, \(kind) (aim 300 ns)")
        }
        try Comparison(
            rounds: 5, units: 100_000,
            forms(sets).flatMap { name, repository in
                ways(name, repository, random, { try $0.header(of: $1) != nil }, libgit2: { $0.header($1) })
            }
        ).print("header of one at random")
    }

    private static func contents(_ sets: ObjectSets, _ lists: ObjectLists) throws {
        let some = ObjectLists.choose(20_000, of: lists.all)
        for (name, repository, ids) in [
            ("20,000, 1 pack", sets.one, some), ("20,000, 1000 packs", sets.thousand, some),
            ("100,000 commits, 1 pack", sets.one, ObjectLists.choose(100_000, of: lists.commits)),
            ("20,000 loose", sets.loose, ObjectLists.choose(20_000, of: lists.loose)),
        ] {
            try Comparison(
                rounds: 3, units: ids.count,
                ways(name, repository, ids, { try $0.read($1) != nil }, libgit2: { $0.read($1) })
            ).print("contents")
        }
    }

    /// What the first object costs, with the opening of its store.
    private static func opened(_ sets: ObjectSets, _ lists: ObjectLists) throws {
        let one = ObjectLists.choose(1, of: lists.all)
        let raw = RawIDs(one)
        for (name, repository) in forms(sets) {
            let strata = Way("strata") { if try store(repository).header(of: one[0]) == nil { throw Mismatch() } }
            let libgit2 = Way("libgit2") { if Git2Objects(repository)?.header(raw) != 1 { throw Mismatch() } }
            try Comparison(rounds: 20, units: 1, LibGit2.version == nil ? [strata] : [strata, libgit2])
                .print("store opened, one header read, \(name)")
        }
    }

    private static func absent(_ sets: ObjectSets) throws {
        let ids = ObjectLists.absent(20_000)
        try Comparison(
            rounds: 5, units: ids.count,
            forms(sets).flatMap { name, repository in
                [(name, store(repository)), ("\(name), never looking again", store(repository).refreshing(.never))]
                    .map { name, store in
                        Way(name) { for id in ids { if try store.contains(id) { throw Mismatch() } } }
                    }
            }
        ).print("contains of what is not there (aim 3 us)")
        guard LibGit2.version != nil else { return }
        // It reads the directory each time, and has its own way with what it did not find: fewer are enough.
        let few = Array(ids.prefix(200))
        try Comparison(
            rounds: 3, units: few.count,
            forms(sets).flatMap { name, repository in
                ways(name, repository, few, found: 0, { try $0.contains($1) }, libgit2: { $0.contains($1) })
            }
        ).print("contains of what is not there, beside libgit2")
    }

    private static func abbreviations(_ sets: ObjectSets, _ lists: ObjectLists) throws {
        let ids = ObjectLists.choose(20_000, of: lists.all)
        let digits = ids.map { Array($0.hex.utf8.prefix(12)) }
        func resolve(_ name: String, _ store: FilesObjectStore) -> Way {
            Way(name) {
                for place in digits.indices {
                    let some = digits[place]
                    let answer = try store.resolveAbbreviation(some.span)
                    guard answer == .unique(ids[place]) else { throw Mismatch() }
                }
            }
        }
        let raw = RawIDs(ids)
        for (name, repository) in [("1 pack", sets.one), ("1000 packs", sets.thousand)] {
            let store = store(repository)
            let libgit2 = Git2Objects(repository).map { objects in
                Way("libgit2") { if objects.abbreviated(raw, digits: 12) != raw.count { throw Mismatch() } }
            }
            try Comparison(
                rounds: 5, units: 1,
                [resolve("of what is known", store.refreshing(.whenMissingOnly)), resolve("looked for anew", store)]
                    + (libgit2.map { [$0] } ?? [])
            ).print("20,000 abbreviations resolved, \(name) (aim 36 ms)")
        }
        let (one, thousand) = (store(sets.one), store(sets.thousand))
        func shorten(_ name: String, _ store: FilesObjectStore) -> Way {
            Way(name) { for id in ids { if try store.abbreviationLength(of: id, minimum: 7) < 4 { throw Mismatch() } } }
        }
        try Comparison(rounds: 5, units: 1, [shorten("1 pack", one), shorten("1000 packs", thousand)])
            .print("20,000 abbreviations made")
    }

    // MARK: - Threads

    /// Two threads on one store, beside two that have one each: what they share must not hold them up.
    private static func threads(_ sets: ObjectSets, _ lists: ObjectLists) throws {
        let few = ObjectLists.choose(2000, of: lists.all)
        let headers: @Sendable (FilesObjectStore) throws -> Void = { store in
            for _ in 0..<100 { for id in few { if try store.header(of: id) == nil { throw Mismatch() } } }
        }
        let contents: @Sendable (FilesObjectStore) throws -> Void = { store in
            for _ in 0..<5 { for id in few { if try store.read(id) == nil { throw Mismatch() } } }
        }
        for (title, count, work) in [
            ("contains and header", 200_000, headers), ("contents", 10_000, contents),
        ] {
            for (name, path) in [("1 pack", sets.one), ("1000 packs", sets.thousand)] {
                let shared = store(path)
                let own = [store(path), store(path)]
                try Comparison(
                    rounds: 9, units: count, clock: .wall,
                    [
                        Way("one thread") { try onThreads(1) { _ in try work(shared) } },
                        Way("two, a store each") { try onThreads(2) { try work(own[$0]) } },
                        Way("two, one store") { try onThreads(2) { _ in try work(shared) } },
                    ]
                ).print("\(title) on threads, \(name), an object of each thread")
            }
        }
    }
}
