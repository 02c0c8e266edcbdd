import StrataHash
import StrataIO
import StrataModel
import StrataObjects
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// What received objects point to must be there.
@Suite struct LinksTests {
    private static func id(_ kind: ObjectKind, _ bytes: [UInt8]) throws -> ObjectID {
        try ObjectHasher.id(of: kind, bytes.span, algorithm: .sha1)
    }

    private static func tree(_ entries: [(String, ObjectID)]) -> [UInt8] {
        entries.flatMap { Array($0.0.utf8) + [0] + $0.1.bytes }
    }

    private static func commit(_ tree: ObjectID, _ parents: [ObjectID] = []) -> [UInt8] {
        let who = "A <a@b> 1 +0000"
        let text =
            "tree \(tree)\n" + parents.map { "parent \($0)\n" }.joined() + "author \(who)\ncommitter \(who)\n\nm\n"
        return Array(text.utf8)
    }

    private final class Told: Sendable {
        private let problems = Mutex<[ReceivedProblem]>([])
        var all: [ReceivedProblem] { problems.withLock { $0 } }
        var texts: [String] { all.map { String(decoding: $0.message, as: UTF8.self) } }
        func add(_ problem: ReceivedProblem) { problems.withLock { $0.append(problem) } }
    }

    /// Receives a pack into an empty directory, with links required.
    private func receive(
        _ builder: PackBuilder, store: MemoryObjectStore? = nil, _ told: Told? = nil,
        _ change: (inout PackIndexer) -> Void = { _ in }
    ) throws -> Result<PackIndexer.Result, ObjectError> {
        let directory = try TemporaryDirectory()
        var indexer = PackIndexer(algorithm: .sha1, store: store)
        indexer.requiresLinks = true
        if let told { indexer.problems = { told.add($0) } }
        change(&indexer)
        do throws(ObjectError) {
            return .success(try indexer.receive(MemorySource(builder.bytes), into: directory.path))
        } catch {
            #expect(names(in: directory.path.appending("pack")) == [])
            return .failure(error)
        }
    }

    /// Deltas, several threads, both hashes: a whole history is self-contained; one that lacks its beginning is not, unless the store has that.
    @Test(arguments: HashAlgorithm.allCases, [1, 4]) func histories(_ algorithm: HashAlgorithm, _ threads: Int) throws {
        let place = try ReceivingPlace(algorithm)
        let (whole, empty) = (try place.pack(), try place.empty())
        var indexer = place.indexer(into: empty.path)
        indexer.requiresLinks = true
        indexer.objectRules = ObjectRules(.strict)
        indexer.threads = threads
        let objects = empty.path.appending("objects")
        let late = try place.pack("--no-reuse-delta", revisions: ["main", "^main~5"])
        let error = #expect(throws: ObjectError.self) { try indexer.receive(MemorySource(late), into: objects) }
        #expect(error?.cause.hasPrefix("did not receive expected object ") ?? false)
        #expect(names(in: objects.appending("pack")) == [])
        let result = try indexer.receive(MemorySource(whole), into: objects)
        #expect(result.foreignLinks == 0 && result.missingModules == [])
        let again = place.indexer(into: empty.path)
        indexer.store = again.store
        let rest = try indexer.receive(MemorySource(late), into: objects)
        #expect(rest.foreignLinks > 0)
    }

    @Test func theLowestMissingOneIsNamed() throws {
        var entries: [(String, ObjectID)] = []
        for number in 0..<300 {
            entries.append(("100644 f\(1000 + number)", try Self.id(.blob, Array("\(number)".utf8))))
        }
        var builder = PackBuilder()
        builder.add(.tree, Self.tree(entries))
        let lowest = try #require(entries.map(\.1).min())
        for _ in 0..<3 {
            let error = #expect(throws: ObjectError.self) { try receive(builder).get() }
            #expect(error?.cause == "did not receive expected object \(lowest)" && error?.object == lowest)
        }
        for number in 0..<300 { builder.add(.blob, Array("\(number)".utf8)) }
        #expect(try receive(builder).get().foreignLinks == 0)
    }

    @Test func theStoreHasTheRest() throws {
        let (blob, store) = (Array("b".utf8), MemoryObjectStore(.sha1))
        let id = try store.write(.blob, blob.span, durability: nil)
        let tree = Self.tree([("100644 b", id)])
        var builder = PackBuilder()
        builder.add(.tree, tree)
        builder.add(.commit, Self.commit(try Self.id(.tree, tree)))
        #expect(try receive(builder, store: store).get().foreignLinks == 1)
        // As another kind than the one that it is said to be.
        var wrong = PackBuilder()
        wrong.add(.tree, Self.tree([("40000 b", id)]))
        let error = #expect(throws: ObjectError.self) { try receive(wrong, store: store).get() }
        #expect(error?.cause == "object \(id): expected type tree, found blob")
    }

    @Test func shallowCommitsNeedNoParents() throws {
        let commit = Self.commit(try Self.id(.tree, []), [try Self.id(.commit, [1])])
        var builder = PackBuilder()
        builder.add(.commit, commit)
        builder.add(.tree, [])
        #expect(throws: ObjectError.self) { try receive(builder).get() }
        let id = try Self.id(.commit, commit)
        #expect(try receive(builder) { $0.shallow = [id] }.get().count == 2)
    }

    @Test func contradictionsAreTold() throws {
        let told = Told()
        var builder = PackBuilder()
        let blob = try Self.id(.blob, [1])
        builder.add(.blob, [1])
        let tree = Self.tree([("100644 a", blob), ("40000 b", blob)])
        builder.add(.tree, tree)
        let error = #expect(throws: ObjectError.self) { try receive(builder, told).get() }
        #expect(told.texts == ["object \(blob) is a blob, not a tree"])
        #expect(error?.cause == "Not all child objects of \(try Self.id(.tree, tree)) are reachable")
    }

