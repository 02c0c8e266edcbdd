import Glibc
import StrataHash
import StrataModel
import SystemPackage
import TestSupport
import Testing

@testable import StrataObjects

/// What is known of object directories, and when it is looked at again.
@Suite struct FreshnessTests {
    /// A directory is held open; when another takes its place, the other one answers.
    @Test(arguments: [HashAlgorithm.sha1, .sha256], [Layout.loose, .packed])
    func anotherDirectoryInItsPlace(_ algorithm: HashAlgorithm, _ layout: Layout) throws {
        let (one, other) = (try SampleRepository(algorithm, commits: 2), try SampleRepository(algorithm, commits: 3))
        try layout.apply(to: other)
        let new = try #require(ObjectID(hex: other.git("rev-parse", "main").prefix(algorithm.hexCount)))
        let store = one.reader()
        #expect(try !store.contains(new))
        _ = try output("mv", [one.objects.string, one.path.appending("old").string])
        #expect(throws: ObjectError.self) { try store.contains(new) }
        _ = try output("mv", [other.objects.string, one.objects.string])
        #expect(try store.contains(new))
        #expect(try store.answer(Array("\(new)".utf8.prefix(12))) == .unique(new))
        let absent = ObjectID.zero(algorithm)
        #expect(try !store.contains(absent))
        // One that is written and one that is removed behind a miss.
        let written = try #require(
            ObjectID(hex: one.git(["hash-object", "-w", "--stdin"], stdin: [1, 2]).prefix(algorithm.hexCount)))
        #expect(try store.contains(written))
        _ = try output("rm", ["-r", one.objects.appending(String("\(written)".prefix(2))).string])
        #expect(try !store.contains(written))
    }

    /// Nobody asks between the two steps, and both directories list the same.
    @Test(arguments: [false, true]) func anotherDirectoryAtOnce(_ asksByAbbreviation: Bool) throws {
        let (one, other) = (try SampleRepository(.sha1, commits: 2), try SampleRepository(.sha1, commits: 3))
        let new = try #require(ObjectID(hex: other.git("rev-parse", "main").prefix(40)))
        let store = one.reader()
        #expect(try !store.contains(new))
        _ = try output("mv", [one.objects.string, one.path.appending("old").string])
        _ = try output("mv", [other.objects.string, one.objects.string])
        if asksByAbbreviation {
            #expect(try store.answer(Array("\(new)".utf8.prefix(12))) == .unique(new))
        } else {
            #expect(try store.contains(new))
        }
    }

    /// Alternates that are named where none were, perhaps after something else has come there.
    @Test(arguments: [false, true]) func alternatesThatCome(_ afterAnotherFile: Bool) throws {
        let (one, other) = (try SampleRepository(.sha1, commits: 2), try SampleRepository(.sha1, commits: 3))
        let new = try #require(ObjectID(hex: other.git("rev-parse", "main").prefix(40)))
        let store = one.reader()
        for _ in 0..<2 { #expect(try !store.contains(new)) }
        if afterAnotherFile {
            try replace(one.objects.appending("info/packs"), with: Array("P pack-1.pack\n".utf8))
            for _ in 0..<2 { #expect(try !store.contains(new)) }
        }
        try replace(one.objects.appending("info/alternates"), with: Array("\(other.objects)\n".utf8))
        #expect(try store.contains(new))
    }

    /// The list of alternates is a link to what comes later.
    @Test func alternatesBehindALinkThatLedNowhere() throws {
        let (one, other) = (try SampleRepository(.sha1, commits: 2), try SampleRepository(.sha1, commits: 3))
        let new = try #require(ObjectID(hex: other.git("rev-parse", "main").prefix(40)))
        let list = one.path.appending("list")
        _ = try output("ln", ["-s", list.string, one.objects.appending("info/alternates").string])
        usleep(50_000)
        let store = one.reader()
        for _ in 0..<2 { #expect(try !store.contains(new)) }
        try replace(list, with: Array("\(other.objects)\n".utf8))
        #expect(try store.contains(new))
    }

    /// Two blobs whose ids have their first four digits in common.
    private func twins() throws -> (digits: [UInt8], [[UInt8]], [ObjectID]) {
        var seen: [[UInt8]: (bytes: [UInt8], id: ObjectID)] = [:]
        for number in 0... {
            let bytes = Array("twin \(number)".utf8)
            let id = try ObjectHasher.id(of: .blob, bytes.span, algorithm: .sha1)
            let digits = Array("\(id)".utf8.prefix(4))
            if let first = seen[digits] { return (digits, [first.bytes, bytes], [first.id, id]) }
            seen[digits] = (bytes, id)
        }
        throw Errno.noSuchFileOrDirectory
    }

    @Test(arguments: [false, true]) func abbreviationsAreAsFreshAsAskedFor(_ isPacked: Bool) throws {
        let repository = try SampleRepository(.sha1, commits: 2)
        let (digits, bytes, ids) = try twins()
        func write(_ blob: Int) throws { try repository.git(["hash-object", "-w", "--stdin"], stdin: bytes[blob]) }
        func pack(_ blob: Int) throws {
            guard isPacked else { return }
            try repository.git(
                ["pack-objects", "-q", "objects/pack/pack"], stdin: Array("\(ids[blob])\n".utf8))
            try repository.git("prune-packed")
        }
        let store = repository.reader()
        let (never, asGit) = (repository.reader().refreshing(.never), repository.reader().refreshing(.whenMissingOnly))
        for one in [store, never, asGit] { #expect(try one.answer(digits) == .none) }
        try write(0)
        try pack(0)
        // Nothing was known by which it could be answered: all that there is now is looked at.
        for one in [store, asGit] { #expect(try one.answer(digits) == .unique(ids[0])) }
        try write(1)
        try pack(1)
        #expect(try store.answer(digits) == .ambiguous(ids.sorted()))
        #expect(try asGit.answer(digits) == .unique(ids[0]))
        #expect(try never.answer(digits) == .none)
        #expect(try store.abbreviationLength(of: ids[0], minimum: 4) > 4)
    }

    /// A store that never looks again answers from lists of loose objects, but of what it writes itself it knows, and what it has too many of it asks
    /// the system for.
    @Test func looseObjectsAreListedOnceWhereNobodyWrites() throws {
        let repository = try SampleRepository(.sha1, commits: 2)
        func blob(_ text: String) throws -> ObjectID {
            try #require(
                ObjectID(hex: repository.git(["hash-object", "-w", "--stdin"], stdin: Array(text.utf8)).prefix(40)))
        }
        let first = try blob("first")
        let never = repository.reader().refreshing(.never)
        #expect(try never.contains(first))
        #expect(try !never.contains(.zero(.sha1)))
        let bytes = Array("mine".utf8)
        let mine = try never.write(.blob, bytes.span, durability: nil)
        #expect(try never.contains(mine) && never.read(mine)?.bytes == bytes)

        let path = BytePath(repository.objects)
        let shards = LooseShards(path, .sha1, limit: 0)
        #expect(!shards.knowsAbsent(first) && !shards.knowsAbsent(.zero(.sha1)))
        let all = LooseShards(path, .sha1)
        #expect(!all.knowsAbsent(first) && !all.knowsAbsent(mine) && all.knowsAbsent(.zero(.sha1)))
        let later = try blob("later")
        #expect(LooseShards(path, .sha1).knowsAbsent(later) == false)
        all.forget(first.byte(at: 0))
        #expect(!all.knowsAbsent(.zero(.sha1)))
        let nowhere = LooseShards(path.appending("nowhere"), .sha1)
        #expect(nowhere.knowsAbsent(first))
    }

    /// What a store has written itself it knows of.
    @Test func whatWasWrittenHereIsKnown() throws {
        let repository = try SampleRepository(.sha1, commits: 2)
        let (digits, bytes, ids) = try twins()
        let store = repository.reader().refreshing(.whenMissingOnly)
        func write(_ blob: Int) throws -> ObjectID {
            let contents = bytes[blob]
            return try store.write(.blob, contents.span, durability: nil)
        }
        #expect(try write(0) == ids[0])
        #expect(try store.answer(digits) == .unique(ids[0]))
        #expect(try write(1) == ids[1])
        #expect(try store.answer(digits) == .ambiguous(ids.sorted()))
    }
}

extension ObjectStore {
    fileprivate func answer(_ digits: [UInt8]) throws -> Abbreviation { try resolveAbbreviation(digits.span) }
}
