import StrataIO
import SystemPackage
import TestSupport
import Testing

/// What a lock space does at its beginning and its end.
@Suite struct SpaceLifeTests {
    @Test func theFirstLockSweeps() throws {
        let place = try Place()
        let other = place.root.appending("other")
        try place.leaveDeadLocks([other])
        let space = LockSpace(directory: place.spacePath, sweepsFirst: true)
        try space.acquire(place.file, until: .now).release()
        #expect(try listing(place.root) == ["strata"])
        // Only the first.
        try place.leaveDeadLocks([other])
        try space.acquire(place.file, until: .now).release()
        #expect(try listing(place.root) == ["other.lock", "strata"])
        space.close()
    }

    @Test func aSpaceThatDoesNotSweepLeavesTheLocks() throws {
        let place = try Place()
        try place.leaveDeadLocks([place.root.appending("other")])
        try LockSpace(directory: place.spacePath).acquire(place.file, until: .now).release()
        #expect(try listing(place.root) == ["other.lock", "strata"])
    }

    /// A sweep that fails is not the first lock's fault.
    @Test func theFirstLockIsTakenThoughTheSweepFails() throws {
        let place = try Place()
        let other = place.root.appending("other")
        try place.leaveDeadLocks([other])
        let space = LockSpace(directory: place.spacePath, sweepsFirst: true) { _ in throw Errno.ioError }
        try space.acquire(place.file, until: .now).release()
        #expect(throws: LockError.self) { try space.acquire(other, until: .now) }
    }

    @Test func exitRemovesTheOwnerFile() throws {
        let place = try Place()
        #expect(try run(probe, ["leave", place.spacePath.string, place.file.string, ""]).status == 0)
        #expect(try listing(place.spacePath) == ["tmp"] && place.litter() == [])
    }

    @Test func aLockHeldAtExitIsTakenOver() throws {
        let place = try Place()
        let held = place.root.appending("held")
        #expect(try run(probe, ["leave", place.spacePath.string, place.file.string, held.string]).status == 0)
        #expect(try text(place.root.appending("held.lock")) != nil)
        let space = place.space()
        try space.acquire(held, until: .now).release()
        space.close()
        #expect(try place.litter() == [])
    }
}
