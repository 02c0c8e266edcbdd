import CLMDB
import Glibc
import StrataRefs
import SystemPackage

/// Who reads an environment, in all processes, and what that costs.
struct LMDBReaders {
    /// The process of each read transaction, and the number of the transaction whose state it looks at.
    private var all: [(process: Substring, transaction: UInt64)] = []

    /// From the lock table, of which LMDB gives only a text: a line for each place in it, with a `-` where no transaction is.
    init(_ environment: OpaquePointer) {
        unsafe withUnsafeMutablePointer(to: &all) { all in
            _ = unsafe mdb_reader_list(
                environment,
                { line, context in
                    typealias Readers = [(process: Substring, transaction: UInt64)]
                    guard let line = unsafe line, let all = unsafe context?.assumingMemoryBound(to: Readers.self) else {
                        return 0
                    }
                    let words = unsafe String(cString: line).split { $0 == " " || $0 == "\n" }
                    if words.count == 3, let number = UInt64(words[2]) {
                        unsafe all.pointee.append((words[0], number))
                    }
                    return 0
                }, all)
        }
    }

    func status(at last: UInt64, keptPages: Int) -> LMDBStatus.Readers {
        var status = LMDBStatus.Readers()
        (status.count, status.keptPages) = (all.count, keptPages)
        status.processes = Set(all.map(\.process)).count
        status.behind = oldest.map { last > $0 ? last - $0 : 0 } ?? 0
        return status
    }

    /// The number of the oldest state that somebody reads; nil = nobody reads.
    var oldest: UInt64? { all.map(\.transaction).min() }
}

extension LMDBEnvironment {
    /// The readers, the size of a page, and how many pages there are and how many of them are not in use.
    func readersStatus() throws(RefError) -> (
        status: LMDBStatus.Readers, pageSize: Int, pages: Int, freePages: Int
    ) {
        let (readers, pages, pageSize) = try using { handle throws(RefError) in
            var (info, stat) = unsafe (MDB_envinfo(), MDB_stat())
            try check(unsafe mdb_env_info(handle.environment, &info))
            try check(unsafe mdb_env_stat(handle.environment, &stat))
            return unsafe (LMDBReaders(handle.environment), Int(info.me_last_pgno) + 1, Int(stat.ms_psize))
        }
        let transaction = try read()
        defer { withExtendedLifetime(transaction) {} }
        var (kept, free) = (0, 0)
        // Database 0 is the free list: for each transaction the pages that it let go, their count first.
        let walk = try LMDBRecordWalk(transaction, 0)
        var found = unsafe try walk.move(MDB_FIRST)
        while let record = unsafe found {
            if unsafe record.key_count == 8, unsafe record.value_count >= 8 {
                let number = unsafe UnsafeRawPointer(record.key).loadUnaligned(as: UInt64.self)
                let count = unsafe UnsafeRawPointer(record.value).loadUnaligned(as: UInt64.self)
                // No more than the list has room for.
                let pages = unsafe min(Int(clamping: count), record.value_count / 8 - 1)
                free += pages
                if let oldest = readers.oldest, number >= oldest { kept += pages }
            }
            unsafe found = unsafe try walk.move(MDB_NEXT)
        }
        let status = readers.status(at: transaction.id, keptPages: kept)
        return (status, pageSize, pages, free)
    }
}
