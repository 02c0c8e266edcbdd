import StrataModel
import StrataObjects
import SystemPackage
import TestSupport
import Testing

/// Packs that come, go and take each other's place while a store follows: the defects that were found in a store of a fixed number of slots,
/// each of which gives wrong contents, stops, or hides objects there.
@Suite struct ReplacedPacksTests {
    /// Packs made one after the other, of equal shape: a blob whole, and one as a delta of it, at the same offsets in every pack.
    private struct Packs {
        let directory: TemporaryDirectory
        var objects: FilePath { directory.path.appending("repository/objects") }
        private let workshop: FilePath

        struct Pack {
            var whole: ObjectID
            var delta: ObjectID
            /// What both hold.
            var contents: [ObjectID: [UInt8]]
            /// The path of its files, without the extension.
            var path: FilePath
        }

        init() throws {
            directory = try TemporaryDirectory()
            for name in ["repository", "workshop"] {
                try git(["init", "-q", "--bare", name], in: directory.path)
            }
            workshop = directory.path.appending("workshop")
        }

        /// Puts a pack into the repository. Those of other numbers hold other objects.
        func add(_ number: Int) throws -> Pack {
            var generator = SplitMix64(seed: UInt64(number) + 1)
            let letters = Array("abcdefghijklmnopqrstuvwxyz".utf8)
            let text = (0..<4000).map { _ in letters[Int(generator.next() % 26)] }
            var other = text
            other[2000] = UInt8(ascii: "0")
            let ids = try [text + [0x0a, 0x0a], other].map { bytes in
                try git(["hash-object", "-w", "--stdin"], in: workshop, stdin: bytes)
            }
            // Without compression entries are as long as what they hold.
            let name = try git(
                ["-c", "core.compression=0", "pack-objects", "-q", "--window=2", "\(objects)/pack/pack"], in: workshop,
                stdin: Array(ids.joined(separator: "\n").utf8))
            let (whole, delta) = (try #require(ObjectID(hex: ids[0])), try #require(ObjectID(hex: ids[1])))
            return Pack(
                whole: whole, delta: delta, contents: [whole: text + [0x0a, 0x0a], delta: other],
                path: objects.appending("pack/pack-\(name)"))
        }

        func remove(_ pack: Pack) {
            for end in [".idx", ".rev", ".pack"] { removeTree(FilePath(pack.path.string + end)) }
        }

        func store() -> FilesObjectStore { FilesObjectStore(objectDirectory: objects, algorithm: .sha1) }
    }

    /// Expects the store to give both objects of a pack, however asked.
    private func expect(_ store: any ObjectStore, _ pack: Packs.Pack, _ comment: Comment) throws {
        for (id, contents) in pack.contents {
            #expect(try store.read(id)?.bytes == contents, comment)
            #expect(try store.header(of: id) == ObjectHeader(kind: .blob, size: UInt64(contents.count)), comment)
            #expect(try store.contains(id), comment)
            let stream = try #require(try store.stream(id), comment)
            var (all, piece): ([UInt8], [UInt8]) = ([], [])
            while try stream.next(&piece) { all += piece }
            #expect(all == contents, comment)
            #expect(try store.resolve(12, digitsOf: id) == .unique(id), comment)
        }
    }

    private func expectGone(_ store: any ObjectStore, _ pack: Packs.Pack, _ comment: Comment) throws {
        for id in pack.contents.keys {
            #expect(try store.read(id) == nil, comment)
            #expect(try !store.contains(id), comment)
        }
    }

    @Test func packsAreAlike() throws {
        let packs = try Packs()
        let listings = try (0..<3).map { number in
            let pack = try packs.add(number)
            let listing = try git(["verify-pack", "-v", pack.path.string + ".idx"], in: packs.directory.path)
            let rows = listing.split(separator: "\n").map { $0.split(separator: " ") }
            let delta = try #require(rows.first { $0.first.map(String.init) == pack.delta.hex })
            #expect(delta.count == 7, "is a delta")
            return delta[4]
        }
        #expect(Set(listings).count == 1, "at the same offset")
    }

