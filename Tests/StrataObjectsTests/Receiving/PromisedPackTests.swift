import Glibc
import StrataHash
import StrataIO
import StrataModel
import SystemPackage
import TestSupport
import Testing

@testable import StrataObjects

/// Packs of promised objects that lead to objects which somebody made here: those are packed as promised too.
@Suite struct PromisedPackTests {
    /// A history, of which the last commit and its tree, or other objects, come with a promise.
    private struct Place {
        let place: ReceivingPlace
        let promised: [UInt8]
        let local: [UInt8]

        init(_ algorithm: HashAlgorithm, promised revisions: [String] = ["HEAD", "HEAD^{tree}"]) throws {
            let place = try ReceivingPlace(algorithm, commits: 12)
            self.place = place
            let wanted = try revisions.map { try git(["rev-parse", $0], in: place.sample.path) }
            let result = try gitResult(
                ["pack-objects", "--stdout", "-q"], in: place.sample.path,
                stdin: Array((wanted.joined(separator: "\n") + "\n").utf8))
            promised = result.out
            local = try place.pack(revisions: ["HEAD~1"])
        }

        /// A repository that has the local objects, loose or packed.
        func repository(_ form: String) throws -> TemporaryDirectory {
            let repository = try place.empty()
            let verb = form == "loose" ? ["unpack-objects", "-q"] : ["index-pack", "--stdin"]
            let result = try gitResult(verb, in: repository.path, stdin: local)
            try #require(result.status == 0)
            return repository
        }

        func receive(
            into repository: FilePath, _ set: (inout PackIndexer) -> Void = { _ in }
        ) throws -> PackIndexer.Result {
            var indexer = place.indexer(into: repository)
            indexer.promisor = Array("why".utf8)
            set(&indexer)
            return try indexer.receive(MemorySource(promised), into: repository.appending("objects"))
        }
    }

    /// The objects of each pack that is promised, by what its `.promisor` says.
    private func promisedObjects(in repository: FilePath) throws -> [String: Set<String>] {
        var found: [String: Set<String>] = [:]
        let directory = repository.appending("objects/pack")
        for name in names(in: directory) where name.hasSuffix(".promisor") {
            let path = directory.appending(name)
            let index = path.replacingSuffix("promisor", with: "idx")
            try git(["verify-pack", index.string], in: repository)
            let format = try git(["rev-parse", "--show-object-format"], in: repository)
            let listing = try gitResult(
                ["show-index", "--object-format=\(format)"], in: repository, stdin: contents(of: index))
            let ids = listing.outText.split(separator: "\n").map { String($0.split(separator: " ")[1]) }
            found[String(decoding: try contents(of: path), as: UTF8.self), default: []].formUnion(ids)
        }
        return found
    }

    @Test(arguments: HashAlgorithm.allCases, ["loose", "packed"])
    func whatTheyLeadToIsPromisedToo(_ algorithm: HashAlgorithm, _ form: String) throws {
        let place = try Place(algorithm)
        let ours = try place.repository(form)
        let result = try place.receive(into: ours.path)
        #expect(result.count == 2 && result.foreignLinks == 0)
        let found = try promisedObjects(in: ours.path)
        // All that the parent leads to, and it leads to all that is here.
        let all = try git(["rev-list", "--objects", "--all", "--no-object-names"], in: place.place.sample.path)
        let local = try git(["rev-list", "--objects", "HEAD~1", "--no-object-names"], in: place.place.sample.path)
        let localIDs = Set(local.split(separator: "\n").map(String.init))
        #expect(found[""] == localIDs && found["why\n"]?.count == 2)
        #expect(Set(all.split(separator: "\n").map(String.init)).isSuperset(of: localIDs))
        try git(["fsck", "--full", "--no-dangling"], in: ours.path)
        // What is promised already is not packed again.
        let packs = names(in: ours.path.appending("objects/pack"))
        _ = try place.receive(into: ours.path)
        #expect(names(in: ours.path.appending("objects/pack")) == packs)
        guard gitVersion >= 248 else { return }
        let theirs = try place.repository(form)
        let answer = try gitResult(["index-pack", "--stdin", "--promisor=why"], in: theirs.path, stdin: place.promised)
        #expect(answer.status == 0)
        #expect(try promisedObjects(in: theirs.path) == found)
    }

