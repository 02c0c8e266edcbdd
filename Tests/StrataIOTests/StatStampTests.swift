import Glibc
import StrataIO
import SystemPackage
import TestSupport
import Testing

@Suite struct StatStampTests {
    @Test func changesShow() throws {
        let place = try Place()
        let absent = try StatStamp.of(place.file)
        #expect(absent.isAbsent && !absent.isRacy)
        #expect(try StatStamp.of(place.file).provesUnchanged(since: absent))
        try put("one", at: place.file)
        usleep(60_000)
        let old = try StatStamp.of(place.file)
        #expect(old != absent)
        #expect(!old.isRacy)
        #expect(try StatStamp.of(place.file).provesUnchanged(since: old))
        // The same size, in place.
        let fd = try Disk.create(place.file, exclusive: false)
        try Disk.write(Array("two".utf8), to: fd, at: place.file)
        #expect(try StatStamp.of(fd, at: place.file) == StatStamp.of(place.file))
        try Disk.close(fd, at: place.file)
        #expect(try !StatStamp.of(place.file).provesUnchanged(since: old))
    }

    /// Whatever happens within a tick of the kernel's clock: a stamp that claims to prove does not lie.
    @Test func racyStampsProveNothing() throws {
        let place = try Place()
        let fd = try Disk.create(place.file)
        var lies = 0
        for n in 0..<3000 {
            let before = try StatStamp.of(place.file)
            // Written in place, always one byte: only the times can tell.
            _ = lseek(fd.rawValue, 0, SEEK_SET)
            try Disk.write([UInt8(truncatingIfNeeded: n)], to: fd, at: place.file)
            let after = try StatStamp.of(place.file)
            if after.provesUnchanged(since: before) { lies += 1 }
            if n % 500 == 0 { usleep(30_000) }
        }
        try fd.close()
        #expect(lies == 0)
    }

    @Test func theRule() throws {
        func stamp(modified: Int64, changed: Int64, at: Int64) throws -> StatStamp {
            var stat = try #require(try FileStat.stat("/"))
            stat.modified = modified
            stat.changed = changed
            return StatStamp(stat, takenAt: at)
        }
        let t: Int64 = 1_700_000_000_123_456_789
        #expect(try stamp(modified: t, changed: t, at: t).isRacy)
        #expect(try stamp(modified: t, changed: t, at: t + 19_000_000).isRacy)
        #expect(try !stamp(modified: t, changed: t, at: t + 21_000_000).isRacy)
        // Either time counts; the future is racy.
        #expect(try stamp(modified: 1, changed: t, at: t + 1).isRacy)
        #expect(try stamp(modified: t + 1_000_000_000_000, changed: 1, at: t).isRacy)
        // Whole seconds in both: a file system that has no more.
        let second: Int64 = 1_700_000_000_000_000_000
        #expect(try stamp(modified: second, changed: second, at: second + 1_500_000_000).isRacy)
        #expect(try !stamp(modified: second, changed: second, at: second + 2_500_000_000).isRacy)
    }
}
