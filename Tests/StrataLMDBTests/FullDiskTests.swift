import Glibc
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataLMDB

/// A database on a disk that gets full, wherever in a write that is: an error that says so, nothing lost, and no process ended by a touch of a page that the
/// disk has no room for. Needs root, who can have a small disk.
@Suite(.serialized, .enabled(if: SmallDisk.isPossible, "no root, or no right to mount: there is no small disk"))
struct FullDiskTests {
    /// As root has no less room than others on it, in pages of 4 KiB.
    private static let full = "\(LMDBFailure.diskFull)"

    @Test func commitsFailAndGoOn() throws {
        let disk = try SmallDisk(pages: 800)
        for free in Array(0..<10) + [20, 40, 70, 90] {
            let lmdb = disk.path.appending("lmdb-\(free)")
            #expect(try LimitTests.use(lmdb, as: 0, "create") == "done")
            let before = try latest(lmdb)
            try disk.fill(leaving: free)
            // A value of 80 pages, beside those of the tree, in a few writes.
            let said = try LimitTests.use(lmdb, as: 0, "write", bytes: 80 * 4096)
            #expect(said == (free < 80 ? Self.full : "done"), "\(free) pages free")
            #expect(try LMDBCheck.check(lmdb).isSound, "\(free) pages free")
            try disk.empty()
            if said == Self.full { #expect(try latest(lmdb) == before, "\(free) pages free") }
            #expect(try LimitTests.use(lmdb, as: 0, "write", bytes: 80 * 4096) == "done")
            #expect(try LMDBCheck.check(lmdb).findings.isEmpty, "\(free) pages free")
            removeTree(lmdb)
        }
    }

    /// Nor is anything left that would be taken for a database.
    @Test func noneIsMade() throws {
        let disk = try SmallDisk(pages: 400)
        for free in 0..<20 {
            let lmdb = disk.path.appending("lmdb-\(free)")
            try disk.fill(leaving: free)
            let said = try LimitTests.use(lmdb, as: 0, "create")
            if free < 6 { #expect(said == Self.full, "\(free) pages free") }
            #expect(said == "done" || said == Self.full, "\(free) pages free")
            try disk.empty()
            let again = try LimitTests.use(lmdb, as: 0, "create")
            #expect(again == "done", "\(free) pages free: \(said), \(again)")
            #expect(try LMDBCheck.check(lmdb).findings.isEmpty)
        }
    }

    /// A lock table that has to be made, for a database that has none, needs room as well.
    @Test func readersAreTold() throws {
        let disk = try SmallDisk(pages: 400)
        let lmdb = disk.path.appending("lmdb")
        #expect(try LimitTests.use(lmdb, as: 0, "create") == "done")
        try Disk.unlink(lmdb.appending("lock.mdb"))
        try disk.fill(leaving: 0)
        #expect(try LimitTests.use(lmdb, as: 0, "read") == Self.full)
        try disk.empty()
        #expect(try LimitTests.use(lmdb, as: 0, "read") == "done")
        try disk.fill(leaving: 0)
        #expect(try LimitTests.use(lmdb, as: 0, "read") == "done")
        // More readers than fit into the page that the head of the table is in.
        let holder = try ChildProcess(productPath("StrataProbe"), ["snapshots", lmdb.string, "4096", "200"])
        #expect(holder.readLine() == "held")
        holder.kill()
        #expect(holder.wait() == 128 + SIGKILL)
    }

    /// What the last commit says of where everything is.
    private func latest(_ lmdb: FilePath) throws -> [UInt8] {
        let bytes = try #require(try readFile(lmdb.appending("data.mdb")))
        func transaction(_ start: Int) -> UInt64 { bytes.native(at: start + 144) }
        let start = transaction(4096) > transaction(0) ? 4096 : 0
        return Array(bytes[start..<start + 152])
    }
}

/// A file system of some pages in memory, which goes with the object.
final class SmallDisk {
    private let directory: TemporaryDirectory
    var path: FilePath { directory.path }

    init(pages: Int) throws {
        directory = try TemporaryDirectory()
        _ = try output("mount", ["-t", "tmpfs", "-o", "size=\(pages * 4)k", "tmpfs", directory.path.string])
    }

    deinit { _ = try? output("umount", ["-l", directory.path.string]) }

    static let isPossible: Bool = {
        guard geteuid() == 0 else { return false }
        return (try? SmallDisk(pages: 10)) != nil
    }()

    /// Takes all room but that of some pages.
    func fill(leaving pages: Int) throws {
        let filler = path.appending("filler")
        let descriptor = try FileDescriptor.open(
            filler, .writeOnly, options: [.create, .append], permissions: .ownerReadWrite)
        try descriptor.closeAfter {
            let page = [UInt8](repeating: 1, count: 4096)
            while (try? descriptor.writeAll(page)) != nil {}
        }
        let size = try #require(try FileStat.stat(filler)?.size)
        try Disk.truncate(filler, to: max(0, Int(size) - pages * 4096))
    }

    func empty() throws { try Disk.unlinkIfPresent(path.appending("filler")) }
}