    /// What is received with a promise is not packed again, and blobs that a received tree names are left alone, as by git.
    @Test(arguments: [["HEAD", "HEAD^{tree}", "HEAD~2"], ["HEAD^{tree}"], ["HEAD~1"]])
    func whatIsPackedIsWhatGitPacks(_ revisions: [String]) throws {
        let place = try Place(.sha1, promised: revisions)
        let (ours, theirs) = (try place.repository("loose"), try place.repository("loose"))
        _ = try place.receive(into: ours.path)
        let found = try promisedObjects(in: ours.path)
        #expect(found["why\n"]?.count == revisions.count)
        let received = found["why\n"] ?? []
        #expect((found[""] ?? []).isDisjoint(with: received))
        guard gitVersion >= 248 else { return }
        let answer = try gitResult(["index-pack", "--stdin", "--promisor=why"], in: theirs.path, stdin: place.promised)
        #expect(answer.status == 0, "\(answer.errText)")
        // It packs a received commit again that others lead to.
        let gits = try promisedObjects(in: theirs.path)
        #expect((gits[""] ?? []).subtracting(received) == found[""] ?? [] && gits["why\n"] == received)
    }

    @Test func parentsOfShallowCommitsAreNotFollowed() throws {
        let place = try Place(.sha1)
        let repository = try place.repository("loose")
        let parent = try git(["rev-parse", "HEAD~1"], in: place.place.sample.path)
        _ = try place.receive(into: repository.path) { $0.shallow = [ObjectID(hex: parent)!] }
        let listing = ["rev-list", "--objects", "--no-object-names", "--max-count=1", "HEAD~1"]
        let alone = try git(listing, in: place.place.sample.path).split(separator: "\n").map(String.init)
        #expect(try promisedObjects(in: repository.path)[""] == Set(alone))
    }

    /// What a tree says of the kind of what it names is not believed, whichever of both comes first.
    @Test(arguments: [true, false]) func kindsThatTreesSayAreNotBelieved(_ treeFirst: Bool) throws {
        let repository = try ReceivingPlace().empty()
        let inner = Array("100644 a\0".utf8) + [UInt8](repeating: 7, count: 20)
        let id = try ObjectHasher.id(of: .tree, inner.span, algorithm: .sha1)
        let outer = Array("100644 x\0".utf8) + id.bytes
        var builder = PackBuilder()
        builder.add(.tree, treeFirst ? inner : outer)
        builder.add(.tree, treeFirst ? outer : inner)
        var indexer = PackIndexer(algorithm: .sha1)
        indexer.store = FilesObjectStore(objectDirectory: repository.path.appending("objects"), algorithm: .sha1)
        indexer.promisor = []
        let pack = builder.bytes
        #expect(try indexer.receive(MemorySource(pack), into: repository.path.appending("objects")).count == 2)
        let theirs = try ReceivingPlace().empty()
        #expect(try gitResult(["index-pack", "--stdin", "--promisor"], in: theirs.path, stdin: pack).status == 0)
    }

    /// A pack that cannot be read might have what is linked to: it keeps nobody from receiving.
    @Test func anUnreadableIndexIsInNobodysWay() throws {
        let place = try Place(.sha1)
        let repository = try place.place.empty()
        let packs = repository.path.appending("objects/pack")
        try Disk.makeDirectories(packs)
        try replace(packs.appending("pack-bad.idx"), with: Array("no index at all".utf8))
        try replace(packs.appending("pack-bad.pack"), with: Array("no pack".utf8))
        let store = FilesObjectStore(objectDirectory: repository.path.appending("objects"), algorithm: .sha1)
        let absent = ObjectID(hex: try git(["rev-parse", "HEAD~1"], in: place.place.sample.path))!
        #expect(throws: ObjectError.self) { try store.kind(of: absent) }
        let local = LocalObjects(store, ReceivingLimits(), shallow: [])
        #expect(try local.reachable(from: [absent]) { _ in false } == [])
    }

    /// Whatever ails a `.promisor`, the pack is received: then its pack is not known to be promised.
    @Test func aPromiseThatCannotBeReadIsNone() throws {
        let place = try Place(.sha1)
        let repository = try place.repository("packed")
        let packs = repository.path.appending("objects/pack")
        // The longest name that there can be: that of a `.promisor` would be too long.
        let long = "pack-" + String(repeating: "x", count: 245)
        for name in names(in: packs) {
            let suffix = name.split(separator: ".").last ?? ""
            try Disk.rename(packs.appending(name), to: packs.appending("\(long).\(suffix)"))
        }
        _ = try place.receive(into: repository.path)
        #expect(try promisedObjects(in: repository.path).keys.sorted() == ["", "why\n"])
    }

