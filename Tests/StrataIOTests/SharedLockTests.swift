import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import StrataIO

/// The lock that is a word in a mapped file: one has it at a time, of all objects and processes, and nobody takes it along who dies.
@Suite struct SharedLockTests {
    private let directory: TemporaryDirectory
    private var path: FilePath { directory.appending("lock") }

    init() throws { directory = try TemporaryDirectory() }

    private func lock() throws -> SharedLock {
        try SharedLock(path, sharing: .umask, record: OwnerRecord(id: randomHex(), number: 0))
    }

    @Test func oneHasItAtATime() throws {
        let all = try (0..<40).map { _ in try lock() }
        for round in 0..<120 {
            let (one, other) = (all[round % 40], all[(round * 7 + 1) % 40])
            #expect(try one.take())
            #expect(try !other.take())
            #expect(one.holder()?.pid == getpid())
            // It is not the other's to let go.
            other.letGo()
            #expect(try !other.take())
            one.letGo()
            #expect(one.holder() == nil)
        }
    }

    @Test func itGoesWithItsObject() throws {
        let other = try lock()
        for _ in 0..<5 {
            do {
                let one = try lock()
                #expect(try one.take())
                #expect(try !other.take())
            }
            #expect(try other.take())
            other.letGo()
        }
        // Who comes to the seat of one that had it does not have it.
        do { #expect(try lock().take()) }
        let next = try lock()
        #expect(next.holder() == nil)
        #expect(try other.take())
    }

    /// Whatever the file holds, it is nobody's.
    @Test func aFileWithAnythingInItIsNoObstacle() throws {
        var random = SplitMix64(seed: 3)
        for round in 0..<60 {
            let count = [0, 1, 63, 64, 70, 72, 4095, 4096, 6000][round % 9]
            var bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            if count > 72 { for at in 64..<66 where round % 2 == 0 { bytes[at] = at == 64 ? UInt8(round % 5) : 0 } }
            try Disk.replace(path, with: bytes, durability: .none)
            let (one, other) = (try lock(), try lock())
            #expect(try one.take(), "round \(round)")
            #expect(try !other.take())
            one.letGo()
            #expect(try other.take())
            #expect(try FileStat.stat(path)?.size ?? 0 >= 4096)
        }
    }

    @Test func aFileThatIsCutShortIsAnError() throws {
        let (one, other) = (try lock(), try lock())
        #expect(try one.take())
        try Disk.truncate(path, to: 0)
        #expect(throws: FileError(.map, path, .ioError)) { try one.take() }
        one.letGo()
        let next = try lock()
        #expect(try next.take())
        // Either it has noticed, or it has the page that there is now.
        let took = try? other.take()
        #expect(took != true)
    }

    /// Its page stays where only a part of the file goes. Who has it then may not be seen, but once all have let it go it is as before.
    @Test(arguments: [1, 63, 64, 70, 72, 4095]) func aFileThatIsCutToAPartGoesOn(_ size: Int) throws {
        let (one, other) = (try lock(), try lock())
        #expect(try one.take())
        try Disk.truncate(path, to: size)
        _ = try other.take()
        let next = try lock()
        #expect(try FileStat.stat(path)?.size ?? 0 >= 4096)
        _ = try next.take()
        for lock in [one, other, next] { lock.letGo() }
        for lock in [one, other, next] {
            #expect(try lock.take())
            for other in [one, other, next] where other !== lock { #expect(try !other.take()) }
            lock.letGo()
        }
    }

    @Test(arguments: [FileOperation.create, .truncate, .open, .map])
    func whatFailsAtOpeningIsAnError(_ operation: FileOperation) throws {
        let plan = DiskFaults.Plan(under: path, operations: [operation], at: 1, .fail(.noSpace))
        #expect(throws: FileError(operation, path, .noSpace)) { try DiskFaults.with(plan) { _ in try lock() } }
        #expect(try lock().take())
    }

    /// Where the file system maps nothing for sharing there is no such lock.
    @Test func withoutSharedMemoryThereIsNone() throws {
        let plan = DiskFaults.Plan(under: path, operations: [.map], at: 1, .fail(.invalidArgument))
        #expect(throws: FileError(.map, path, .notSupported)) {
            try DiskFaults.with(plan) { _ in try lock().take() }
        }
    }

    // MARK: Processes

    private func files() throws -> [String] {
        let (witness, number) = (directory.appending("witness"), directory.appending("number"))
        try Disk.replace(witness, with: [], durability: .none)
        try Disk.replace(number, with: [UInt8](repeating: 0, count: 8), durability: .none)
        return [path, witness, number].map(\.string)
    }

    private func number() throws -> UInt64 {
        let bytes = try #require(try readFile(directory.appending("number")))
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    @Test func processesTakeTurns() throws {
        let words = try files()
        let all = try (0..<5).map { _ in try ChildProcess(probe, ["turns"] + words + ["4000"]) }
        for one in all {
            let result = one.communicate()
            #expect(result.status == 0, "\(result.lines)")
        }
        #expect(try number() == 20_000)
    }

    /// Processes that are killed anywhere, and others in their place: none waits for a dead one, and never are there two.
    @Test func theKilledAreNotWaitedFor() throws {
        let words = try files()
        var random = SplitMix64(seed: 9)
        var all = try (0..<4).map { _ in try ChildProcess(probe, ["turns"] + words + ["1000000000"]) }
        let end = ContinuousClock.now + .seconds(3)
        var killed = 0
        while ContinuousClock.now < end {
            usleep(UInt32(random.next() % 8000))
            let index = Int(random.next() % 4)
            all[index].kill()
            #expect(all[index].wait() == 128 + SIGKILL, "\(all[index].communicate().lines.suffix(1))")
            killed += 1
            all[index] = try ChildProcess(probe, ["turns"] + words + ["1000000000"])
        }
        let before = try number()
        for one in all {
            one.kill()
            _ = one.wait()
        }
        #expect(killed > 20 && before > 1000, "\(killed) \(before)")
        #expect(try lock().take())
    }

    @Test func itIsSaidWhoHasIt() throws {
        let child = try ChildProcess(probe, ["turns"] + files() + ["0"])
        #expect(child.readLine() == "inside \(child.pid)")
        let one = try lock()
        #expect(try !one.take())
        #expect(one.holder()?.pid == child.pid)
        child.kill()
        _ = child.wait()
        #expect(try one.take())
        #expect(one.holder()?.pid == getpid())
    }
}
