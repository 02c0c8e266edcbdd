/// The free list, which LMDB reads and changes in every transaction.
extension LMDBPathCheck {
    /// Looks at its first leaf and its last, with the ways there: a transaction that takes few pages comes to no others.
    func checkFreeList() throws(LMDBFailure) {
        let tree = try latestMeta().free
        guard let root = tree.root else { return }
        guard tree.depth >= 1, tree.depth <= LMDBCheckRun.depthLimit else {
            throw .damaged("the free list has a depth of \(tree.depth)")
        }
        for isFirst in tree.depth == 1 ? [true] : [true, false] {
            var number = root
            for level in 1...tree.depth {
                try load(number)
                guard page.isBranch == (level < tree.depth) else {
                    throw .damaged("page \(number): it is at level \(level) of a tree of depth \(tree.depth)")
                }
                if page.nodes.contains(where: { $0.key.count != 8 && !(page.isBranch && $0.key.isEmpty) }) {
                    throw .damaged("page \(number): a key of it is no number")
                }
                if page.isBranch { number = page.nodes[isFirst ? 0 : page.nodes.count - 1].page }
            }
            for node in page.nodes { try checkList(node) }
        }
    }

    /// LMDB takes as many pages from a list as it says it has.
    private func checkList(_ node: LMDBPage.Node) throws(LMDBFailure) {
        if node.isOdd || node.isTree { throw .damaged("page \(page.number): a record has the flags \(node.flags)") }
        let count: UInt64? =
            if node.valueSize < 8 {
                nil
            } else if let value = node.value {
                unsafe page.part(value).loadUnaligned(as: UInt64.self)
            } else {
                unsafe try overflow(node).loadUnaligned(fromByteOffset: LMDBPage.headCount, as: UInt64.self)
            }
        guard let count, count <= UInt64(node.valueSize / 8 - 1) else {
            throw .damaged("page \(page.number): a list of free pages has more than it holds")
        }
    }
}