    /// Local objects that somebody packs while a pack comes are found where they are then.
    @Test func whatIsPackedMeanwhileIsFound() throws {
        let place = try Place(.sha1)
        let repository = try place.repository("loose")
        let packs = repository.path.appending("objects/pack")
        let count = try git(["count-objects"], in: repository.path)
        #expect(!count.hasPrefix("0 "))
        _ = try place.receive(into: repository.path) { indexer in
            // The store has looked: it is one that does not look again by itself.
            _ = try? indexer.store?.contains(.zero(.sha1))
            indexer.whenRead = {
                let parent = try? git(["rev-parse", "HEAD~1"], in: place.place.sample.path)
                _ = try? git(["update-ref", "refs/heads/main", parent ?? ""], in: repository.path)
                _ = try? git(["repack", "-a", "-d", "-q"], in: repository.path)
            }
        }
        #expect(try git(["count-objects"], in: repository.path).hasPrefix("0 "))
        #expect(names(in: packs).count { $0.hasSuffix(".pack") } == 3)
        let local = try git(["rev-list", "--objects", "HEAD~1", "--no-object-names"], in: place.place.sample.path)
        #expect(try promisedObjects(in: repository.path)[""] == Set(local.split(separator: "\n").map(String.init)))
    }

    /// A base that a thin pack brings a copy of is promised from then on, so that its links are not followed any more: what they lead to is packed too.
    /// Git, as of 2.55, prunes that.
    @Test func whatTheBasesOfThinPacksLeadToIsKept() throws {
        let place = try ReceivingPlace()
        let repository = try place.empty()
        func write(_ kind: String, _ bytes: [UInt8]) throws -> String {
            let result = try gitResult(
                ["hash-object", "-w", "-t", kind, "--stdin"], in: repository.path, stdin: bytes)
            return result.outText.split(separator: "\n").map(String.init).first ?? ""
        }
        let secret = try write("blob", Array("only here\n".utf8))
        let base = Array("100644 a\0".utf8) + ObjectID(hex: secret)!.bytes
        let tree = try write("tree", base)
        let who = "a <a@b> 1 +0000"
        let commit = try write("commit", Array("tree \(tree)\nauthor \(who)\ncommitter \(who)\n\nx\n".utf8))
        try git(["update-ref", "refs/heads/main", commit], in: repository.path)
        // A tree whose blob is elsewhere, as a delta against the local one.
        let other = Array("100644 b\0".utf8) + [UInt8](repeating: 7, count: 20)
        var builder = PackBuilder()
        let sizes = [UInt8(base.count), UInt8(other.count)]
        builder.add(delta: sizes + [UInt8(other.count)] + other, on: ObjectID(hex: tree)!)
        var indexer = place.indexer(into: repository.path)
        indexer.promisor = Array("why".utf8)
        indexer.completesThinPacks = true
        let result = try indexer.receive(MemorySource(builder.bytes), into: repository.path.appending("objects"))
        #expect(result.added == 1)
        // The base itself is in the pack that came.
        #expect(try promisedObjects(in: repository.path)[""] == [secret])
        try git(["config", "extensions.partialClone", "origin"], in: repository.path)
        try git(["config", "core.repositoryFormatVersion", "1"], in: repository.path)
        try git(["-c", "repack.writeBitmaps=false", "gc", "-q", "--prune=now"], in: repository.path)
        #expect(try git(["cat-file", "-t", secret], in: repository.path) == "blob")
    }

    /// What is led to is bounded, missing or not, from links and from bases.
    @Test func whatIsLedToIsBounded() throws {
        let repository = try ReceivingPlace().empty()
        var tree: [UInt8] = []
        for number in 0..<50 {
            tree += Array("100644 a\(100 + number)\0".utf8) + [UInt8](repeating: UInt8(number + 1), count: 20)
        }
        let result = try gitResult(["hash-object", "-w", "-t", "tree", "--stdin"], in: repository.path, stdin: tree)
        let id = ObjectID(hex: String(result.outText.prefix(40)))!
        let store = FilesObjectStore(objectDirectory: repository.path.appending("objects"), algorithm: .sha1)
        var limits = ReceivingLimits()
        limits.links = 40
        let local = LocalObjects(store, limits, shallow: [])
        #expect(throws: ObjectError.self) { try local.reachable(from: [id]) { _ in false } }
        #expect(throws: ObjectError.self) { try local.reachable(from: [], bases: [id]) { _ in false } }
        limits.links = 51
        let roomy = LocalObjects(store, limits, shallow: [])
        #expect(try roomy.reachable(from: [id, id]) { _ in false } == [id])
        #expect(try roomy.reachable(from: [id], bases: [id]) { _ in false } == [])
    }

