/// The meta pages: which of them is the last says where everything is.
extension LMDBCheckRun {
    func checkMetas(_ metas: LMDBMetaPage.Pair) {
        let (latest, other) = (metas.latest, metas.other)
        for (index, page) in [metas.first, metas.second].enumerated() {
            let index = UInt64(index)
            if page.number != index { report.add(.damage, page: index, "it says it is another") }
            if page.flags != LMDBMetaPage.flag { report.add(.damage, page: index, "its flags are \(page.flags)") }
            // Commits write them in turn.
            if page.transaction != 0, page.transaction % 2 != index {
                report.add(
                    .damage, page: index,
                    "it is of transaction \(page.transaction), which belongs in the other meta page")
            }
        }
        if latest.transaction != 0, latest.transaction - other.transaction != 1 {
            report.add(.damage, "the meta pages are of transactions \(other.transaction) and \(latest.transaction)")
        }
        if other.lastPage > latest.lastPage {
            report.add(
                .damage,
                "transaction \(other.transaction) had \(other.lastPage + 1) pages, the next \(latest.lastPage + 1)")
        }
        if latest.mapSize < (latest.lastPage + 1) * UInt64(latest.pageSize) {
            report.add(.warning, "it is said to have \(latest.mapSize) bytes at most, and has more")
        }
    }

    /// Looks whether the state before the last commit is what it says it is. Nothing must have been committed since, or it may have gone.
    ///
    /// It need not be: a commit that failed at its meta page has left its roots there, and one that was made without syncing the meta page before
    /// has written over it when the power went. Nobody reads it then. Or it is the last state in truth, and its number was changed.
    func checkFormerState(_ metas: LMDBMetaPage.Pair) {
        let other = metas.other
        do throws(LMDBFailure) {
            let key = try LMDBLookup(file, other).lastKey(of: other.free)
            let transaction = key.map { $0.count == 8 ? $0.native(at: 0, as: UInt64.self) : 0 } ?? 0
            if transaction != other.transaction, other.transaction > 1 || transaction > 0 {
                report.add(
                    .warning, "the state of transaction \(other.transaction) knows of transaction \(transaction)")
            }
        } catch {
            report.add(.warning, "the state before the last commit: \(error)")
        }
    }
}
