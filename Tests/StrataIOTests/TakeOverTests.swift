import CTestSupport
import Glibc
import StrataIO
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Locks whose owners died.
@Suite struct TakeOverTests {
    @Test func aKilledOwnersLockIsTakenAtOnce() throws {
        let place = try Place()
        try place.leaveDeadLocks([place.file])
        #expect(try text(place.lockFile) != nil)
        let space = place.space()
        let spent = try milliseconds { try space.acquire(place.file, until: .now).release() }
        #expect(spent < Double(50 * slack))
        space.close()
        #expect(try place.litter() == [])
    }

    /// The owner dies while somebody waits.
    @Test func aWaiterNoticesTheDeath() throws {
        let place = try Place()
        let child = try place.holder([place.file])
        let pid = child.pid
        let killedAt = Mutex<ContinuousClock.Instant?>(nil)
        let space = place.space()
        let file = place.file
        try concurrently(2) { index in
            if index == 0 {
                usleep(120_000)
                killedAt.withLock { $0 = .now }
                kill(pid, SIGKILL)
            } else {
                let lock = try space.acquire(file, until: .after(milliseconds: 20_000))
                let spent = try #require(killedAt.withLock { $0 }).duration(to: .now)
                #expect(spent < .milliseconds(50 * slack))
                lock.release()
            }
        }
        #expect(child.wait() == 128 + SIGKILL)
    }

    /// Owners that begin while others look for the dead: an owner file that is made and not yet locked looks like a dead one's,
    /// and what its owner writes next must not go with it.
    @Test func sweepersLeaveTheValuesOfThoseWhoBegin() throws {
        let place = try Place()
        let (root, spacePath) = (place.root, place.spacePath)
        try Disk.makeDirectories(spacePath.appending("tmp"))
        let writers = 12
        let atWork = Atomic<Int>(writers)
        try concurrently(writers + 2) { index in
            guard index < writers else {
                while atWork.load(ordering: .relaxed) > 0 {
                    try LockSpace(directory: spacePath).sweepDeadOwners()
                }
                return
            }
            defer { atWork.subtract(1, ordering: .relaxed) }
            let file = root.appending("value\(index)")
            for _ in 0..<120 {
                let space = LockSpace(directory: spacePath)
                let lock = try space.acquire(file, until: .after(milliseconds: 20_000))
                try lock.stage(Array("value".utf8))
                try lock.commit()
                space.close()
            }
        }
        #expect(try place.litter() == [])
    }

    @Test func theOtherLocksStayProtectedUntilRecovered() throws {
        let place = try Place()
        let files = (0..<3).map { place.root.appending("value\($0)") }
        try place.leaveDeadLocks(files)
        let seen = Mutex<[OwnerRecord]>([])
        let locks = files.map { $0.string + ".lock" }
        let space = place.space { owner in
            // Nothing has been let go of yet.
            if seen.withLock({ $0.isEmpty }) {
                for lock in locks where try readFile(FilePath(lock)) == nil { throw Errno.noSuchFileOrDirectory }
            }
            seen.withLock { $0.append(owner) }
        }
        try space.acquire(files[1], until: .now).release()
        #expect(seen.withLock { $0.count } == 1)
        #expect(try text(place.root.appending("value0.lock")) != nil)
        #expect(try space.sweepDeadOwners() == 1)
        #expect(try listing(place.root) == ["strata"])
        space.close()
        #expect(try place.litter() == [])
    }

    @Test func aFailedRecoveryKeepsTheLocks() throws {
        let place = try Place()
        try place.leaveDeadLocks([place.file])
        let broken = place.space { _ in throw Errno.ioError }
        let error = #expect(throws: LockError.self) { _ = try broken.acquire(place.file, until: .never) }
        guard case .notRecovered(_, let owner, let cause)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(owner.pid > 0)
        #expect(cause as? Errno == .ioError)
        #expect(throws: LockError.self) { try broken.sweepDeadOwners() }
        #expect(try text(place.lockFile) != nil)
        try place.space().acquire(place.file, until: .now).release()
    }

    /// Two who find the same dead lock: each gets it, one after the other, never both.
    @Test func twoWaitersForADeadLock() throws {
        let place = try Place()
        let file = place.file
        for _ in 0..<20 {
            try place.leaveDeadLocks([file])
            let inside = Counter()
            let spaces = [place.space(), place.space()]
            try concurrently(2) { index in
                let lock = try spaces[index].acquire(file, until: .after(milliseconds: 10_000))
                let others = inside.add(1)
                usleep(500)
                _ = inside.add(-1)
                lock.release()
                #expect(others == 0)
            }
        }
    }