    /// A tree names as many objects as it has entries: there is a limit.
    @Test func namesAreLimited() throws {
        var entries: [(String, ObjectID)] = []
        for number in 0..<100 {
            entries.append(("100644 f\(1000 + number)", try Self.id(.blob, Array("\(number)".utf8))))
        }
        var builder = PackBuilder()
        builder.add(.tree, Self.tree(entries))
        let error = #expect(throws: ObjectError.self) { try receive(builder) { $0.limits.links = 100 }.get() }
        #expect(error?.code == .tooLarge)
    }

    /// Ids that differ in their last bytes only, which cost nothing to make, are as good as others.
    @Test func idsThatBeginAlike() throws {
        var builder = PackBuilder()
        var trees: [(String, ObjectID)] = []
        for part in 0..<10 {
            var entries: [(String, ObjectID)] = []
            for number in 0..<2000 {
                let bytes = [UInt8](repeating: 7, count: 16) + PackBuilder.be32(part * 2000 + number)
                entries.append(("100644 .gitmodules\(10_000 + number)", ObjectID(bytes: bytes.span) ?? .zero(.sha1)))
            }
            let tree = Self.tree(entries)
            builder.add(.tree, tree)
            trees.append(("40000 \(part)", try Self.id(.tree, tree)))
        }
        builder.add(.tree, Self.tree(trees))
        let start = ContinuousClock.now
        let error = #expect(throws: ObjectError.self) { try receive(builder).get() }
        #expect(error?.cause.hasPrefix("did not receive expected object 0707070707") ?? false)
        // Were they all on one slot it would take minutes.
        #expect(start.duration(to: .now) < .seconds(60))
    }

    /// Blobs that trees have as `.gitmodules`: in the pack before or behind, in the store, nowhere, and as deltas.
    @Test func modules() throws {
        let bad = Array("[submodule \"x\"]\n\turl = -u\n".utf8)
        let id = try Self.id(.blob, bad)
        let tree = Self.tree([("100644 .gitmodules", id)])
        let base = bad + [UInt8](repeating: 0x23, count: 40)
        let store = MemoryObjectStore(.sha1)
        _ = try store.write(.blob, bad.span, durability: nil)
        let contents: [((inout PackBuilder) -> Void, MemoryObjectStore?)] = [
            (
                {
                    $0.add(.blob, bad)
                    $0.add(.tree, tree)
                }, nil
            ),
            (
                {
                    $0.add(.tree, tree)
                    $0.add(.blob, bad)
                }, nil
            ),
            ({ $0.add(.tree, tree) }, store),
            (
                {
                    $0.add(.blob, base)
                    $0.add(delta: PackBuilder.delta(from: base.count, keeping: bad.count, adding: []), on: 0)
                    $0.add(.tree, tree)
                }, nil
            ),
        ]
        for (fill, store) in contents {
            var builder = PackBuilder()
            fill(&builder)
            let told = Told()
            let error = #expect(throws: ObjectError.self) {
                try receive(builder, store: store, told) { $0.objectRules = ObjectRules(.strict) }.get()
            }
            #expect(error?.cause.hasPrefix("fsck error in pack") ?? false)
            #expect(told.all.map(\.finding?.problem) == [.gitmodulesUrl] && told.all.first?.object == id)
        }
        var builder = PackBuilder()
        builder.add(.tree, tree)
        let result = try receive(builder) {
            $0.objectRules = ObjectRules(.strict)
            $0.requiresLinks = false
        }.get()
        #expect(result.missingModules == [id])
        // Too large to be looked at.
        var large = PackBuilder()
        large.add(.blob, bad)
        large.add(.tree, tree)
        let told = Told()
        #expect(throws: ObjectError.self) {
            try receive(large, told) {
                $0.objectRules = ObjectRules(.strict)
                $0.limits.bigFileThreshold = 10
            }.get()
        }
        #expect(told.all.map(\.finding?.problem) == [.gitmodulesLarge])
    }

    /// Whatever is changed in a pack with checks, nothing traps, and what is received is whole.
    @Test func everyByteFlipped() throws {
        var builder = PackBuilder()
        let tree = Self.tree([
            ("100644 .gitattributes", try Self.id(.blob, [1])), ("100644 a", try Self.id(.blob, [2])),
        ])
        let commit = Self.commit(try Self.id(.tree, tree))
        builder.add(.commit, commit)
        builder.add(.tree, tree)
        builder.add(.blob, [1])
        builder.add(.blob, [2])
        let text = "object \(try Self.id(.commit, commit))\ntype commit\ntag t\ntagger A <a@b> 1 +0000\n\nt\n"
        builder.add(.tag, Array(text.utf8))
        let pack = builder.bytes.dropLast(20)
        let directory = try TemporaryDirectory()
        for place in stride(from: 12, to: pack.count, by: 1) {
            var changed = Array(pack)
            changed[place] ^= UInt8(1 << (place % 8))
            var indexer = PackIndexer(algorithm: .sha1)
            indexer.requiresLinks = true
            indexer.objectRules = ObjectRules(.strict)
            do throws(ObjectError) {
                _ = try indexer.receive(MemorySource(PackBuilder.sealed(changed)), into: directory.path)
            } catch {
                #expect([.corrupt, .tooLarge].contains(error.code), "\(place): \(error)")
            }
        }
    }
}
