import RefStoreChecks
import StrataIO
import StrataModel
import StrataRefs
import TestSupport
import Testing

/// A cache around compositions, whose stores others write through handles of their own.
@Suite struct CachedCompositionsTests {
    /// Makes a composition over the same stores each time, and lists the names of which each store has one.
    struct Kind: Sendable, CustomStringConvertible {
        let description: String
        let names: [RefName]
        let make: @Sendable ([MemoryRefStore]) throws -> any RefStore
    }

    static let kinds: [Kind] = [
        Kind(description: "routing", names: ["refs/heads/x", "refs/a/x", "refs/b/x"]) { stores in
            try RoutingRefStore(
                default: stores[0], rules: [.init("refs/a/", to: stores[1]), .init("refs/b/", to: stores[2])])
        },
        Kind(description: "namespaced", names: ["refs/heads/x", "refs/heads/y", "HEAD"]) { stores in
            NamespacedRefStore(try RefNamespace("n"), of: stores[0])
        },
        Kind(description: "overlay", names: ["refs/heads/x", "refs/heads/y", "HEAD"]) { stores in
            try OverlayRefStore(front: stores[0], over: stores[1], deletes: .hide)
        },
        Kind(description: "overlay, deletes through", names: ["refs/heads/x", "refs/heads/y", "HEAD"]) { stores in
            try OverlayRefStore(front: stores[0], over: stores[1])
        },
        Kind(description: "worktree", names: ["refs/heads/x", "refs/bisect/x", "HEAD"]) { stores in
            WorktreeRefStore(own: stores[1], id: Array("one".utf8), common: stores[0]) { _ in nil }
        },
    ]

    /// The id of zeros would be none.
    static func id(_ number: Int) -> ObjectID { ObjectID(algorithm: .sha1, words: (UInt64(number) + 1, 0, 0, 0)) }

    static func number(_ id: ObjectID?) -> Int { id.flatMap { Int($0.hex.prefix(16), radix: 16) }.map { $0 - 1 } ?? -1 }

    /// What is committed is in every snapshot that is taken afterwards, read or listed, and nothing goes back.
    @Test(arguments: kinds)
    func writersBesideAreSeen(_ kind: Kind) throws {
        let stores = [MemoryRefStore(), MemoryRefStore(), MemoryRefStore()]
        let cached = CachedRefStore(around: try kind.make(stores))
        #expect(cached.capabilities.contains(.stamps))
        let other = try kind.make(stores)
        let rounds = 300
        try other.commit(RefTransaction(kind.names.map { .create($0, at: Self.id(0)) }))
        try concurrently(4) { thread in
            if thread < 2 {
                // Each its own names, so that what it wrote last is what is there.
                let names = kind.names.enumerated().filter { $0.offset % 2 == thread }.map(\.element)
                for round in 1...rounds {
                    try other.commit(
                        RefTransaction(names.map { .update($0, to: Self.id(round)) }),
                        RefTransactionContext(deadline: .after(milliseconds: 30_000)))
                    let snapshot = try cached.snapshot()
                    for name in names { #expect(Self.number(try snapshot.read(name)?.objectID) == round) }
                }
                return
            }
            var last = kind.names.map { _ in 0 }
            for _ in 0..<rounds {
                let snapshot = try cached.snapshot()
                var listed: [RefName: Int] = [:]
                var cursor = try snapshot.cursor(over: .all)
                while let view = try cursor.next() { listed[view.refName] = Self.number(view.objectID) }
                for (index, name) in kind.names.enumerated() {
                    let now = Self.number(try snapshot.read(name)?.objectID)
                    #expect(now >= last[index])
                    // One snapshot is one state, however it is looked at.
                    #expect(listed[name] == now)
                    last[index] = now
                }
            }
        }
        let snapshot = try cached.snapshot()
        for name in kind.names { #expect(Self.number(try snapshot.read(name)?.objectID) == rounds) }
        // Deletions by others, and what they uncover or hide.
        try other.commit(RefTransaction([.delete(kind.names[0])]))
        #expect(try cached.snapshot().read(kind.names[0]) == nil)
        try other.commit(RefTransaction([.create(kind.names[0], at: Self.id(7))]))
        #expect(try cached.snapshot().read(kind.names[0])?.objectID == Self.id(7))
    }
}
