/// The free list, which LMDB reads and changes in every transaction.
extension LMDBPathCheck {
    /// Looks at its first leaves and its last, with the ways there: a transaction that takes few pages comes to no others.
    func checkFreeList() throws(LMDBFailure) {
        let tree = try baseMeta().free
        guard let root = tree.root else { return }
        guard tree.depth >= 1, tree.depth <= LMDBCheckRun.depthLimit else {
            throw .damaged("the free list has a depth of \(tree.depth)")
        }
        try checkFreeList(root, 1, of: tree)
    }

    private func checkFreeList(_ number: UInt64, _ level: Int, of tree: LMDBTree) throws(LMDBFailure) {
        let page = try look(number, level, of: tree)
        if !page.isBranch, page.isOfLists { return }
        for index in 0..<page.count {
            let count = unsafe page.key(index).count
            guard count == 8 || page.isBranch && count == 0 else {
                throw .damaged("page \(number): a key of it is no number")
            }
        }
        for index in 0..<page.count {
            if !page.isBranch {
                try checkList(page, index)
            } else if index < 4 || index >= page.count - 2 {
                try checkFreeList(page.page(index), level + 1, of: tree)
            }
        }
    }

    /// LMDB takes as many pages from a list as it says it has.
    private func checkList(_ page: LMDBPageLook, _ index: Int) throws(LMDBFailure) {
        let (flags, size) = (page.flags(index), page.valueSize(index))
        if flags & ~0x01 != 0 { throw .damaged("page \(page.number): a record has the flags \(flags)") }
        let count: UInt64? =
            if size < 8 {
                nil
            } else if let value = unsafe page.value(index) {
                unsafe value.loadUnaligned(as: UInt64.self)
            } else {
                unsafe try overflow(page, index).loadUnaligned(
                    fromByteOffset: LMDBPageFormat.headCount, as: UInt64.self)
            }
        guard let count, count <= UInt64(size / 8 - 1) else {
            throw .damaged("page \(page.number): a list of free pages has more than it holds")
        }
    }
}
