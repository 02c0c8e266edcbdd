import StrataModel
import StrataObjects
import SystemPackage
import TestSupport
import Testing

/// Objects spread over packs that overlap, loose copies and an alternate: what each question gives is what git says.
@Suite struct ManyPacksTests {
    /// A repository whose objects lie in `packs` packs, some in two, some loose as well, some in an alternate.
    private func spread(_ algorithm: HashAlgorithm, packs: Int = 12) throws -> (SampleRepository, TemporaryDirectory) {
        let repository = try SampleRepository(algorithm)
        let ids = try repository.list().map(\.id)
        for number in 0..<packs {
            // Every third object goes into the pack after its own as well.
            let part = ids.enumerated().filter { place, _ in
                place % packs == number || (place % 3 == 0 && (place + 1) % packs == number)
            }
            let names = part.map { "\($0.element)\n" }.joined()
            try repository.git(["pack-objects", "--quiet", "objects/pack/pack"], stdin: Array(names.utf8))
        }
        let far = try TemporaryDirectory()
        try repository.git("init", "--quiet", "--bare", "--object-format=\(algorithm.name)", far.path.string)
        let moved = try #require(names(in: repository.objects.appending("pack")).first { $0.hasSuffix(".pack") })
        for suffix in ["pack", "idx", "rev"] {
            let name = String(moved.dropLast(4)) + suffix
            _ = try run(
                "mv",
                [
                    repository.objects.appending("pack").appending(name).string,
                    far.path.appending("objects").appending("pack").string,
                ])
        }
        try replace(
            repository.objects.appending("info").appending("alternates"),
            with: Array("\(far.path.string)/objects\n".utf8))
        return (repository, far)
    }

    @Test(arguments: HashAlgorithm.allCases) func everyQuestionIsAnsweredAsGitDoes(_ algorithm: HashAlgorithm) throws {
        let (repository, far) = try spread(algorithm)
        defer { withExtendedLifetime(far) {} }
        let objects = try repository.list()
        let contents = try repository.contents()
        let store = repository.reader()
        // The first round loads the indexes one by one; the second finds them merged.
        for _ in 0..<2 {
            for object in objects {
                #expect(try store.header(of: object.id) == object.header)
                #expect(try store.read(object.id)?.bytes == contents[object.id])
                let stream = try #require(try store.stream(object.id))
                var bytes: [UInt8] = []
                var chunk: [UInt8] = []
                while try stream.next(&chunk) { bytes += chunk }
                #expect(bytes == contents[object.id] && stream.size == UInt64(bytes.count))
            }
            // Two that are not there, which is when tables are merged.
            for word: UInt64 in [1, 2] {
                let id = ObjectID(algorithm: algorithm, words: (word << 60, 1, 1 << 32, 0))
                #expect(try !store.contains(id))
            }
        }
        for object in objects {
            let digits = Array("\(object.id)".utf8.prefix(6))
            let parsed = ObjectIDPrefix(digits.span, algorithm: algorithm)
            let prefix = try #require(parsed)
            #expect(try store.ids(startingWith: prefix, atMost: 10) == objects.map(\.id).filter(prefix.matches))
            let others = objects.lazy.map(\.id).filter { $0 != object.id }
            let text = Array("\(object.id)".utf8)
            let shared = others.map { other in zip(text, "\(other)".utf8).prefix { $0 == $1 }.count }.max() ?? 0
            #expect(try store.distinguishingDigits(of: object.id) == shared + 1)
        }
        let none: [UInt8] = []
        let parsed = ObjectIDPrefix(none.span, algorithm: algorithm)
        let first = try #require(parsed)
        #expect(try store.ids(startingWith: first, atMost: 3) == objects.prefix(3).map(\.id))
    }

    @Test(arguments: HashAlgorithm.allCases) func walksGiveWhatGitLists(_ algorithm: HashAlgorithm) throws {
        let (repository, far) = try spread(algorithm)
        defer { withExtendedLifetime(far) {} }
        let format = "%(objectname) %(objecttype) %(objectsize)"
        for ordered in [true, false] {
            let arguments = ["cat-file", "--batch-all-objects", "--batch-check=\(format)"]
            let listed = try repository.git(arguments + (ordered ? [] : ["--unordered"]))
            let cursor = try repository.reader().cursor(ordered ? .byID : .asStored(repeating: false))
            var lines: [String] = []
            while let id = try cursor.next() {
                let info = try #require(try cursor.info([.kind, .size]))
                lines.append("\(id) \(info.kind?.name ?? "?") \(info.size ?? 0)")
            }
            let expected = listed.split(separator: "\n").map(String.init)
            #expect(ordered ? lines == expected : lines.sorted() == expected.sorted())
        }
        // With all copies there are as many as packs and directories have.
        let cursor = try repository.reader().cursor(.asStored(repeating: true))
        var count = 0
        while try cursor.next() != nil { count += 1 }
        #expect(count > (try repository.list().count))
    }

