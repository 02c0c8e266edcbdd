import RefStoreChecks
import StrataModel
import StrataRefs
import Testing

@Suite struct RefResolverTests {
    static let id = ObjectID(algorithm: .sha1, words: (1, 2, 3 << 32, 0))

    /// A chain of `hops` symbolic references before `last`, and how many reads it takes.
    static func resolve(hops: Int, last: RefValue?) throws(RefResolutionFailure) -> (RefResolution, reads: Int) {
        var reads = 0
        let found = try RefResolver.resolve("refs/0") { name throws(RefError) in
            reads += 1
            let level = Int(name.description.dropFirst(5)) ?? -1
            return level < hops ? .symbolic(Array("refs/\(level + 1)".utf8)) : last
        }
        return (found, reads)
    }

    @Test func atMostFiveReferencesAreRead() throws {
        for hops in 0...4 {
            let (found, reads) = try Self.resolve(hops: hops, last: .object(Self.id, peeled: .zero(.sha1)))
            #expect(found.id == Self.id && found.hops == hops && reads == hops + 1 && found.peeled == .zero(.sha1))
            #expect(found.name.description == "refs/\(hops)")
            let (dangling, _) = try Self.resolve(hops: hops, last: nil)
            #expect(dangling.id == nil && dangling.name.description == "refs/\(hops)")
        }
        #expect {
            try Self.resolve(hops: 5, last: .object(Self.id, peeled: nil))
        } throws: {
            if case .tooDeep("refs/0")? = $0 as? RefResolutionFailure { true } else { false }
        }
    }

    @Test func whyANameLeadsNowhereIsTold() throws {
        #expect {
            try Self.resolve(hops: 2, last: .broken(.content))
        } throws: {
            if case .broken("refs/2")? = $0 as? RefResolutionFailure { true } else { false }
        }
        for target in ["", "refs/a..b", "/x", "refs/"] {
            #expect {
                try Self.resolve(hops: 1, last: .symbolic(Array(target.utf8)))
            } throws: {
                if case .badTarget("refs/1", Array(target.utf8))? = $0 as? RefResolutionFailure { true } else { false }
            }
        }
        #expect {
            try RefResolver.resolve("refs/0") { _ throws(RefError) in throw RefError(.unavailable, "disk") }
        } throws: {
            if case .unreadable(let error)? = $0 as? RefResolutionFailure { error.code == .unavailable } else { false }
        }
    }

    @Test(arguments: [StoreUnderTest.memory, .worktree] + StoreUnderTest.compositions)
    func snapshotsResolve(_ kind: StoreUnderTest) throws {
        let store = try kind.make(
            RefScenario(
                [
                    .head: .symbolic(Array("refs/heads/main".utf8)), "refs/heads/main": .object(Self.id, peeled: nil),
                    "refs/heads/loop": .symbolic(Array("refs/heads/loop".utf8)),
                    "refs/heads/gone": .symbolic(Array("refs/heads/nothing".utf8)),
                ], []))
        let snapshot = try store.snapshot()
        #expect(try snapshot.objectID(of: .head) == Self.id)
        #expect(try snapshot.objectID(of: "refs/heads/gone") == nil)
        #expect(try snapshot.objectID(of: "refs/heads/absent") == nil)
        let error = #expect(throws: RefError.self) { try snapshot.objectID(of: "refs/heads/loop") }
        #expect(error?.code == .corrupt)
    }
}
