import RefStoreChecks
import StrataModel
import StrataRefs
import Testing

@Suite struct CachedRefMemoryTests {
    private static func name(_ number: Int) -> RefName { RefName(stringLiteral: "refs/heads/topic/\(number)") }

    private static func id(_ number: Int) -> ObjectID {
        ObjectID(algorithm: .sha1, words: (UInt64(number) + 1, UInt64(number), 0, 0))
    }

    @Test(arguments: [0, 1, 500, 4096, 65_536, 1 << 20]) func itTakesNoMoreThanItMay(_ limit: Int) throws {
        let inner = CountedRefStore()
        let count = 3000
        try inner.commit(RefTransaction((0..<count).map { .create(Self.name($0), at: Self.id($0)) }))
        let store = CachedRefStore(around: inner, byteLimit: limit)
        let snapshot = try store.snapshot()
        for round in 0..<2 {
            for i in 0..<count {
                #expect(try snapshot.read(Self.name(i))?.objectID == Self.id(i))
                if i % 100 == 0 { #expect(store.byteCount <= limit, "\(round) \(i)") }
            }
            for scope in ["refs/heads/topic/1", "refs/heads/topic/2", "refs/"] {
                for _ in 0..<3 {
                    var cursor = try snapshot.cursor(over: RefScope(prefix: Array(scope.utf8)))
                    while try cursor.next() != nil {}
                }
            }
            #expect(store.byteCount <= limit)
        }
        // The last ones read are still there, if there is room at all.
        _ = try snapshot.read(Self.name(7))
        _ = inner.asked
        #expect(try snapshot.read(Self.name(7))?.objectID == Self.id(7))
        #expect(inner.asked.reads == (limit < 4096 ? 1 : 0))
    }

    /// What is asked for all the time outlasts what is asked for once.
    @Test func whatIsUsedStays() throws {
        let inner = CountedRefStore()
        try inner.commit(RefTransaction((0..<5000).map { .create(Self.name($0), at: Self.id($0)) }))
        let snapshot = try CachedRefStore(around: inner, byteLimit: 100_000).snapshot()
        _ = try snapshot.read(Self.name(0))
        _ = inner.asked
        for i in 1..<5000 {
            _ = try snapshot.read(Self.name(i))
            if i % 20 == 0 { _ = try snapshot.read(Self.name(0)) }
        }
        #expect(inner.asked.reads == 4999)
    }

    /// Old snapshots that are held take no more than one generation's share, and stay right.
    @Test func heldSnapshotsDoNotAddUp() throws {
        let inner = MemoryRefStore()
        let limit = 200_000
        let store = CachedRefStore(around: inner, byteLimit: limit)
        var held: [(snapshot: any RefSnapshot, id: ObjectID)] = []
        for round in 0..<20 {
            let new = Self.id(1000 + round)
            try store.commit(RefTransaction((0..<300).map { .update(Self.name($0), to: new) }))
            let snapshot = try store.snapshot()
            for i in 0..<300 { #expect(try snapshot.read(Self.name(i))?.objectID == new) }
            held.append((snapshot, new))
            #expect(store.byteCount <= limit)
        }
        for (snapshot, id) in held {
            for i in 0..<300 { #expect(try snapshot.read(Self.name(i))?.objectID == id) }
            #expect(try snapshot.read(Self.name(300)) == nil)
        }
    }

    /// Names whose ends differ only, of every length around a word's.
    @Test func namesOfEveryLengthAreToldApart() throws {
        let inner = CountedRefStore()
        var names: [RefName] = []
        for length in 1...40 {
            for last in "abc" {
                names.append(RefName(stringLiteral: "refs/" + String(repeating: "x", count: length - 1) + String(last)))
            }
        }
        try inner.commit(RefTransaction(names.enumerated().map { .create($1, at: Self.id($0)) }))
        let snapshot = try CachedRefStore(around: inner).snapshot()
        for _ in 0..<2 {
            for (index, name) in names.enumerated() { #expect(try snapshot.read(name)?.objectID == Self.id(index)) }
        }
        for name: RefName in ["A_HEAD", "HEAD", "refs/y"] {
            for _ in 0..<2 { #expect(try snapshot.read(name) == nil) }
        }
    }
}