    /// Contents that are kept belong to the pack that they came from, not to the place that it had.
    @Test(arguments: [DeltaBaseCache.defaultLimit, 50_000, 0]) func contentsAreNeverThoseOfAnotherPack(_ limit: Int)
        throws
    {
        let packs = try Packs()
        let cache = DeltaBaseCache(limit: limit)
        let store = FilesObjectStore(objectDirectory: packs.objects, algorithm: .sha1, cache: cache)
        var last: Packs.Pack?
        for number in 0..<70 {
            let pack = try packs.add(number)
            if let last { packs.remove(last) }
            try expect(store, pack, "\(number)")
            // What was looked for in vain let the store look again.
            if let last { try expectGone(store, last, "\(number)") }
            last = pack
        }
        // Another store with the same cache.
        let other = FilesObjectStore(objectDirectory: packs.objects, algorithm: .sha1, cache: cache)
        try expect(other, try #require(last), "another store")
    }

    /// A pinned store keeps what it had, however often the packs are replaced under it; and as many are pinned as one likes.
    @Test func whatIsPinnedStaysHoweverOftenPacksAreReplaced() throws {
        let packs = try Packs()
        let store = packs.store()
        var (pinned, kept): ([any ObjectStore], [Packs.Pack]) = ([], [])
        for number in 0..<70 {
            if let last = kept.last { packs.remove(last) }
            kept.append(try packs.add(number))
            try expect(store, kept[number], "\(number)")
            pinned.append(try store.pinned())
            try expect(pinned[0], kept[0], "the first, after \(number)")
            try expect(pinned[number / 2], kept[number / 2], "after \(number)")
        }
        for number in kept.indices { try expect(pinned[number], kept[number], "\(number)") }
        try expectGone(pinned[40], kept[39], "older")
    }

    /// One of many packs is replaced: nothing of what is on disk is missed, at the first look.
    @Test(arguments: [1, 2, 31, 32, 33, 64, 100]) func nothingIsMissedWhenOneOfManyIsReplaced(_ count: Int) throws {
        let packs = try Packs()
        var kept = try (0..<count).map { try packs.add($0) }
        let store = packs.store()
        for pack in kept { try expect(store, pack, "before") }
        let pinned = try store.pinned()
        for round in 0..<5 {
            let place = round * 7 % count
            packs.remove(kept[place])
            kept[place] = try packs.add(1000 + round)
            // The new one first, by the id that a miss must find.
            #expect(try store.contains(kept[place].delta), "round \(round)")
            for pack in kept { try expect(store, pack, "round \(round)") }
            for pack in kept { try expect(pinned, pack, "pinned, round \(round)") }
        }
    }

    /// Walks give everything, with right contents, before and after packs come and go, also over packs that did not change.
    @Test func allIsWalkedAfterPacksWereReplaced() throws {
        let packs = try Packs()
        var kept = try (0..<40).map { try packs.add($0) }
        let store = packs.store()
        for round in 0..<4 {
            let expected = kept.flatMap(\.contents.keys).sorted()
            let pinned = try store.pinned()
            for walked in [store, pinned, packs.store()] as [any ObjectStore] {
                for order in [ObjectOrder.byID, .asStored(repeating: false), .asStored(repeating: true)] {
                    let cursor = try walked.cursor(order)
                    var found: [ObjectID] = []
                    while let id = try cursor.next() {
                        let size = try #require(try cursor.info([.kind, .size])).size
                        let contents = try #require(kept.lazy.compactMap { $0.contents[id] }.first)
                        #expect(size == UInt64(contents.count))
                        #expect(try walked.read(id)?.bytes == contents)
                        found.append(id)
                    }
                    #expect(found.sorted() == expected)
                    if order == .byID { #expect(found == expected) }
                }
            }
            packs.remove(kept[round])
            kept[round] = try packs.add(2000 + round)
        }
    }

    /// An index that cannot be read is an error for what may be in it, and none for what is elsewhere.
    @Test func aDamagedIndexIsNoAbsence() throws {
        let packs = try Packs()
        let (good, bad) = (try packs.add(1), try packs.add(2))
        try replace(FilePath(bad.path.string + ".idx"), with: Array("\u{1}tOc nonsense".utf8))
        let fresh = packs.store()
        let pinned = try packs.store().pinned()
        for store in [fresh, pinned] as [any ObjectStore] {
            for _ in 0..<3 {
                for id in bad.contents.keys {
                    for question in [
                        { _ = try store.contains(id) }, { _ = try store.header(of: id) },
                        { _ = try store.read(id) }, { _ = try store.stream(id) },
                        { _ = try store.resolve(9, digitsOf: id) },
                    ] {
                        let error = #expect(throws: ObjectError.self) { try question() }
                        #expect(error?.code == .corrupt)
                        #expect(error?.file == bad.path.string + ".idx")
                    }
                }
                for (id, contents) in good.contents { #expect(try store.read(id)?.bytes == contents) }
            }
            #expect(throws: ObjectError.self) { try store.cursor(.byID) }
        }
        // Mended, it is seen.
        removeTree(FilePath(bad.path.string + ".idx"))
        try git(["index-pack", bad.path.string + ".pack"], in: packs.directory.path)
        try expect(packs.store(), bad, "mended")
    }

    /// There is no number of packs that is too many.
    @Test func everyOneOfManyPacksIsSearched() throws {
        let packs = try Packs()
        let kept = try (0..<150).map { try packs.add($0) }
        let store = packs.store()
        for pack in kept.reversed() { try expect(store, pack, "many") }
        let pinned = try packs.store().pinned()
        for pack in kept { packs.remove(pack) }
        for pack in kept { try expect(pinned, pack, "removed") }
        for pack in kept { try expectGone(packs.store(), pack, "a new store") }
    }
}
