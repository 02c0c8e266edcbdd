import StrataModel
import StrataObjects
import Synchronization
import SystemPackage

/// Looking objects up in the process.
enum ObjectLookupsBenchmark {
    static func run() throws {
        let sets = try ObjectSets()
        let lists = try ObjectLists(sets)
        try lookups(sets, lists)
        try absent(sets)
        try abbreviations(sets, lists)
        try threads(sets, lists)
    }

    private static func store(_ repository: FilePath) -> FilesObjectStore {
        FilesObjectStore(objectDirectory: repository.appending("objects"), algorithm: .sha1)
    }

    private static func forms(_ sets: ObjectSets) -> [(name: String, store: FilesObjectStore)] {
        [
            ("1 pack", store(sets.one)), ("100 packs", store(sets.hundred)), ("1000 packs", store(sets.thousand)),
        ]
    }

    private static func lookups(_ sets: ObjectSets, _ lists: ObjectLists) throws {
        let random = ObjectLists.choose(100_000, of: lists.all)
        // So few that all that they touch stays in the processor's cache.
        let few = ObjectLists.choose(500, of: lists.all)
        let many = (0..<200).flatMap { _ in few }
        let ways = forms(sets).flatMap { name, store in
            [("random", random), ("cached", many)].map { kind, ids in
                Way("\(name), \(kind)") {
                    for id in ids { if try !store.contains(id) { throw Mismatch() } }
                }
            }
        }
        try Comparison(rounds: 5, units: 100_000, ways).print("contains (aim 300 ns)")
        try Comparison(
            rounds: 5, units: 100_000,
            forms(sets).map { name, store in
                Way(name) { for id in random { if try store.header(of: id) == nil { throw Mismatch() } } }
            }
        ).print("header of one at random")
    }

    private static func absent(_ sets: ObjectSets) throws {
        let ids = ObjectLists.absent(20_000)
        try Comparison(
            rounds: 5, units: ids.count,
            forms(sets).flatMap { name, store in
                [(name, store), ("\(name), never looking again", store.refreshing(.never))].map { name, store in
                    Way(name) { for id in ids { if try store.contains(id) { throw Mismatch() } } }
                }
            }
        ).print("contains of what is not there (aim 3 us)")
    }

    private static func abbreviations(_ sets: ObjectSets, _ lists: ObjectLists) throws {
        let ids = ObjectLists.choose(20_000, of: lists.all)
        let digits = ids.map { Array($0.hex.utf8.prefix(12)) }
        let (one, thousand) = (store(sets.one), store(sets.thousand))
        func resolve(_ name: String, _ store: FilesObjectStore) -> Way {
            Way(name) {
                for place in digits.indices {
                    let some = digits[place]
                    let answer = try store.resolveAbbreviation(some.span)
                    guard answer == .unique(ids[place]) else { throw Mismatch() }
                }
            }
        }
        let (known, knownThousand) = (one.refreshing(.whenMissingOnly), thousand.refreshing(.whenMissingOnly))
        try Comparison(
            rounds: 5, units: 1,
            [
                resolve("1 pack", one), resolve("1 pack, of what is known", known),
                resolve("1000 packs", thousand), resolve("1000 packs, of what is known", knownThousand),
            ]
        )
        .print("20,000 abbreviations resolved (aim 36 ms)")
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
