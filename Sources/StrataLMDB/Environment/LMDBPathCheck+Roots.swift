import CLMDB

/// Where the trees begin.
extension LMDBPathCheck {
    func tree(_ dbi: MDB_dbi, _ name: StaticString?) throws(LMDBFailure) -> LMDBTree {
        if let known = tree(of: dbi) { return known }
        let main = try baseMeta().main
        let tree: LMDBTree
        if let name {
            guard let named = try named(name, in: main) else { throw .damaged("one of its databases is not there") }
            tree = named
        } else {
            tree = main
        }
        if tree.root != nil { _ = try Self.depth(of: tree) }
        note(tree, of: dbi)
        return tree
    }

    /// What the unnamed database says of one with a name.
    private func named(_ name: StaticString, in main: LMDBTree) throws(LMDBFailure) -> LMDBTree? {
        let key = unsafe UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        guard var number = main.root else { return nil }
        for level in 1...(try Self.depth(of: main)) {
            let page = try look(number, level, of: main)
            if page.isBranch {
                number = page.page(unsafe page.index(of: key))
                continue
            }
            guard let index = unsafe page.find(key), page.flags(index) == 0x02, let value = unsafe page.value(index),
                value.count == LMDBTree.byteCount
            else { return nil }
            return unsafe LMDBTree(RawSpan(_unsafeBytes: value))
        }
        return nil
    }

    func baseMeta() throws(LMDBFailure) -> LMDBMetaPage {
        if let meta { return meta }
        // The one that LMDB goes on from. The other may be of a commit that has failed, with a greater number.
        let number = base & 1
        // A copy: what is looked at in it is what it was.
        let found = try unsafe withUnsafeTemporaryAllocation(byteCount: LMDBMetaPage.byteCount, alignment: 8) {
            copy throws(LMDBFailure) in
            let page = unsafe mapping?.page(number)
            guard let page = unsafe page, page.count >= LMDBMetaPage.byteCount else {
                throw .damaged("it ends within its meta pages")
            }
            unsafe copy.copyMemory(from: UnsafeRawBufferPointer(rebasing: page[..<LMDBMetaPage.byteCount]))
            return try LMDBMetaPage(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(copy)), isFirst: number == 0)
        }
        guard found.transaction == base else { throw .damaged("meta page \(number) is not that of commit \(base)") }
        meta = found
        return found
    }

    private static func depth(of tree: LMDBTree) throws(LMDBFailure) -> Int {
        guard tree.depth >= 1, tree.depth <= LMDBCheckRun.depthLimit else {
            throw .damaged("a tree has a depth of \(tree.depth)")
        }
        return tree.depth
    }
}
