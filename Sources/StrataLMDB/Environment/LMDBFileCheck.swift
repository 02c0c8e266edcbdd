import CStrataIO
import StrataIO
import SystemPackage

/// What is looked at before LMDB is given a file: it maps what it is given and follows what stands there.
///
/// Checked are both meta pages, the pages that lead to the records which are read when it is opened, and the roots of the databases; and
/// that all pages which the file does not have are free. What lies deeper is the affair of ``LMDBCheck``.
enum LMDBFileCheck {
    /// - Returns: whether there is anything in the file yet.
    static func check(_ path: FilePath) throws(LMDBFailure) -> Bool {
        guard let file = try LMDBPageFile(path) else { return false }
        // Two commits of another process later the pages may be others.
        for isLast in [false, false, false, true] {
            let metas = try LMDBMetaPage.Pair(file)
            do throws(LMDBFailure) {
                try check(file, metas.latest)
                break
            } catch {
                let isStill = try LMDBMetaPage.Pair(file) == metas
                if isLast || isStill { throw error }
            }
        }
        return true
    }

    private static func check(_ file: LMDBPageFile, _ meta: LMDBMetaPage) throws(LMDBFailure) {
        // Ours has none, as a database of LMDB has that keeps one value a key and compares bytes.
        if meta.main.flags != 0 { throw .foreign }
        let lookup = LMDBLookup(file, meta)
        _ = try lookup.find(LMDBMetadata.key, in: meta.main)
        for name in ["refs", "logs"] {
            guard let found = try lookup.find(Array(name.utf8), in: meta.main) else { continue }
            guard found.isTree, found.value.count == LMDBTree.byteCount else { continue }
            let value = found.value
            try lookup.checkRoot(of: unsafe LMDBTree(value.span.bytes))
        }
        try lookup.checkRoot(of: meta.free)
        // Pages that a transaction took and let go again were never written: the file can end before them.
        let present = UInt64(file.size) / UInt64(meta.pageSize)
        if present > meta.lastPage { return }
        let run = LMDBCheckRun(file, meta)
        run.checkFreeList()
        let missing = (present...meta.lastPage).count
        guard run.report.isSound, missing <= run.free.count, (present...meta.lastPage).allSatisfy(run.free.contains)
        else {
            throw .damaged("it should have \(meta.lastPage + 1) pages and has \(present)")
        }
    }

    /// The kind of the network file system that `directory` is on; nil for one of this machine.
    static func networkFileSystem(_ directory: FilePath) -> String? {
        let kind = unsafe directory.withPlatformString { unsafe strata_filesystem_kind($0) }
        return kind < 0 ? nil : networkFileSystems[UInt32(truncatingIfNeeded: kind)]
    }

    /// Whether there is less room than LMDB writes at once.
    static func isFull(_ directory: FilePath) -> Bool {
        let room = unsafe directory.withPlatformString { unsafe strata_filesystem_room($0) }
        return room >= 0 && room < 64 * 4096
    }

    static let networkFileSystems: [UInt32: String] = [
        0x6969: "nfs", 0xff53_4d42: "cifs", 0xfe53_4d42: "smb2", 0x517b: "smb", 0x0102_1997: "9p", 0x00c3_6400: "ceph",
        0x5346_414f: "afs", 0x6b41_4653: "afs", 0x7375_7245: "coda", 0x0bd0_0bd0: "lustre", 0x564c: "ncp",
        0x0116_1970: "gfs2", 0x7461_636f: "ocfs2", 0x1990_1206: "beegfs", 0x4750_4653: "gpfs",
    ]
}