    @Test(arguments: HashAlgorithm.allCases) func sizesOnDiskAndBasesAreGits(_ algorithm: HashAlgorithm) throws {
        let repository = try SampleRepository(algorithm)
        try repository.git("repack", "-adfq", "--depth=20")
        try repository.git(["hash-object", "-w", "--stdin"], stdin: Array("loose".utf8))
        let store = repository.reader()
        let listed = try repository.git(
            "cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objectsize:disk) %(deltabase)")
        var deltas = 0
        for line in listed.split(separator: "\n") {
            let words = line.split(separator: " ")
            let id = try #require(ObjectID(hex: words[0]))
            let info = try #require(try store.info(of: id, [.storedSize, .deltaBase]))
            #expect(info.storedSize.map(String.init) == String(words[1]))
            #expect(info.deltaBase.map { "\($0)" } == String(words[2]))
            if info.deltaBase?.isZero == false { deltas += 1 }
        }
        #expect(deltas > 50)
    }

    @Test func pinnedObjectsStayWhenAllIsRepackedAndPruned() throws {
        let repository = try SampleRepository(.sha1)
        try repository.git("repack", "-adq")
        let objects = try repository.list()
        let contents = try repository.contents()
        let store = repository.reader()
        let pinned = try store.pinned()
        try repository.git("update-ref", "-d", "refs/heads/main")
        for tag in ["v1", "v1-tag", "v1-tag-tag", "tree", "blob", "light"] { try repository.git("tag", "-d", tag) }
        try repository.git("-c", "gc.reflogExpire=now", "repack", "-adq")
        try repository.git("prune", "--expire=now")
        let left = Set(try repository.list().map(\.id))
        #expect(left.count < objects.count)
        for object in objects {
            #expect(try pinned.read(object.id, limit: 1 << 20)?.bytes == contents[object.id])
        }
        // A store that does not pin follows what there is.
        let fresh = repository.reader()
        for object in objects { #expect(try fresh.contains(object.id) == left.contains(object.id)) }
    }

    /// Each of two packs has what the other has damaged.
    @Test func aDamagedBaseIsGotRoundByAnotherCopy() throws {
        let repository = try SampleRepository(.sha1)
        try repository.git("repack", "-adfq", "--depth=50")
        let contents = try repository.contents()
        let ids = try repository.list().map { "\($0.id)\n" }.joined()
        // The second pack has everything whole.
        try repository.git(
            ["pack-objects", "--quiet", "--depth=0", "--no-reuse-delta", "objects/pack/pack"], stdin: Array(ids.utf8))
        let packs = repository.objects.appending("pack")
        let all = names(in: packs).filter { $0.hasSuffix(".pack") }
        #expect(all.count == 2)
        for name in all {
            let path = packs.appending(name)
            let good = try StrataObjectsTests.contents(of: path)
            var generator = SplitMix64(seed: 3)
            for _ in 0..<20 {
                var bad = good
                for _ in 0..<8 { bad[12 + Int(generator.next() % UInt64(bad.count - 32))] ^= 0x55 }
                try replace(path, with: bad)
                let store = repository.reader()
                for (id, bytes) in contents { #expect(try store.read(id)?.bytes == bytes) }
            }
            try replace(path, with: good)
        }
    }

    /// Some objects have a good copy, by which others are read; none is ever taken for another, in whatever order they are asked for.
    @Test func whatDamageIsGotRoundByIsNotTakenForWhatIsDamaged() throws {
        let repository = try SampleRepository(.sha1)
        try repository.git("repack", "-adfq", "--depth=50")
        let contents = try repository.contents()
        let packs = repository.objects.appending("pack")
        let first = try #require(names(in: packs).first { $0.hasSuffix(".pack") })
        let ids = try repository.list().enumerated().filter { $0.offset % 2 == 0 }.map { "\($0.element.id)\n" }.joined()
        try repository.git(
            ["pack-objects", "--quiet", "--depth=0", "--no-reuse-delta", "objects/pack/pack"], stdin: Array(ids.utf8))
        let path = packs.appending(first)
        let good = try StrataObjectsTests.contents(of: path)
        var generator = SplitMix64(seed: 11)
        var failures = 0
        for _ in 0..<60 {
            var bad = good
            for _ in 0..<6 { bad[12 + Int(generator.next() % UInt64(bad.count - 32))] ^= 0x55 }
            try replace(path, with: bad)
            let store = repository.reader()
            for _ in 0..<2 {
                for (id, bytes) in contents.shuffled(using: &generator) {
                    do { #expect(try store.read(id)?.bytes == bytes) } catch { failures += 1 }
                }
            }
        }
        #expect(failures > 0)
    }

    /// Those who wait for an index that cannot be used get its error, and nobody is told that something is absent.
    @Test func allThreadsGetTheErrorOfADamagedIndex() async throws {
        let (repository, far) = try spread(.sha1, packs: 5)
        defer { withExtendedLifetime(far) {} }
        let packs = repository.objects.appending("pack")
        let victim = try #require(names(in: packs).first { $0.hasSuffix(".idx") })
        let bytes = try StrataObjectsTests.contents(of: packs.appending(victim))
        try replace(packs.appending(victim), with: Array(bytes.prefix(500)))
        let store = repository.reader()
        let absent = ObjectID(algorithm: .sha1, words: (3, 1, 1 << 32, 0))
        let failures = await withTaskGroup(of: ObjectError?.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    do throws(ObjectError) {
                        _ = try store.contains(absent)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        for failure in failures {
            #expect(failure?.code == .corrupt && failure?.file?.hasSuffix(victim) == true)
        }
    }
}
