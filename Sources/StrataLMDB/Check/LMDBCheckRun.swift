import StrataModel
import StrataRefs

/// The check of one state of an environment, which must stand still meanwhile. For one thread.
@safe
final class LMDBCheckRun {
    /// LMDB's cursors go no deeper.
    static let depthLimit = 32

    let file: LMDBPageFile
    let meta: LMDBMetaPage
    var report = LMDBCheckReport()
    /// Asked now and then; true ends the check, whose findings are then worth nothing.
    var isOver: () -> Bool = { false }
    var progress: LMDBCheck.Progress = { _, _ in }
    /// Told of each record of the named databases that is reached.
    var visit: ((_ database: String, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void)?

    var reached = LMDBPageSet()
    /// What the free list has.
    var free = LMDBPageSet()
    /// A page for each level of a tree.
    var levels: [LMDBPage] = []
    private(set) var hasEnded = false
    private var steps = 0

    /// What the records are read by; nil = they are not.
    var metadata: LMDBMetadata?
    /// The ids of worktrees by their numbers.
    var worktrees: [UInt32: [UInt8]] = [:]
    /// The numbers of the reflogs that references have.
    var logs: Set<UInt64> = []

    init(_ file: LMDBPageFile, _ meta: LMDBMetaPage) {
        self.file = file
        self.meta = meta
        report.transaction = meta.transaction
        report.fileSize = file.size
        report.pageSize = meta.pageSize
    }

    /// Checks all.
    func check() {
        checkFreeList()
        let trees = checkMain()
        if let refs = trees.refs { checkRefs(refs) }
        if let logs = trees.logs { checkLogs(logs) }
        countPages()
    }

    /// Called for each page; true = stop.
    func ends() -> Bool {
        steps += 1
        if !hasEnded, steps % 256 == 0 {
            hasEnded = isOver()
            progress(reached.count + 2, meta.lastPage + 1)
        }
        return hasEnded
    }

    /// Counts pages as used.
    ///
    /// - Returns: whether nobody uses them otherwise.
    func reach(_ pages: Range<UInt64>) -> Bool {
        if let known = reached.insert(pages) {
            report.add(.damage, page: known, "it is used twice")
            return false
        }
        let freed = pages.first(where: free.contains)
        if let freed { report.add(.damage, page: freed, "it is used and in the free list") }
        return true
    }

    private func countPages() {
        report.usedPages = reached.count + 2
        report.freePages = free.count
        let all = meta.lastPage + 1
        guard report.isSound, all > report.usedPages + report.freePages else { return }
        report.lostPages = all - report.usedPages - report.freePages
        let some = (2...meta.lastPage).lazy.filter { !self.reached.contains($0) && !self.free.contains($0) }.prefix(8)
        let names = some.map { String($0) }.joined(separator: ", ")
        let rest = report.lostPages > 8 ? ", …" : ""
        report.add(.warning, "\(report.lostPages) pages are neither used nor free: \(names)\(rest)")
    }
}
