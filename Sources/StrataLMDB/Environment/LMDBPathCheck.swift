import CLMDB

/// Looks at the pages on the way to a key before LMDB goes there to change something: it believes what they say of themselves, copies them by it, and
/// moves memory.
///
/// The tree of the last commit stays as it is in the file while a write transaction is under way, which copies what it changes. A page that LMDB comes
/// to is one of that tree, at its old place, or a copy that the transaction has made of one that was looked at. So the way is gone here, from the
/// root of the last commit on, each page taken apart once a transaction.
///
/// For one write transaction, which keeps other writers out.
final class LMDBPathCheck {
    private let mapping: LMDBMapping
    let page: LMDBPage
    private var branches: [UInt64: Branch] = [:]
    private var leaves: Set<UInt64> = []
    private var trees: [MDB_dbi: LMDBTree] = [:]
    private var meta: LMDBMetaPage?
    /// For each database, the keys that lead to the leaf that was looked at last.
    private var last: [MDB_dbi: Span] = [:]
    /// How many pages were joined to others in each database.
    private var joined: [MDB_dbi: Int] = [:]
    /// Databases whose every page was looked at.
    private var whole: Set<MDB_dbi> = []
    private var isFreeListChecked = false
    /// From here on all pages are looked at.
    private static let widest = 64

    /// The pages that a branch leads to, and the keys from which on: of the first there is none.
    struct Branch {
        let keys: [[UInt8]]
        let pages: [UInt64]