    /// Processes add to a number; others are killed with the lock in their hands all the while.
    @Test func unlinkAndLinkRace() throws {
        let place = try Place()
        let workers = try (0..<3).map { _ in
            try ChildProcess(probe, ["count", place.spacePath.string, place.file.string, "300"])
        }
        var killed = 0
        for round in 0..<25 {
            let victim = try ChildProcess(probe, ["count", place.spacePath.string, place.file.string, "100000"])
            usleep(useconds_t(3000 + round * 700))
            victim.kill()
            if victim.wait() == 128 + SIGKILL { killed += 1 }
        }
        for worker in workers {
            let result = worker.communicate()
            #expect(result.status == 0, "\(result.outText)")
        }
        #expect(killed == 25)
        // The victims' additions count too; none of the workers' may be missing, so a survivor continues exactly.
        let reached = try #require(try text(place.file).flatMap { Int($0) })
        #expect(reached >= 900)
        let more = try run(probe, ["count", place.spacePath.string, place.file.string, "10"])
        #expect(more.status == 0)
        #expect(try text(place.file) == "\(reached + 10)")
        let space = place.space()
        try space.sweepDeadOwners()
        space.close()
        #expect(try place.litter() == [])
    }

    /// The lock is close-on-exec: a hook that runs on after its starter died does not keep it.
    @Test func aHookThatOutlivesItsStarterKeepsNothing() throws {
        let place = try Place()
        let child = try ChildProcess(
            probe, ["die", place.spacePath.string, place.file.string, "exec sleep 60 >/dev/null 2>&1 </dev/null"])
        let line = try #require(child.readLine())
        let hook = try #require(Int32(line.dropFirst("child ".count)))
        #expect(child.wait() == 128 + SIGKILL)
        #expect(kill(hook, 0) == 0)
        let space = place.space()
        let spent = try milliseconds { try space.acquire(place.file, until: .after(milliseconds: 5000)).release() }
        #expect(spent < Double(50 * slack))
        kill(hook, SIGKILL)
    }

    /// A forked child that runs on without exec keeps the owner alive, and does not release what is its parent's.
    @Test func aForkedChildKeepsTheOwnerAlive() throws {
        let place = try Place()
        let path = place.spacePath
        var sleeper: Int32 = -1
        do {
            let space = LockSpace(directory: path)
            let lock = try space.acquire(place.file, until: .now)
            sleeper = test_fork_sleeper()
            #expect(sleeper > 0)
            lock.release()
            // A link made by hand stands for a lock left behind.
            let owner = try #require(try listing(path).first { $0.hasPrefix("owner-") })
            try Disk.link(path.appending(owner), to: place.lockFile)
        }
        let space = place.space()
        #expect(throws: LockError.self) { _ = try space.acquire(place.file, until: .now) }
        kill(sleeper, SIGKILL)
        var status: Int32 = 0
        unsafe waitpid(sleeper, &status, 0)
        try space.acquire(place.file, until: .now).release()
    }

    /// After a power cut the names may be there and the contents not.
    @Test func anOwnerFileWithoutContentsIsKnownByItsName() throws {
        let place = try Place()
        try place.leaveDeadLocks([place.file])
        let owner = try #require(try listing(place.spacePath).first { $0.hasPrefix("owner-") })
        try Disk.truncate(place.spacePath.appending(owner), to: 0)
        let space = place.space()
        try space.acquire(place.file, until: .now).release()
        space.close()
        #expect(try place.litter() == [])
    }

