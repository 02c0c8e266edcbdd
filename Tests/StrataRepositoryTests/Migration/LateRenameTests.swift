import Glibc
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataRepository

/// Git that is just renaming a lock to its reference when the directory is moved aside: as in the kernel, which has found the directory before. What it is
/// told has been done is in the database.
@Suite struct LateRenameTests {
    @Test func whatWasRenamedIsThere() throws {
        let scratch = try (try? TemporaryDirectory(in: "/dev/shm")) ?? TemporaryDirectory()
        try makeMigrationSeed(in: scratch.path)
        let root = scratch.appending("r")
        let heads = scratch.appending("r/.git/refs/heads/late-ones")
        var random = SplitMix64(seed: 11)
        var (done, failed) = (0, 0)
        // How long it took last time from the moment at which writers are about to be kept waiting.
        var length = 20_000
        for round in 1...24 {
            try git(["update-ref", "refs/heads/late-ones/first", "main~\(round % 2)"], in: root)
            let directory = try FileDescriptor.open(heads, .readOnly, options: .directory)
            defer { try? directory.close() }
            let id = String(repeating: "0", count: 38) + String(round + 16, radix: 16)
            try Disk.replace(heads.appending("x.lock"), with: Array((id + "\n").utf8), durability: .none)
            let (started, result) = (Monitor(false), Monitor<Int32?>(nil))
            let (delay, file) = (UInt32(random.next() % UInt64(length)), directory.rawValue)
            let isRunning = Threads.start {
                _ = started.wait(until: .never) { $0 ? true : nil }
                usleep(delay)
                let status = unsafe renameat(file, "x.lock", file, "x")
                result.change { $0 = status }
            }
            #expect(isRunning)
            var request = RefMigrationRequest(to: .lmdb)
            request.willPause = { started.change { $0 = true } }
            let repository = try MigrationState.open(root)
            let start = ContinuousClock.now
            _ = try repository.migrateReferences(request)
            let microseconds = (ContinuousClock.now - start) / .microseconds(1)
            length = min(max(Int(microseconds), 1000), 1_000_000)
            let status = result.wait(until: .after(milliseconds: 10_000)) { $0 }
            let found = try MigrationState.open(root).refs.snapshot().objectID(of: RefName("refs/heads/late-ones/x"))
            if status == 0 {
                #expect(found?.hex == id, "round \(round)")
                done += 1
            } else {
                #expect(found == nil, "round \(round)")
                failed += 1
            }
            _ = try MigrationState.open(root).migrateReferences(RefMigrationRequest(to: .files))
            try git(["update-ref", "-d", "refs/heads/late-ones/x"], in: root)
        }
        #expect(failed > 0, "\(done) \(failed)")
    }
}