        /// Which page is that of `key`.
        func index(of key: UnsafeRawBufferPointer) -> Int {
            var (low, high) = (1, pages.count)
            while low < high {
                let middle = (low + high) / 2
                if unsafe keys[middle].withUnsafeBytes({ unsafe LMDBPage.order($0, key, integers: false) }) <= 0 {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            return low - 1
        }
    }

    /// The keys of a leaf.
    private struct Span {
        var low: [UInt8] = []
        /// nil = all that follow.
        var high: [UInt8]?
        var reach: Int

        func contains(_ key: UnsafeRawBufferPointer) -> Bool {
            func isBelow(_ bound: [UInt8]) -> Bool {
                unsafe bound.withUnsafeBytes { unsafe LMDBPage.order(key, $0, integers: false) } < 0
            }
            return !isBelow(low) && high.map(isBelow) ?? true
        }
    }

    init(_ mapping: LMDBMapping) {
        self.mapping = mapping
        page = LMDBPage(pageSize: unsafe mapping.map.page_size)
    }

    /// Looks at the pages on the way to `key`; with `withNeighbours` also at those beside them, which a deletion may join to them.
    ///
    /// - Parameter name: of the database; nil = the unnamed one.
    func check(
        _ dbi: MDB_dbi, _ name: String?, _ key: UnsafeRawBufferPointer, withNeighbours: Bool
    ) throws(LMDBFailure) {
        if !isFreeListChecked {
            try checkFreeList()
            isFreeListChecked = true
        }
        let reach = withNeighbours ? reach(dbi) : 0
        if let span = last[dbi], span.reach >= reach, unsafe span.contains(key) { return }
        if whole.contains(dbi) { return }
        let tree = try tree(dbi, name)
        guard var number = tree.root else { return }
        if reach > 1 { return unsafe try check(dbi, tree, around: key, reach) }
        var span = Span(reach: reach)
        for level in 1...tree.depth {
            guard let branch = try branch(number, level, of: tree) else { break }
            let index = unsafe branch.index(of: key)
            if index > 0 { span.low = branch.keys[index] }
            if index + 1 < branch.pages.count { span.high = branch.keys[index + 1] }
            if withNeighbours {
                for other in [index - 1, index + 1] where branch.pages.indices.contains(other) {
                    try checkFirstPath(from: branch.pages[other], level + 1, of: tree)
                }
                // What it gets from beside is put before its own lowest key. The root gets nothing.
                if level > 1 { try checkFirstPath(from: branch.pages[0], level + 1, of: tree) }
            }
            number = branch.pages[index]
        }
        last[dbi] = span
    }

    /// Looks at a page and at the first of what it leads to, whose key LMDB asks for.
    private func checkFirstPath(from page: UInt64, _ level: Int, of tree: LMDBTree) throws(LMDBFailure) {
        var (number, level) = (page, level)
        while let branch = try branch(number, level, of: tree) { (number, level) = (branch.pages[0], level + 1) }
    }

    // MARK: Pages that were joined

    /// Notes that a deletion has joined a page to another: what was beside either is beside both.
    func noteJoined(_ dbi: MDB_dbi) { joined[dbi, default: 0] += 1 }

    /// How many pages on either side a deletion may come to.
    private func reach(_ dbi: MDB_dbi) -> Int {
        // A record may also have been moved from page to page on the way.
        joined[dbi].map { 2 * $0 + 4 } ?? 1
    }

    /// Looks at all pages of a database.
    func checkWhole(_ dbi: MDB_dbi, _ name: String?) throws(LMDBFailure) {
        let tree = try tree(dbi, name)
        if tree.root != nil {
            unsafe try check(dbi, tree, around: UnsafeRawBufferPointer(start: nil, count: 0), .max)
        }
    }

    /// Looks at the pages up to `reach` beside those on the way to `key`, whatever they are below.
    private func check(
        _ dbi: MDB_dbi, _ tree: LMDBTree, around key: UnsafeRawBufferPointer, _ reach: Int
    ) throws(LMDBFailure) {
        guard let root = tree.root else { return }
        let isWhole = reach > Self.widest
        var (row, place) = ([root], 0)
        for level in 1...tree.depth {
            var (below, next) = ([UInt64](), 0)
            for (index, number) in row.enumerated() {
                guard let branch = try branch(number, level, of: tree) else { continue }
                if index == place { unsafe next = branch.index(of: key) + below.count }
                below += branch.pages
                if !isWhole { try checkFirstPath(from: branch.pages[0], level + 1, of: tree) }
            }
            if below.isEmpty { break }
            let first = isWhole ? 0 : max(next - reach, 0)
            let end = isWhole ? below.count : min(next + reach + 1, below.count)
            (row, place) = (Array(below[first..<end]), next - first)
        }
        if isWhole { whole.insert(dbi) }
    }

    /// Looks at the page of a record that LMDB has come to by steps, before anything of it is read.
    func check(recordAt key: UnsafeRawPointer) throws(LMDBFailure) {
        guard let start = unsafe mapping.map.start else { return }
        let distance = unsafe key - UnsafeRawPointer(start)
        // Others are copies.
        guard distance >= 0, unsafe distance < mapping.map.count else { return }
        let number = unsafe UInt64(distance / mapping.map.page_size)
        if leaves.contains(number) { return }
        try load(number)
        if page.isBranch { throw .damaged("page \(number): it is no leaf") }
        try checkValues()
        leaves.insert(number)
    }

    private static func depth(of tree: LMDBTree) throws(LMDBFailure) -> Int {
        guard tree.depth >= 1, tree.depth <= LMDBCheckRun.depthLimit else {
            throw .damaged("a tree has a depth of \(tree.depth)")
        }
        return tree.depth
    }

    /// Looks at page `number`, which is `level` pages from the root, the first; nil = it is a leaf.
    func branch(_ number: UInt64, _ level: Int, of tree: LMDBTree) throws(LMDBFailure) -> Branch? {
        let branch = try branch(number)
        if (branch != nil) != (level < tree.depth) {
            throw .damaged("page \(number): it is at level \(level) of a tree of depth \(tree.depth)")
        }
        return branch
    }

    private func branch(_ number: UInt64) throws(LMDBFailure) -> Branch? {
        if let known = branches[number] { return known }
        if leaves.contains(number) { return nil }
        try load(number)
        guard page.isBranch else {
            try checkValues()
            leaves.insert(number)
            return nil
        }
        let branch = Branch(keys: page.nodes.map { unsafe Array(page.part($0.key)) }, pages: page.nodes.map(\.page))
        branches[number] = branch
        return branch
    }

    /// Looks at what the records of a leaf say of their values, by which LMDB lets go of pages.
    private func checkValues() throws(LMDBFailure) {
        for node in page.nodes where node.flags != 0 {
            if node.isOdd { throw .damaged("page \(page.number): a record has the flags \(node.flags)") }
            if node.value == nil { _ = unsafe try overflow(node) }
        }
    }

    /// Looks at the head of the pages that hold a value, and gives the first.
    func overflow(_ node: LMDBPage.Node) throws(LMDBFailure) -> UnsafeRawBufferPointer {
        let (meta, number) = (try latestMeta(), node.page)
        guard number >= 2, number <= meta.lastPage, let bytes = unsafe mapping.page(number) else {
            throw .damaged("page \(number) of \(meta.lastPage + 1)")
        }
        let pages = unsafe UInt64(bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        let needed = UInt64((LMDBPage.headCount - 1 + node.valueSize) / meta.pageSize + 1)
        guard unsafe bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self) == number,
            unsafe bytes.loadUnaligned(fromByteOffset: 10, as: UInt16.self) == LMDBPage.overflowFlag,
            pages >= needed, pages <= meta.lastPage, number <= meta.lastPage - (pages - 1)
        else { throw .damaged("page \(number): it does not hold a value of \(node.valueSize) bytes") }
        return unsafe bytes
    }

    func load(_ number: UInt64) throws(LMDBFailure) {
        let meta = try latestMeta()
        guard number >= 2, number <= meta.lastPage, let bytes = unsafe mapping.page(number) else {
            throw .damaged("page \(number) of \(meta.lastPage + 1)")
        }
        if let flaw = unsafe page.load(number, from: bytes) { throw .damaged("page \(number): \(flaw)") }
    }

    // MARK: Roots

    private func tree(_ dbi: MDB_dbi, _ name: String?) throws(LMDBFailure) -> LMDBTree {
        if let known = trees[dbi] { return known }
        let main = try latestMeta().main
        let tree: LMDBTree
        if let name {
            guard let named = try named(name, in: main) else { throw .damaged("one of its databases is not there") }
            tree = named
        } else {
            tree = main
        }
        if tree.root != nil { _ = try Self.depth(of: tree) }
        trees[dbi] = tree
        return tree
    }

    /// What the unnamed database says of one with a name.
    private func named(_ name: String, in main: LMDBTree) throws(LMDBFailure) -> LMDBTree? {
        let key = Array(name.utf8)
        guard var number = main.root else { return nil }
        for level in 1...(try Self.depth(of: main)) {
            if let branch = try branch(number, level, of: main) {
                number = branch.pages[unsafe key.withUnsafeBytes { unsafe branch.index(of: $0) }]
                continue
            }
            try load(number)
            for node in page.nodes where unsafe page.part(node.key).elementsEqual(key) {
                guard node.isTree, let value = node.value, value.count == LMDBTree.byteCount else { break }
                return unsafe LMDBTree(Array(page.part(value)))
            }
            return nil
        }
        return nil
    }

    func latestMeta() throws(LMDBFailure) -> LMDBMetaPage {
        if let meta { return meta }
        func read(_ number: UInt64) throws(LMDBFailure) -> LMDBMetaPage {
            let bytes = unsafe mapping.page(number).map { unsafe Array($0.prefix(LMDBMetaPage.byteCount)) } ?? []
            return try LMDBMetaPage(bytes, isFirst: number == 0)
        }
        let (first, second) = (try read(0), try read(1))
        let latest = second.transaction > first.transaction ? second : first
        meta = latest
        return latest
    }
}
