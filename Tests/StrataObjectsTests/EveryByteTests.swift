import Glibc
import StrataModel
import StrataObjects
import SystemPackage
import TestSupport
import Testing

/// Files that lie: right bytes or a typed error, and never a trap, a hang or a huge allocation. Every byte of every kind of file is changed.
@Suite(.enabled(if: processEnvironment()["STRATA_HOSTILE"] == "all", "minutes: make hostile"))
struct EveryByteTests {
    static let layouts = [Layout.packed, .refDeltas, .indexVersion1, .largeOffsets]

    /// What came of a question.
    enum Outcome: Hashable {
        case right, wrong, absent, failed
        /// An error that does not say which file is at fault, or why.
        case failedWithoutReason
    }

    /// A repository with few objects, and what is in it.
    struct Victim {
        let repository: SampleRepository
        let contents: [ObjectID: [UInt8]]
        let objects: [SampleRepository.Object]

        init(_ algorithm: HashAlgorithm, _ layout: Layout) throws {
            repository = try SampleRepository(algorithm, commits: 2)
            try layout.apply(to: repository)
            contents = try repository.contents()
            objects = try repository.list()
        }

        /// The file in the pack directory that ends like this.
        func file(_ suffix: String) throws -> FilePath {
            let directory = repository.objects.appending("pack")
            return directory.appending(try #require(names(in: directory).first { $0.hasSuffix(suffix) }))
        }

        /// Whether git gives the same wrong contents as we do, of every object of which we give any.
        func isReadByGitAsWell() throws -> Bool {
            let store = repository.reader()
            return try objects.allSatisfy { object in
                guard let read = try? store.read(object.id, limit: 1 << 24), read.bytes != contents[object.id] else {
                    return true
                }
                let theirs = try run(
                    gitPath, ["cat-file", "\(object.header.kind)", object.id.hex], environment: gitEnvironment,
                    directory: repository.path)
                return theirs.status == 0 && theirs.out == read.bytes
            }
        }

        /// Asks a fresh store for three of the objects, others each `turn`, in every way.
        func ask(_ turn: Int) -> Set<Outcome> {
            let store = repository.reader()
            var outcomes: Set<Outcome> = []
            for number in 0..<3 {
                let object = objects[(turn + number * 5) % objects.count]
                outcomes.formUnion(EveryByteTests.ask(store, object, contents[object.id]))
            }
            // What these answer cannot be told to be wrong: that they answer, or say why not, is what counts.
            func attempt(_ question: () throws(ObjectError) -> Void) {
                do throws(ObjectError) { try question() } catch {
                    if error.cause.isEmpty { outcomes.insert(.failedWithoutReason) }
                }
            }
            let id = objects[turn % objects.count].id
            let order = turn % 2 == 0 ? ObjectOrder.byID : .asStored(repeating: turn % 4 == 1)
            attempt { () throws(ObjectError) in
                _ = try store.info(of: id, [.kind, .size, .storedSize, .deltaBase, .place])
            }
            attempt { () throws(ObjectError) in _ = try store.peel(id) }
            attempt { () throws(ObjectError) in _ = try store.commit(id) }
            attempt { () throws(ObjectError) in _ = try store.entry(at: Array("dir/1".utf8)[...], from: id) }
            attempt { () throws(ObjectError) in _ = try store.resolve(6, digitsOf: id) }
            attempt { () throws(ObjectError) in _ = try store.abbreviationLength(of: id) }
            attempt { () throws(ObjectError) in try EveryByteTests.walk(store, order) }
            return outcomes
        }
    }

    private static func walk(_ store: FilesObjectStore, _ order: ObjectOrder) throws(ObjectError) {
        let cursor = try store.cursor(order)
        var count = 0
        while try cursor.next() != nil, count < 10_000 {
            _ = try? cursor.info([.kind, .size, .storedSize])
            count += 1
        }
    }

    /// Asks for an object whole and in pieces.
    private static func ask(
        _ store: FilesObjectStore, _ object: SampleRepository.Object, _ contents: [UInt8]?
    ) -> Set<Outcome> {
        func outcome(_ body: () throws(ObjectError) -> (ObjectKind, [UInt8])?) -> Outcome {
            do throws(ObjectError) {
                guard let (kind, bytes) = try body() else { return .absent }
                return kind == object.header.kind && bytes == contents ? .right : .wrong
            } catch {
                return error.file == nil || error.cause.isEmpty ? .failedWithoutReason : .failed
            }
        }
        return [
            outcome { () throws(ObjectError) in
                try store.read(object.id, limit: 1 << 24).map { ($0.kind, $0.bytes) }
            },
            outcome { () throws(ObjectError) in
                guard let stream = try store.stream(object.id, limit: 1 << 24) else { return nil }
                var (all, piece): ([UInt8], [UInt8]) = ([], [])
                while try stream.next(&piece) { all += piece }
                return (stream.kind, all)
            },
        ]
    }

