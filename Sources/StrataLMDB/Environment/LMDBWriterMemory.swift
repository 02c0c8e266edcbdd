/// What the write transactions of an environment use one after the other, so that none makes it anew.
///
/// For one write transaction at a time.
final class LMDBWriterMemory {
    let path = LMDBPathCheck()
    let gaps = LMDBGaps()
    /// For values that are put together.
    var buffer: [UInt8] = []
    /// When it was last seen that the environment is where it was opened, by ``monotonicNanoseconds()``; nil = never.
    var placeSeen: Int64?
    /// The commit after which what is known of the references was so.
    private var commit: UInt64 = 0

    /// Before a write transaction, whose number is `transaction`. What was known holds if the last commit of all processes is the one that it is of.
    func begin(_ mapping: LMDBMapping?, transaction: UInt64) {
        if commit == 0 || commit != transaction &- 1 { gaps.forgetAll() }
        commit = 0
        path.begin(mapping, transaction: transaction)
    }

    /// After it was committed: `commit` is its number, or where it has written nothing that of the commit before, for then LMDB gives its number to the
    /// next, anybody's. One that was not committed has left nothing that is so: then this is not to be used again.
    func end(after commit: UInt64) {
        self.commit = commit
        path.end()
        if buffer.capacity > 65_536 { buffer = [] }
    }
}
