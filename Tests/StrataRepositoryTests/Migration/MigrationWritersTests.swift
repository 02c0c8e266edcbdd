import Glibc
import StrataModel
import StrataRefs
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import StrataRepository

/// Git, `strata` and an open repository go on writing while the references are moved there and back: what was acknowledged is there.
@Suite struct MigrationWritersTests {
    @Test func nothingAcknowledgedIsLost() throws {
        let scratch = try (try? TemporaryDirectory(in: "/dev/shm")) ?? TemporaryDirectory()
        try makeMigrationSeed(in: scratch.path)
        let root = scratch.appending("r")
        let ids = try ["HEAD", "HEAD~1"].map { try git(["rev-parse", $0], in: root) }
        let written = Mutex<[String: String]>([:])
        let counts = Mutex<[Int: Int]>([:])
        let isOver = Atomic<Bool>(false)
        try concurrently(5) { writer in
            if writer == 4 {
                defer { isOver.store(true, ordering: .relaxed) }
                for round in 0..<6 {
                    usleep(150_000)
                    var request = RefMigrationRequest(to: round % 2 == 0 ? .lmdb : .files)
                    request.lockTimeout = -1
                    _ = try MigrationState.open(root).migrateReferences(request)
                }
                usleep(150_000)
                return
            }
            var number = 0
            var repository: Repository?
            while !isOver.load(ordering: .relaxed) {
                number += 1
                let kind = ["heads", "tags", "notes", "odd"][number % 4]
                let name = "refs/\(kind)/w\(writer)-\(number % 25)"
                let id = ids[number / 25 % 2]
                let isDone: Bool
                if writer == 3 {
                    if repository == nil { repository = try? MigrationState.open(root) }
                    let edit = RefEdit.update(try RefName(name), to: try #require(ObjectID(hex: id)))
                    isDone = (try? repository?.refs.commit(RefTransaction([edit]))) != nil
                    if !isDone { repository = nil }
                } else {
                    let program = writer == 2 ? productPath("strata") : gitPath
                    isDone =
                        try run(
                            program, ["update-ref", name, id], environment: gitEnvironment, directory: root
                        ).status == 0
                }
                guard isDone else { continue }
                written.withLock { $0[name] = id }
                counts.withLock { $0[writer, default: 0] += 1 }
            }
        }
        let listed = try git(["for-each-ref", "--format=%(refname) %(objectname)"], in: root)
        let found = Dictionary(
            uniqueKeysWithValues: listed.split(separator: "\n").map { line in
                let words = line.split(separator: " ").map(String.init)
                return (words[0], words[1])
            })
        for (name, id) in written.withLock({ $0 }) { #expect(found[name] == id, "\(name)") }
        // All of them came through.
        #expect(counts.withLock { $0.values.filter { $0 > 3 }.count } == 4)
    }
}