    /// Gives `check` the outcomes for each byte of the file changed, for the file cut, and for the file with more behind it; then mends it.
    private func damage(
        _ path: FilePath, cuts: StrideThrough<Int>? = nil, _ ask: (Int) -> Set<Outcome>,
        _ changed: (Int, Set<Outcome>) -> Void, _ resized: (Int, Set<Outcome>) -> Void
    ) throws {
        let good = try contents(of: path)
        let before = Self.peakMemory
        #expect(ask(0) == [.right])
        var generator = SplitMix64(seed: UInt64(good.count))
        try replace(path, with: good)
        let file = try FileDescriptor.open(path, .writeOnly)
        for place in good.indices {
            try file.writeAll(toAbsoluteOffset: Int64(place), [good[place] ^ (UInt8(generator.next() % 255) + 1)])
            changed(place, ask(place))
            try file.writeAll(toAbsoluteOffset: Int64(place), [good[place]])
        }
        try file.close()
        for length in cuts ?? stride(from: good.count - 1, through: 0, by: -7) {
            try replace(path, with: Array(good[..<length]))
            resized(length, ask(length))
        }
        for more in [[0], [0xff], [UInt8](repeating: 0, count: 8), [UInt8](repeating: 1, count: 5000)] as [[UInt8]] {
            try replace(path, with: good + more)
            resized(good.count + more.count, ask(more.count))
        }
        try replace(path, with: good)
        #expect(ask(0) == [.right])
        // Whatever sizes the files told, nothing near them was allocated.
        #expect(Self.peakMemory - before < 2 << 30)
    }

    /// The most memory that this process has had so far, in bytes. Not address space: other suites map databases.
    private static var peakMemory: Int {
        let status = (try? contents(of: "/proc/self/status")) ?? []
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 } ?? 0
    }

    /// Parts of an index, and what may come of a changed byte in each. Neither git nor we look at the index's own checksum.
    private static func allowed(_ place: Int, _ size: Int, _ objects: Int, _ hash: Int, isVersion1: Bool) -> Set<
        Outcome
    > {
        let header = isVersion1 ? 0 : 8
        // What is not found is absent, or the lost base of a delta.
        let lost: Set<Outcome> = [.right, .absent, .failed]
        // Another object's place.
        let confused: Set<Outcome> = [.right, .wrong, .failed]
        if place < header { return [.failed] }
        if place < header + 1024 { return [.right, .failed] }
        if place >= size - hash { return [.right] }
        if place >= size - 2 * hash { return [.failed] }
        let inTables = place - header - 1024
        if isVersion1 { return inTables % (hash + 4) < 4 ? confused : lost }
        if inTables < objects * hash { return lost }
        return inTables < objects * (hash + 4) ? [.right] : confused
    }

    @Test(arguments: layouts, HashAlgorithm.allCases)
    func everyByteOfAnIndex(_ layout: Layout, _ algorithm: HashAlgorithm) throws {
        let victim = try Victim(algorithm, layout)
        let path = try victim.file(".idx")
        let size = try contents(of: path).count
        let hash = algorithm.byteCount
        try damage(path, cuts: stride(from: size - 1, through: 0, by: -3), victim.ask) { place, outcomes in
            let allowed = Self.allowed(
                place, size, victim.objects.count, hash, isVersion1: layout == .indexVersion1)
            #expect(outcomes.isSubset(of: allowed), "byte \(place) of \(size)")
        } _: { length, outcomes in
            #expect(outcomes == [.failed], "\(length) bytes of \(size)")
        }
    }

