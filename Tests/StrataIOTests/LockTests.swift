import CTestSupport
import Glibc
import StrataIO
import SystemPackage
import TestSupport
import Testing

/// Locks within one process, and beside git's.
@Suite struct LockTests {
    @Test func aLockIsGitsAndGoesAway() throws {
        let place = try Place()
        let space = place.space()
        let lock = try space.acquire(place.file, until: .now)
        #expect(lock.isRecoverable)
        #expect(try text(place.lockFile)?.hasPrefix("strata-lock 1\nid ") == true)
        try lock.stage(Array("new\n".utf8))
        #expect(try listing(place.root) == ["strata", "value.lock"])
        #expect(try text(place.file) == nil)
        try lock.commit()
        #expect(try text(place.file) == "new\n")
        #expect(try listing(place.root) == ["strata", "value"])
        #expect(!lock.isHeld)
        lock.release()
        space.close()
        #expect(try place.litter() == [])
    }

    @Test func whatIsNotCommittedIsGivenUp() throws {
        let place = try Place()
        try put("old\n", at: place.file)
        let space = place.space()
        do {
            let lock = try space.acquire(place.file, until: .now)
            try lock.stage(Array("new\n".utf8))
            let sink = try lock.stageWriter()
            try sink.write("newer\n")
        }
        #expect(try text(place.file) == "old\n")
        #expect(try listing(place.root) == ["strata", "value"])
        #expect(try listing(place.spacePath.appending("tmp")) == [])
        let lock = try space.acquire(place.file, until: .now)
        let sink = try lock.stageWriter(durability: .data)
        try sink.write("newer\n")
        try lock.commit()
        #expect(try text(place.file) == "newer\n")
    }

