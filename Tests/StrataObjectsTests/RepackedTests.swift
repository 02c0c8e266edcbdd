import StrataModel
import StrataObjects
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Readers while git repacks again and again: no lookup, walk or read fails, and none gives other bytes.
@Suite struct RepackedTests {
    /// Git in a loop that makes a commit and packs everything into one new pack, in a process of its own, for as long as the value lives.
    ///
    /// Sendable, as one thread alone waits for it.
    private final class Repacking: @unchecked Sendable {
        private let child: ChildProcess

        init(_ repository: SampleRepository) throws {
            // Deltas are sought anew each time, so that no two packs are alike.
            let script = """
                i=0; while :; do i=$((i+1)); c=$("$0" commit-tree -m $i main^{tree}) || exit 1
                "$0" update-ref refs/heads/more $c && "$0" repack -adfq --window=$((i % 9 + 2)) || exit 1; echo $i; done
                """
            child = try ChildProcess(
                "bash", ["-c", script, gitPath], environment: gitEnvironment, directory: repository.path)
            child.patience = 120_000
        }

        /// Waits until everything has been packed once more.
        func waitForNext() throws { _ = try #require(child.readLine()) }

        deinit { child.kill() }
    }

    private static func readAll(_ stream: any ObjectStream) throws(ObjectError) -> [UInt8] {
        var (all, piece): ([UInt8], [UInt8]) = ([], [])
        while try stream.next(&piece) { all += piece }
        return all
    }

    /// Asks for everything in every way; the first argument of each is what is asked for.
    private static let questions:
        [(
            name: String,
            ask: @Sendable (any ObjectStore, [ObjectID: [UInt8]], [SampleRepository.Object]) throws -> Void
        )] = [
            (
                "headers",
                { store, _, objects in
                    for object in objects { try #require(try store.header(of: object.id) == object.header) }
                }
            ),
            (
                "contents",
                { store, contents, objects in
                    for object in objects { try #require(try store.read(object.id)?.bytes == contents[object.id]) }
                }
            ),
            (
                "streams",
                { store, contents, objects in
                    for object in objects {
                        let stream = try #require(try store.stream(object.id))
                        try #require(try readAll(stream) == contents[object.id])
                    }
                }
            ),
            (
                "every field",
                { store, _, objects in
                    for object in objects {
                        let info = try #require(
                            try store.info(of: object.id, [.kind, .size, .storedSize, .deltaBase, .place]))
                        try #require(info.size == object.header.size && info.storedSize != nil && info.deltaBase != nil)
                    }
                }
            ),
            ("a sorted walk", { store, _, objects in try walk(store, .byID, objects) }),
            ("a walk", { store, _, objects in try walk(store, .asStored(repeating: false), objects) }),
            (
                "abbreviations",
                { store, _, objects in
                    for object in objects.prefix(40) {
                        try #require(
                            try store.resolve(16, digitsOf: object.id) == .unique(object.id))
                    }
                }
            ),
        ]

    private static func walk(
        _ store: any ObjectStore, _ order: ObjectOrder, _ objects: [SampleRepository.Object]
    ) throws {
        var rest = Dictionary(uniqueKeysWithValues: objects.map { ($0.id, $0.header) })
        let cursor = try store.cursor(order)
        while let id = try cursor.next() {
            let info = try cursor.info([.kind, .size])
            // Others are commits that nothing leads to any more: they go with the pack that had them.
            if let header = rest.removeValue(forKey: id) {
                try #require(info?.kind == header.kind && info?.size == header.size)
            }
        }
        try #require(rest.isEmpty, "\(rest.count) were not given")
    }

    @Test(arguments: questions.indices, HashAlgorithm.allCases)
    func nothingFails(_ question: Int, _ algorithm: HashAlgorithm) throws {
        let (name, ask) = Self.questions[question]
        let repository = try SampleRepository(algorithm, commits: 25)
        try repository.git("repack", "-adq")
        let (objects, contents) = (try repository.list(), try repository.contents())
        let old = repository.reader()
        let pinned = try repository.reader().pinned()
        let repacking = try Repacking(repository)
        for round in 0..<scaled(6) {
            for (kind, store) in [
                ("old", old), ("new", repository.reader()), ("pinned", pinned),
                ("pinned now", try repository.reader().pinned()),
            ] as [(String, any ObjectStore)] {
                do { try ask(store, contents, objects) } catch {
                    Issue.record("\(name), \(kind), round \(round): \(error)")
                }
            }
            try repacking.waitForNext()
        }
    }

    /// Several threads on one store, which follow one another to each new pack.
    @Test func nothingFailsOnManyThreads() throws {
        let repository = try SampleRepository(.sha1, commits: 25)
        let (objects, contents) = (try repository.list(), try repository.contents())
        let store = repository.reader()
        let repacking = try Repacking(repository)
        let end = Flag()
        try concurrently(3) { thread in
            if thread == 0 {
                defer { end.raised.store(true, ordering: .releasing) }
                for _ in 0..<scaled(8) { try repacking.waitForNext() }
                return
            }
            repeat {
                for object in objects { try #require(try store.read(object.id)?.bytes == contents[object.id]) }
            } while !end.raised.load(ordering: .acquiring)
        }
    }

    private final class Flag: Sendable {
        let raised = Atomic(false)
    }
}
