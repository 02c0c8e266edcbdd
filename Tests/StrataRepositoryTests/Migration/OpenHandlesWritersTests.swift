import Glibc
import StrataModel
import StrataRefs
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import StrataRepository

/// Handles that were opened once go on reading and writing while the references are moved there and back by another: nothing that was acknowledged
/// is lost, and nothing that is there is ever seen as absent.
@Suite struct OpenHandlesWritersTests {
    private struct Seen {
        var written: [String: ObjectID] = [:]
        /// What failed without an answer: either value may be there.
        var unsure: [String: Set<ObjectID>] = [:]
        var counts: [Int: Int] = [:]
        var surprises: [String] = []
    }

    @Test func nothingIsLostNorAbsent() throws {
        let scratch = try (try? TemporaryDirectory(in: "/dev/shm")) ?? TemporaryDirectory()
        try makeMigrationSeed(in: scratch.path)
        let (root, linked) = (scratch.appending("r"), scratch.appending("w"))
        let ids = try ["HEAD", "HEAD~1"].map { try #require(ObjectID(hex: git(["rev-parse", $0], in: root))) }
        // In the order of the threads: three writers, two readers.
        let places = [root, linked, root, root, linked]
        let handles = try places.map { try MigrationState.open($0) }
        let seen = Mutex(Seen())
        let isOver = Atomic<Bool>(false)
        let steady = try ["HEAD", "refs/heads/main", "refs/heads/late", "refs/tags/v1"].map { try RefName($0) }
        try concurrently(6) { thread in
            if thread == 5 {
                defer { isOver.store(true, ordering: .relaxed) }
                let mover = try MigrationState.open(root)
                for round in 0..<4 {
                    usleep(60_000)
                    var request = RefMigrationRequest(to: round % 2 == 0 ? .lmdb : .files)
                    request.lockTimeout = -1
                    _ = try mover.migrateReferences(request)
                }
                usleep(60_000)
                return
            }
            let repository = handles[thread]
            var number = 0
            while !isOver.load(ordering: .relaxed) {
                number += 1
                usleep(1000)
                do throws(RefError) {
                    if thread < 3 {
                        try Self.write(thread, number, repository, ids, seen)
                    } else {
                        try Self.read(repository, steady, seen)
                    }
                    seen.withLock { $0.counts[thread, default: 0] += 1 }
                } catch {
                    // A lock, or an answer that has to be looked for: never that something is malformed.
                    if error.code != .locked, error.code != .unavailable || thread >= 3 {
                        seen.withLock { $0.surprises.append("\(thread): \(error.code): \(error)") }
                    }
                }
            }
        }
        let result = seen.withLock { $0 }
        #expect(result.surprises.prefix(5) == [])
        #expect(result.counts.values.filter { $0 > 3 }.count == 5, "\(result.counts)")
        for handle in [handles[0], try MigrationState.open(root)] {
            let snapshot = try handle.refs.snapshot()
            for (name, id) in result.written {
                let found = try snapshot.read(RefName(name))?.objectID
                #expect(found == id || found.map { result.unsure[name]?.contains($0) == true } == true, "\(name)")
            }
        }
    }

    private static func write(
        _ thread: Int, _ number: Int, _ repository: Repository, _ ids: [ObjectID], _ seen: borrowing Mutex<Seen>
    ) throws(RefError) {
        // The second writes what belongs to its worktree, too; the third several at once.
        let kinds = thread == 1 ? ["heads", "worktree"] : ["heads", "tags", "odd"]
        let id = ids[number / 15 % 2]
        let names = (0..<(thread == 2 ? 3 : 1)).map {
            "refs/\(kinds[number % kinds.count])/w\(thread)-\(number % 5)-\($0)"
        }
        do throws(RefError) {
            let edits = try names.map { name throws(RefError) in
                guard let name = try? RefName(name) else { throw RefError(.invalid, name) }
                return RefEdit.update(name, to: id)
            }
            try repository.refs.commit(RefTransaction(edits), repository.transactionContext())
        } catch {
            for name in names { seen.withLock { _ = $0.unsure[full(name), default: []].insert(id) } }
            throw error
        }
        for name in names {
            seen.withLock {
                $0.written[full(name)] = id
                $0.unsure[full(name)] = nil
            }
        }
    }

    private static func full(_ name: String) -> String {
        name.hasPrefix("refs/worktree/") ? "worktrees/w/" + name : name
    }

    private static func read(
        _ repository: Repository, _ names: [RefName], _ seen: borrowing Mutex<Seen>
    ) throws(RefError) {
        let snapshot = try repository.refs.snapshot()
        var listed: Set<RefName> = []
        var cursor = try snapshot.cursor(over: .all)
        while let ref = try cursor.next() { listed.insert(ref.refName) }
        for name in names {
            let value = try snapshot.read(name)
            let isStub = value?.target.map { $0.elementsEqual(ReferenceStubs.headTarget) } ?? false
            if value == nil || isStub || !listed.contains(name) {
                seen.withLock {
                    $0.surprises.append("\(name) is \(value.map { "\($0)" } ?? "absent"), listed \(listed.count)")
                }
            }
        }
        let id = try snapshot.objectID(of: .head)
        let hasLog = try repository.refs.reflogs?.exists(names[2])
        if id == nil || hasLog != true {
            seen.withLock { $0.surprises.append("HEAD is \(id.map { "\($0)" } ?? "none"), log \(hasLog == true)") }
        }
    }
}