    /// Also through another object of the same process: the kernel's lock belongs to the open file description.
    @Test func aLivingOwnersLockIsNeverBroken() throws {
        let place = try Place()
        let (first, second) = (place.space(), place.space())
        let lock = try first.acquire(place.file, until: .now)
        for space in [first, second] {
            let spent = milliseconds {
                let error = #expect(throws: LockError.self) {
                    _ = try space.acquire(place.file, until: .after(milliseconds: 60))
                }
                guard case .strata(let owner)? = error?.holder else {
                    Issue.record("no holder")
                    return
                }
                #expect(owner.pid == getpid())
                #expect(
                    error?.description
                        == "Unable to create '\(place.lockFile.string)': File exists. It is held by \(error?.holder?.description ?? "")."
                )
            }
            #expect(spent >= 59)
            try space.sweepDeadOwners()
        }
        #expect(try text(place.lockFile) != nil)
        try lock.stage([0x61])
        try lock.commit()
        try second.acquire(place.file, until: .now).release()
    }

    @Test func gitsLockIsWaitedForAndNeverBroken() throws {
        let place = try Place()
        let space = place.space()
        try put("", at: place.lockFile)
        try put("pid 4711\n", at: place.root.appending("value~pid.lock"))
        for deadline in [Deadline.now, .after(milliseconds: 0), .after(milliseconds: 30)] {
            let error = #expect(throws: LockError.self) { _ = try space.acquire(place.file, until: deadline) }
            #expect(error?.holder == .other(pid: 4711))
        }
        try space.sweepDeadOwners()
        #expect(try text(place.lockFile) == "")
        // Contents that look a little like ours, another kind of file, a dangling link: still not ours.
        for contents in ["strata-lock 1\n", "strata-lock 1\nid x\n", "strata-lock 2\nid 0123456789abcdef\n"] {
            try put(contents, at: place.lockFile)
            #expect(throws: LockError.self) { _ = try space.acquire(place.file, until: .now) }
            #expect(try text(place.lockFile) == contents)
        }
        try Disk.unlink(place.lockFile)
        try Disk.symlink("nowhere", at: place.lockFile)
        #expect(throws: LockError.self) { _ = try space.acquire(place.file, until: .now) }
        try Disk.unlink(place.lockFile)
        try Disk.mkdir(place.lockFile)
        #expect(throws: LockError.self) { _ = try space.acquire(place.file, until: .now) }
        try Disk.rmdir(place.lockFile)
        try makeFIFO(place.lockFile)
        #expect(throws: LockError.self) { _ = try space.acquire(place.file, until: .now) }
        // Released by git while we wait.
        let lockFile = place.lockFile
        let file = place.file
        try concurrently(2) { index in
            if index == 0 {
                usleep(40_000)
                try Disk.unlink(lockFile)
            } else {
                try space.acquire(file, until: .after(milliseconds: 10_000)).release()
            }
        }
    }

    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func gitIsKeptOutByOurs() throws {
        let place = try Place()
        try git(["init", "-q", "--ref-format=files", "."], in: place.root)
        try git(["commit", "-q", "--allow-empty", "-m", "one"], in: place.root)
        let gitDirectory = place.root.appending(".git")
        let space = LockSpace(directory: gitDirectory.appending("strata"))
        let lock = try space.acquire(gitDirectory.appending("refs/heads/topic"), until: .now)
        let refused = try run(
            gitPath, ["update-ref", "refs/heads/topic", "HEAD"], environment: gitEnvironment, directory: place.root)
        #expect(refused.status == 128)
        #expect(refused.errText.contains("refs/heads/topic.lock': File exists"))
        try lock.stage(Array((try git(["rev-parse", "HEAD"], in: place.root) + "\n").utf8))
        try lock.commit()
        #expect(try git(["rev-parse", "topic"], in: place.root) == git(["rev-parse", "HEAD"], in: place.root))
        try git(["update-ref", "-d", "refs/heads/topic"], in: place.root)
    }

    @Test func whatIsInTheWayIsSaid() throws {
        let place = try Place()
        let space = place.space()
        let error = #expect(throws: LockError.self) {
            _ = try space.acquire(place.root.appending("no/such/value"), until: .never)
        }
        #expect(error?.errno == .noSuchFileOrDirectory)
        let name = place.root.appending("no/such/value.lock").string
        #expect(error?.description == "Unable to create '\(name)': No such file or directory")
    }

    /// A lock that somebody removed by hand, and that somebody else has now, is not committed nor removed.
    @Test func aLockRemovedByHandIsLost() throws {
        let place = try Place()
        let (first, second) = (place.space(), place.space())
        try put("old", at: place.file)
        let lock = try first.acquire(place.file, until: .now)
        try lock.stage(Array("lost".utf8))
        try Disk.unlink(place.lockFile)
        let other = try second.acquire(place.file, until: .now)
        let error = #expect(throws: FileError.self) { try lock.commit() }
        #expect(error?.errno == .noLocks)
        lock.release()
        #expect(try text(place.lockFile) != nil)
        #expect(try text(place.file) == "old")
        try other.stage(Array("kept".utf8))
        try other.commit()
        #expect(try text(place.file) == "kept")
    }

    /// Removing the whole directory of the space costs a new owner file, nothing else.
    @Test func theOwnersDirectoryMayDisappear() throws {
        let place = try Place()
        let space = place.space()
        let lock = try space.acquire(place.file, until: .now)
        removeTree(place.spacePath)
        let second = try space.acquire(place.root.appending("second"), until: .now)
        try second.stage([0x32])
        try second.commit()
        try lock.stage([0x31])
        try lock.commit()
        #expect(try text(place.file) == "1")
        space.close()
        #expect(try place.litter() == [])
    }

    /// Threads of one process and several objects add to one number.
    @Test func aNumberIsNeverLost() throws {
        let place = try Place()
        let spaces = [place.space(), place.space(linksPerOwner: 1)]
        let file = place.file
        try concurrently(4) { worker in
            for _ in 0..<150 {
                let lock = try spaces[worker % 2].acquire(file, until: .after(milliseconds: 60_000))
                let old = try text(file).flatMap { Int($0) } ?? 0
                try lock.stage(Array("\(old + 1)".utf8))
                try lock.commit()
            }
        }
        #expect(try text(place.file) == "600")
        for space in spaces { space.close() }
        #expect(try place.litter() == [])
    }
}