    /// Records changed at random in the file of a dead owner: taken over, or left as not ours, and never a trap.
    @Test func garbledRecords() throws {
        let place = try Place()
        var random = SplitMix64(seed: 11)
        try place.leaveDeadLocks([place.file])
        let good = try #require(try readFile(place.lockFile))
        // A file of one name, so that its contents alone say whose it is.
        try Disk.unlink(place.lockFile)
        let space = place.space()
        var taken = 0
        for _ in 0..<120 {
            var bytes = good
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
            case 2:
                bytes += (0..<Int.random(in: 1...3000, using: &random)).map { _ in .random(in: 0...255, using: &random)
                }
            default: bytes.swapAt(Int.random(in: 0..<bytes.count, using: &random), 3)
            }
            try Disk.replace(place.lockFile, with: bytes, durability: .none)
            do throws(LockError) {
                try space.acquire(place.file, until: .now).release()
                taken += 1
            } catch {
                #expect(error.holder == .other(pid: nil))
                #expect(try readFile(place.lockFile) == bytes)
                try Disk.unlink(place.lockFile)
            }
        }
        #expect((1..<400).contains(taken))
    }

    @Test func theSweepFindsLocksAnywhereAndLeavesTheRest() throws {
        let place = try Place()
        try Disk.makeDirectories(place.root.appending("refs/heads/a/b"))
        try Disk.makeDirectories(place.root.appending("objects/aa"))
        let files = ["HEAD", "packed-refs", "refs/heads/a/b/c", "refs/heads/x"].map { place.root.appending($0) }
        try place.leaveDeadLocks(files)
        try put("", at: place.root.appending("refs/heads/git.lock"))
        try put("x", at: place.spacePath.appending("tmp/0123456789abcdef-1"))
        let living = try place.holder([place.root.appending("refs/heads/living")])
        let space = place.space()
        #expect(try space.sweepDeadOwners() == 1)
        for file in files {
            #expect(try readFile(file.removingLastComponent().appending("\(file.lastComponent!.string).lock")) == nil)
        }
        #expect(try listing(place.root.appending("refs/heads")) == ["a", "git.lock", "living.lock"])
        #expect(try listing(place.spacePath.appending("tmp")).count == 1)
        living.closeInput()
        #expect(living.wait() == 0)
        #expect(try listing(place.root.appending("refs/heads")) == ["a", "git.lock"])
        #expect(try space.sweepDeadOwners() == 0)
        #expect(try place.litter() == [])
    }

    /// The change is whole or absent wherever the process stops, and the next writer goes on.
    @Test(arguments: ["before", "after"])
    func stoppedAtAnyCall(_ when: String) throws {
        var stops = 0
        for n in 1... {
            let place = try Place()
            try put("old contents\n", at: place.file)
            let result = try run(probe, ["commit", place.spacePath.string, place.file.string, "\(n)", when])
            let now = try text(place.file)
            #expect(now == "old contents\n" || now == "the new contents\n")
            let space = place.space()
            let lock = try space.acquire(place.file, until: .now)
            try lock.stage(Array("next\n".utf8))
            try lock.commit()
            try space.sweepDeadOwners()
            space.close()
            #expect(try place.litter() == [], "stopped \(when) call \(n)")
            #expect(try listing(place.root) == ["strata", "value"])
            if result.status == 0 { break }
            #expect(result.status == 128 + SIGKILL, "\(result.outText)")
            stops += 1
        }
        #expect(stops >= 10)
    }

    /// While another sweeps, a dead owner's file is locked as a living one's.
    @Test func aSweepElsewhereIsWaitedFor() throws {
        let place = try Place()
        let file = place.file
        try place.leaveDeadLocks([file])
        let sweeps = Counter()
        let sweeper = place.space { _ in
            _ = sweeps.add(1)
            usleep(60_000)
        }
        let space = place.space()
        try concurrently(2) { index in
            if index == 0 {
                #expect(try sweeper.sweepDeadOwners() == 1)
            } else {
                while sweeps.add(0) == 0 { usleep(500) }
                // A sweep that a sanitizer watches takes longer than one try has patience for.
                try space.acquire(file, until: isSanitized ? .after(milliseconds: 5000) : .now).release()
            }
        }
    }

    /// A living space stays alive when its owner file cannot be removed.
    @Test func anOwnerFileThatCannotBeRemovedStaysLocked() throws {
        let place = try Place()
        let space = place.space()
        try space.acquire(place.file, until: .now).release()
        let plan = DiskFaults.Plan(
            under: place.spacePath, operations: [.unlink], at: 1, .fail(.ioError), persistent: true)
        DiskFaults.with(plan) { _ in space.close() }
        #expect(try place.space().sweepDeadOwners() == 0)
        #expect(try place.litter().count == 1)
        let lock = try space.acquire(place.file, until: .now)
        #expect(try place.litter().count == 2)
        lock.release()
        space.close()
        #expect(try place.litter() == [])
    }

    /// Values belong to all files of an owner.
    @Test func valuesStayWhileAnotherFileOfTheOwnerDoes() throws {
        let place = try Place()
        let living = place.space(linksPerOwner: 1)
        let locks = try ["a", "b"].map { try living.acquire(place.root.appending($0), until: .now) }
        try locks[0].stage([1])
        let owners = try listing(place.spacePath).filter { $0.hasPrefix("owner-") }
        #expect(owners.count == 2)
        // A file of the owner that nobody has locked stands for one whose lock was lost.
        let record = try #require(try readFile(place.spacePath.appending(owners[0])))
        let lost = String(owners[0].dropLast()) + "7"
        try put(String(decoding: record, as: UTF8.self), at: place.spacePath.appending(lost))
        #expect(try place.space().sweepDeadOwners() == 1)
        try locks[0].commit()
        #expect(try readFile(place.root.appending("a")) == [1])
    }
}
