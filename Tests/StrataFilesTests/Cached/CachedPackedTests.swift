import Glibc
import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import Synchronization
import SystemPackage
import TestSupport
import Testing

private let a = PackedLines.a
private let b = PackedLines.b

@Suite("packed-refs remembered")
struct CachedPackedTests {
    private func id(_ hex: String) throws -> ObjectID { try #require(ObjectID(hex: hex)) }

    private let name = RefName.known("refs/heads/x")

    /// Until the file is old enough to be remembered.
    private func settle(_ store: any RefStore) throws {
        while try store.stamp(covering: .all) == nil { usleep(1000) }
    }

    @Test("a file rewritten with the same size and time is another")
    func equalTime() throws {
        let repository = try PackedRepository()
        let store = CachedRefStore(around: repository.store())
        try repository.write(Array("\(a) refs/heads/x\n".utf8))
        try settle(store)
        let old = try store.snapshot()
        #expect(try old.read(name)?.objectID == id(a))
        let before = try #require(try FileStat.stat(repository.file))
        for round in 0..<20 {
            let hex = round % 2 == 0 ? b : a
            if round % 4 < 2 {
                // In place.
                try repository.write(Array("\(hex) refs/heads/x\n".utf8))
            } else {
                let new = repository.path.appending("new")
                let fd = try FileDescriptor.open(new, .writeOnly, options: .create, permissions: .ownerReadWrite)
                _ = try fd.closeAfter { try fd.writeAll(Array("\(hex) refs/heads/x\n".utf8)) }
                #expect(unsafe rename(new.string, repository.file.string) == 0)
            }
            let time = timespec(
                tv_sec: Int(before.modified / 1_000_000_000), tv_nsec: Int(before.modified % 1_000_000_000))
            var times = [time, time]
            #expect(unsafe utimensat(AT_FDCWD, repository.file.string, &times, 0) == 0)
            #expect(try FileStat.stat(repository.file)?.modified == before.modified)
            // Young at first, then old.
            #expect(try store.snapshot().read(name)?.objectID == id(hex))
            if round % 5 == 0 { try settle(store) }
            for _ in 0..<2 { #expect(try store.snapshot().read(name)?.objectID == id(hex)) }
        }
        #expect(try old.read(name)?.objectID == id(a))
    }

    @Test("writes a moment after each other are all seen")
    func racy() throws {
        let repository = try PackedRepository()
        let store = CachedRefStore(around: repository.store())
        for round in 0..<300 {
            try repository.write(Array("\(round % 2 == 0 ? a : b) refs/heads/x\n".utf8))
            #expect(try store.snapshot().read(name)?.objectID == id(round % 2 == 0 ? a : b))
        }
    }

    /// No file has no time; a file that has come and gone again must not be taken for none that was there all the time.
    @Test("no file is a state with a stamp of its own")
    func absent() throws {
        let repository = try PackedRepository()
        let store = CachedRefStore(around: repository.store())
        try settle(store)
        let none = try #require(try store.stamp(covering: .all))
        #expect(try store.snapshot().read(name) == nil)
        #expect(try store.stamp(covering: .all) == none)
        try repository.write(Array("\(a) refs/heads/x\n".utf8))
        #expect(try store.snapshot().read(name)?.objectID == id(a))
        #expect(unsafe unlink(repository.file.string) == 0)
        #expect(try store.snapshot().read(name) == nil)
        try settle(store)
        #expect(try store.stamp(covering: .all) != none)
        #expect(try store.snapshot().read(name) == nil)
        #expect(unsafe symlink("nowhere", repository.file.string) == 0)
        usleep(30_000)
        #expect(try store.stamp(covering: .all) == nil)
    }

    @Test("around loose references, which have no stamps, it changes nothing")
    func loose() throws {
        let repository = try PackedRepository()
        let loose = LooseRefStore(
            directory: repository.path, hashAlgorithm: .sha1,
            locks: LockSpace(directory: repository.path.appending("strata")))
        let store = CachedRefStore(around: FilesRefStore(loose: loose, packed: repository.store()))
        for i in 0..<20 {
            var edit = RefEdit.update(name, to: try id(i % 2 == 0 ? a : b))
            edit.checksObject = false
            try store.commit(RefTransaction([edit]))
            #expect(try store.snapshot().read(name)?.objectID == id(i % 2 == 0 ? a : b))
        }
        usleep(30_000)
        #expect(try store.stamp(covering: .all) == nil)
        try store.commit(RefTransaction([.delete(name)]))
        #expect(try store.snapshot().read(name) == nil)
    }

    /// A count that only grows, written by git and by Strata: whoever reads sees no less than was written before he began.
    @Test("readers beside a git process and Strata's writers see nothing old")
    func concurrent() throws {
        let repository = try PackedRepository(objects: 40)
        let ids = repository.commits
        let (first, second) = (RefName.known("refs/heads/git"), RefName.known("refs/heads/strata"))
        let written = [Counter(), Counter()]
        let end = Counter()
        let shared = CachedRefStore(around: repository.store(lockTimeout: -1), byteLimit: 1 << 16)
        try shared.commit(RefTransaction([.create(first, at: ids[0]), .create(second, at: ids[0])]))
        try concurrently(5) { thread in
            switch thread {
            case 0:
                defer { end.value.add(1, ordering: .sequentiallyConsistent) }
                for i in 1..<ids.count {
                    // Loose, then packed: only packed-refs is looked at here.
                    for words in [["update-ref", first.description, ids[i].hex], ["pack-refs", "--all"]] {
                        let result = try repository.run(["-c", "core.packedRefsTimeout=-1"] + words)
                        #expect(result.status == 0, "\(result.errText)")
                    }
                    written[0].value.store(i, ordering: .sequentiallyConsistent)
                    // Now and then it stays as it is for long enough to be remembered.
                    if i % 8 == 0 { usleep(40_000) }
                }
            case 1:
                let store = CachedRefStore(around: repository.store(lockTimeout: -1))
                defer { end.value.add(1, ordering: .sequentiallyConsistent) }
                for i in 1..<ids.count {
                    try store.commit(RefTransaction([.update(second, to: ids[i])]))
                    written[1].value.store(i, ordering: .sequentiallyConsistent)
                    #expect(try store.snapshot().read(second)?.objectID == ids[i])
                    usleep(i % 8 == 0 ? 40_000 : 2000)
                }
            default:
                var held: [(any RefSnapshot, ObjectID)] = []
                while end.value.load(ordering: .sequentiallyConsistent) < 2 {
                    let least = written.map { $0.value.load(ordering: .sequentiallyConsistent) }
                    let snapshot = try shared.snapshot()
                    for (index, name) in [first, second].enumerated() {
                        let found = try #require(try snapshot.read(name)?.objectID)
                        #expect(try #require(ids.firstIndex(of: found)) >= least[index])
                        #expect(try snapshot.read(name)?.objectID == found)
                        if index == 1, held.count < 50 { held.append((snapshot, found)) }
                    }
                    #expect(try snapshot.read(.known("refs/heads/none")) == nil)
                    usleep(200)
                }
                for (snapshot, found) in held { #expect(try snapshot.read(second)?.objectID == found) }
            }
        }
        try settle(shared)
        for name in [first, second] { #expect(try shared.snapshot().read(name)?.objectID == ids.last) }
        #expect(shared.byteCount <= 1 << 16)
    }
}

private final class Counter: Sendable {
    let value = Atomic<Int>(0)
}