    /// Blobs are packed in flat memory, and what cannot be parsed as it is.
    @Test func allKindsOfObjectsArePacked() throws {
        let place = try ReceivingPlace()
        let repository = try place.empty()
        func write(_ kind: String, _ bytes: [UInt8]) throws -> String {
            let result = try gitResult(
                ["hash-object", "-w", "-t", kind, "--literally", "--stdin"], in: repository.path, stdin: bytes)
            try #require(result.status == 0, "\(result.errText)")
            return result.outText.split(separator: "\n").map(String.init).first ?? ""
        }
        var random = SplitMix64(seed: 3)
        let large = try write("blob", (0..<300_000).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        let empty = try write("blob", [])
        func raw(_ id: String) -> [UInt8] { ObjectID(hex: id)!.bytes }
        let tree = try write(
            "tree", Array("100644 a\0".utf8) + raw(large) + Array("100644 b\0".utf8) + raw(empty))
        let broken = try write("commit", Array("tree nonsense\n".utf8))
        let who = "a <a@b> 1 +0000"
        let commit = Array(
            "tree \(tree)\nparent \(broken)\nauthor \(who)\ncommitter \(who)\n\nx\n".utf8)
        var builder = PackBuilder()
        builder.add(.commit, commit)
        var indexer = place.indexer(into: repository.path)
        indexer.promisor = Array("why".utf8)
        indexer.limits.objectSize = 10_000
        indexer.limits.bigFileThreshold = 5000
        _ = try indexer.receive(MemorySource(builder.bytes), into: repository.path.appending("objects"))
        #expect(try promisedObjects(in: repository.path)[""] == [large, empty, tree, broken])
    }

    /// What is not here is taken to be promised, and is no reason to refuse.
    @Test func whatIsMissingIsElsewhere() throws {
        let place = try Place(.sha1)
        let repository = try place.place.empty()
        _ = try place.receive(into: repository.path)
        #expect(try promisedObjects(in: repository.path).keys.sorted() == ["why\n"])
        // Here is the parent alone: its tree is not.
        let parent = try git(["rev-parse", "HEAD~1"], in: place.place.sample.path)
        let bytes = try gitResult(["cat-file", "commit", parent], in: place.place.sample.path).out
        _ = try gitResult(["hash-object", "-w", "-t", "commit", "--stdin"], in: repository.path, stdin: bytes)
        for name in names(in: repository.path.appending("objects/pack")) {
            unsafe #expect(unlink((repository.path.appending("objects/pack").appending(name)).string) == 0)
        }
        _ = try place.receive(into: repository.path)
        #expect(try promisedObjects(in: repository.path)[""] == [parent])
    }

    /// A local object that is damaged: nothing is promised, and nothing is received.
    @Test func damageIsToldOf() throws {
        let place = try Place(.sha1)
        let repository = try place.repository("loose")
        let tree = try git(["rev-parse", "HEAD~1^{tree}"], in: place.place.sample.path)
        let path = repository.path.appending("objects/\(tree.prefix(2))/\(tree.dropFirst(2))")
        var bytes = try contents(of: path)
        bytes[bytes.count / 2] ^= 0x55
        unsafe #expect(unlink((path).string) == 0)
        try replace(path, with: bytes)
        let error = #expect(throws: ObjectError.self) { try place.receive(into: repository.path) }
        #expect(error?.code == .corrupt, "\(error as Any)")
        #expect(names(in: repository.path.appending("objects/pack")).isEmpty)
        // What reads well and is another object.
        unsafe #expect(unlink((path).string) == 0)
        try replace(path, with: try contents(of: try otherObject(than: tree, in: repository.path)))
        let other = #expect(throws: ObjectError.self) { try place.receive(into: repository.path) }
        #expect(other?.cause == "local object \(tree) is corrupt", "\(other as Any)")
        #expect(names(in: repository.path.appending("objects/pack")).isEmpty)
    }

    /// The file of another loose tree.
    private func otherObject(than id: String, in repository: FilePath) throws -> FilePath {
        let directory = repository.appending("objects")
        for shard in names(in: directory) where shard.count == 2 {
            for name in names(in: directory.appending(shard)) where shard + name != id {
                if try git(["cat-file", "-t", shard + name], in: repository) == "tree" {
                    return directory.appending(shard).appending(name)
                }
            }
        }
        throw Errno.noSuchFileOrDirectory
    }
}
