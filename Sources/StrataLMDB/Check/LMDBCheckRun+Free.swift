/// The free list: for each transaction the pages that it let go, their count first and then the greatest first.
extension LMDBCheckRun {
    /// What an environment of LMDB says of how it is opened, in the flags of its free list.
    private static let environmentFlags: UInt16 = 0x4001

    func checkFreeList() {
        let kind = TreeKind(name: "free list", hasIntegerKeys: true, flags: 0x08, otherFlags: Self.environmentFlags)
        var last: UInt64 = 0
        unsafe walk(meta.free, kind) { record in
            let transaction = unsafe record.key.loadUnaligned(as: UInt64.self)
            last = transaction
            let page = unsafe record.page
            if transaction == 0 || transaction > meta.transaction {
                report.add(
                    .damage, page: page, "the free list knows of transaction \(transaction) after \(meta.transaction)")
            }
            if let flaw = unsafe takeFree(Array(record.value), page) {
                report.add(.damage, page: page, "the pages let go by transaction \(transaction): \(flaw)")
            }
        }
        // Every commit but the first lets pages go: those that it has changed. One that has not is not what it says it is.
        if meta.transaction > 1, last < meta.transaction, !hasEnded {
            report.add(.damage, "the state of transaction \(meta.transaction) knows of none after \(last)")
        }
    }

    private func takeFree(_ list: [UInt8], _ page: UInt64) -> String? {
        func word(_ index: Int) -> UInt64 { list.native(at: 8 * index) }
        guard list.count >= 8, list.count % 8 == 0 else { return "a list of \(list.count) bytes" }
        let most = list.count / 8 - 1
        guard let count = Int(exactly: word(0)), count <= most else { return "\(word(0)) pages in a list of \(most)" }
        if count < most { report.add(.warning, page: page, "a list of \(most) free pages has \(count)") }
        var before = meta.lastPage + 1
        for index in 0..<count {
            let number = word(index + 1)
            guard number >= 2, number < before else { return "page \(number) is out of order or not in the file" }
            before = number
            if free.insert(number..<number + 1) != nil { return "page \(number) is free twice" }
            if reached.contains(number) { return "page \(number) is in use" }
        }
        return nil
    }
}
