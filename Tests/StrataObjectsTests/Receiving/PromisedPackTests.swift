import Glibc
import StrataIO
import StrataModel
import SystemPackage
import TestSupport
import Testing

@testable import StrataObjects

/// Packs of promised objects that lead to objects which somebody made here: those are packed as promised too.
@Suite struct PromisedPackTests {
    /// A history, of which the last commit and its tree come with a promise.
    private struct Place {
        let place: ReceivingPlace
        let promised: [UInt8]
        let local: [UInt8]

        init(_ algorithm: HashAlgorithm) throws {
            let place = try ReceivingPlace(algorithm, commits: 12)
            self.place = place
            let wanted = try ["HEAD", "HEAD^{tree}"].map { try git(["rev-parse", $0], in: place.sample.path) }
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

        func receive(into repository: FilePath) throws -> PackIndexer.Result {
            var indexer = place.indexer(into: repository)
            indexer.promisor = Array("why".utf8)
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