    @Test(arguments: layouts, HashAlgorithm.allCases)
    func everyByteOfAPack(_ layout: Layout, _ algorithm: HashAlgorithm) throws {
        let victim = try Victim(algorithm, layout)
        let path = try victim.file(".pack")
        let size = try contents(of: path).count
        let hash = algorithm.byteCount
        let listing = try victim.repository.git(["show-index"], stdin: try contents(of: try victim.file(".idx")))
        let starts = listing.split(separator: "\n").compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
        try damage(path, victim.ask) { place, outcomes in
            if place < 12 || place >= size - hash {
                // Version 3 would do as well as 2.
                #expect(outcomes == [.failed] || place == 7, "byte \(place) of \(size)")
                return
            }
            // The kind, and which object a delta is of, stand before what zlib checks.
            let isHeader = starts.contains { place >= $0 && place < $0 + 4 + hash }
            // Of some tens of thousands of changes one gives other contents with the same Adler-32. Git takes them too.
            let isTaken = !isHeader && outcomes.contains(.wrong) && ((try? victim.isReadByGitAsWell()) ?? false)
            #expect(
                outcomes.isSubset(of: isHeader || isTaken ? [.right, .wrong, .failed] : [.right, .failed]),
                "byte \(place) of \(size)")
        } _: { length, outcomes in
            #expect(outcomes == [.failed], "\(length) bytes of \(size)")
        }
    }

    @Test(arguments: HashAlgorithm.allCases) func everyByteOfALooseObject(_ algorithm: HashAlgorithm) throws {
        let victim = try Victim(algorithm, .loose)
        for kind in ObjectKind.allCases {
            let object = try #require(victim.objects.first { $0.header.kind == kind })
            let hex = object.id.hex
            let path = victim.repository.objects.appending("\(hex.prefix(2))/\(hex.dropFirst(2))")
            try damage(path, cuts: stride(from: try contents(of: path).count - 1, through: 0, by: -1)) { place in
                let store = victim.repository.reader()
                _ = try? store.info(of: object.id, [.kind, .size, .storedSize])
                return Self.ask(store, object, victim.contents[object.id])
            } _: { place, outcomes in
                #expect(outcomes.isSubset(of: [.right, .failed]), "\(kind) byte \(place)")
            } _: { length, outcomes in
                #expect(outcomes == [.failed], "\(kind) of \(length) bytes")
            }
        }
    }

    @Test(arguments: HashAlgorithm.allCases) func everyByteOfAListOfAlternates(_ algorithm: HashAlgorithm) throws {
        let near = try Victim(algorithm, .packed)
        let far = try SampleRepository(algorithm, commits: 2)
        let id = try #require(ObjectID(hex: try far.git("hash-object", "-w", "--stdin", stdin: Array("far\n".utf8))))
        let object = SampleRepository.Object(id: id, header: ObjectHeader(kind: .blob, size: 4))
        let path = near.repository.objects.appending("info/alternates")
        for list in ["\(far.objects)\n", "# a comment\n\n\"\(far.objects)\"\n"] {
            try replace(path, with: Array(list.utf8))
            let good = list.utf8.count
            try damage(path, cuts: stride(from: good - 1, through: 0, by: -1)) { place in
                let store = near.repository.reader()
                let own = near.objects[place % near.objects.count]
                // A list that cannot be followed does not hide what is here.
                #expect(Self.ask(store, own, near.contents[own.id]) == [.right], "byte \(place)")
                return Self.ask(store, object, Array("far\n".utf8))
            } _: { place, outcomes in
                #expect(outcomes.isSubset(of: [.right, .absent, .failed]), "byte \(place)")
            } _: { length, outcomes in
                #expect(outcomes.isSubset(of: [.right, .absent, .failed]), "\(length) bytes")
            }
        }
    }

    @Test func whatIsNoFileIsUnavailableOrCorrupt() throws {
        let loose = try SampleRepository(.sha1, commits: 2)
        let id = try #require(try loose.list().first).id
        let path = loose.objects.appending(String(id.hex.prefix(2))).appending(String(id.hex.dropFirst(2)))
        for make in [["mkdir"], ["mkfifo"]] {
            removeTree(path)
            _ = try run(make[0], [path.string])
            #expect(throws: ObjectError.self) { try loose.reader().header(of: id) }
            #expect(throws: ObjectError.self) { try loose.reader().read(id) }
        }
    }

    /// A damaged copy does not hide a good one.
    @Test func aGoodCopyIsFoundBehindADamagedOne() throws {
        let victim = try Victim(.sha1, .packed)
        var bad = try contents(of: try victim.file(".pack"))
        for place in 12..<bad.count - 20 { bad[place] = 0 }
        try replace(try victim.file(".pack"), with: bad)
        #expect(victim.ask(0) == [.failed])
        // Loose copies of everything, in a directory of their own.
        let other = try SampleRepository(.sha1, commits: 2)
        let list = other.objects.string + "\n"
        let info = victim.repository.objects.appending("info").appending("alternates")
        try replace(info, with: Array(list.utf8))
        #expect(victim.ask(0) == [.right])
    }
}
