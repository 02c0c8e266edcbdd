import Glibc
import StrataIO
import SystemPackage
import TestSupport
import Testing

/// Links that run out, and places without links.
@Suite struct PlainLockTests {
    @Test func aFullOwnerFileIsFollowedByAnother() throws {
        let place = try Place()
        let space = place.space(linksPerOwner: 3)
        var locks = try (0..<10).map { try space.acquire(place.root.appending("r\($0)"), until: .now) }
        #expect(try listing(place.spacePath).filter { $0.hasPrefix("owner-") }.count == 4)
        let other = place.space()
        for n in 0..<10 {
            #expect(throws: LockError.self) { _ = try other.acquire(place.root.appending("r\(n)"), until: .now) }
        }
        other.close()
        withExtendedLifetime(locks) {}
        locks.removeAll()
        #expect(try listing(place.spacePath).filter { $0.hasPrefix("owner-") }.count == 1)
        space.close()
        #expect(try place.litter() == [])
    }

    @Test func theFileSystemsLimitOfLinksIsMet() throws {
        let place = try Place()
        let space = place.space()
        let first = try space.acquire(place.root.appending("first"), until: .now)
        let plan = DiskFaults.Plan(under: place.root, operations: [.link], at: 1, .fail(.tooManyLinks))
        let second = try DiskFaults.with(plan) { _ in try space.acquire(place.root.appending("second"), until: .now) }
        #expect(second.isRecoverable)
        #expect(try listing(place.spacePath).filter { $0.hasPrefix("owner-") }.count == 2)
        first.release()
        second.release()
        // Not even one link: a plain lock.
        var all = plan
        all.persistent = true
        let third = try DiskFaults.with(all) { _ in try space.acquire(place.root.appending("third"), until: .now) }
        #expect(!third.isRecoverable)
    }

    /// The kernel's own limit, 65,000 links on ext4, met with real links.
    @Test func moreLinksThanAFileCanHave() throws {
        let place = try Place()
        let space = place.space(linksPerOwner: 1_000_000)
        let first = try space.acquire(place.file, until: .now)
        let owner = place.spacePath.appending(try #require(try listing(place.spacePath).first { $0 != "tmp" })).string
        let many = place.root.appending("many")
        try Disk.mkdir(many)
        let prefix = many.string + "/"
        var made = 0
        while made < 70_000, unsafe link(owner, prefix + String(made)) == 0 { made += 1 }
        if made < 70_000 { #expect(errno == EMLINK) }
        #expect(made > 30_000)
        // Another owner file takes over, and its locks are as good.
        let locks = try (0..<3).map { try space.acquire(place.root.appending("r\($0)"), until: .now) }
        for lock in locks { #expect(lock.isRecoverable) }
        if made < 70_000 { #expect(try listing(place.spacePath).count == 3) }
        for n in 0..<made { unsafe unlink(prefix + String(n)) }
        for lock in locks + [first] { lock.release() }
        space.close()
        #expect(try place.litter() == [])
    }

    @Test(arguments: [Errno.improperLink, .notPermitted, .notSupported])
    func withoutLinksALockIsAsGits(_ errno: Errno) throws {
        let place = try Place()
        try put("old", at: place.file)
        let space = place.space()
        let plan = DiskFaults.Plan(under: place.root, operations: [.link], at: 1, .fail(errno), persistent: true)
        try DiskFaults.with(plan) { _ in
            let lock = try space.acquire(place.file, until: .now)
            #expect(!lock.isRecoverable)
            #expect(try text(place.lockFile) == "")
            // It is not taken over, nor swept, nor taken twice.
            try place.space().sweepDeadOwners()
            let error = #expect(throws: LockError.self) { _ = try place.space().acquire(place.file, until: .now) }
            #expect(error?.holder == .other(pid: nil))
            try lock.stage(Array("a longer first value".utf8))
            try lock.stage(Array("new".utf8), durability: .full)
            #expect(try text(place.lockFile) == "new")
            try lock.commit()
            #expect(try text(place.file) == "new")
            #expect(try text(place.lockFile) == nil)
            let dropped = try space.acquire(place.file, until: .now)
            try dropped.stage(Array("never".utf8))
            dropped.release()
        }
        #expect(try text(place.file) == "new")
        #expect(try listing(place.root) == ["strata", "value"])
    }

    /// A space on one file system, a file on another: the kernel itself says EXDEV.
    @Test func anotherFileSystem() throws {
        let disk = try Place()
        guard let memory = try? Place(in: "/dev/shm"),
            try FileStat.stat(memory.root)?.device != FileStat.stat(disk.root)?.device
        else { return }
        let space = disk.space()
        let lock = try space.acquire(memory.file, until: .now)
        #expect(!lock.isRecoverable)
        try lock.stage(Array("there".utf8))
        try lock.commit()
        #expect(try text(memory.file) == "there")
        #expect(try listing(memory.root) == ["value"])
    }

    @Test func withoutPermissionForADirectoryOfOurs() throws {
        let place = try Place()
        let plan = DiskFaults.Plan(
            under: place.spacePath, operations: [.create, .makeDirectory], at: 1, .fail(.permissionDenied),
            persistent: true)
        try DiskFaults.with(plan) { _ in
            let lock = try place.space().acquire(place.file, until: .now)
            #expect(!lock.isRecoverable)
            try lock.stage([0x61])
            try lock.commit()
        }
        #expect(try text(place.file) == "a")
    }
}
