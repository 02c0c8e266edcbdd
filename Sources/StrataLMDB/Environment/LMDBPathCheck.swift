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
    private let page: LMDBPage
    private var branches: [UInt64: Branch] = [:]
    private var leaves: Set<UInt64> = []
    private var roots: [MDB_dbi: UInt64?] = [:]
    private var meta: LMDBMetaPage?
    /// For each database, the keys that lead to the leaf that was looked at last.
    private var last: [MDB_dbi: Span] = [:]

    /// The pages that a branch leads to, and the keys from which on: of the first there is none.
    private struct Branch {
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
        var withNeighbours: Bool

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
        if let span = last[dbi], span.withNeighbours || !withNeighbours, unsafe span.contains(key) { return }
        guard var number = try root(of: dbi, name) else { return }
        var span = Span(withNeighbours: withNeighbours)
        for _ in 0..<LMDBCheckRun.depthLimit {
            guard let branch = try branch(number) else {
                last[dbi] = span
                return
            }
            let index = unsafe branch.index(of: key)
            if index > 0 { span.low = branch.keys[index] }
            if index + 1 < branch.pages.count { span.high = branch.keys[index + 1] }
            if withNeighbours {
                for other in [index - 1, index + 1] where branch.pages.indices.contains(other) {
                    try checkFirstPath(from: branch.pages[other])
                }
            }
            number = branch.pages[index]
        }
        throw .damaged("a tree is too deep")
    }

    /// Looks at a page and at the first of what it leads to, whose key LMDB asks for.
    private func checkFirstPath(from page: UInt64) throws(LMDBFailure) {
        var number = page
        for _ in 0..<LMDBCheckRun.depthLimit {
            guard let branch = try branch(number) else { return }
            number = branch.pages[0]
        }
        throw .damaged("a tree is too deep")
    }

    /// Looks at page `number`; nil = it is a leaf.
    private func branch(_ number: UInt64) throws(LMDBFailure) -> Branch? {
        if let known = branches[number] { return known }
        if leaves.contains(number) { return nil }
        try load(number)
        guard page.isBranch else {
            leaves.insert(number)
            return nil
        }
        let branch = Branch(keys: page.nodes.map { unsafe Array(page.part($0.key)) }, pages: page.nodes.map(\.page))
        branches[number] = branch
        return branch
    }

    private func load(_ number: UInt64) throws(LMDBFailure) {
        let meta = try latestMeta()
        guard number >= 2, number <= meta.lastPage, let bytes = unsafe mapping.page(number) else {
            throw .damaged("page \(number) of \(meta.lastPage + 1)")
        }
        if let flaw = unsafe page.load(number, from: bytes) { throw .damaged("page \(number): \(flaw)") }
    }

    // MARK: Roots

    private func root(of dbi: MDB_dbi, _ name: String?) throws(LMDBFailure) -> UInt64? {
        if let known = roots[dbi] { return known }
        let main = try latestMeta().main
        let root = try name.map { name throws(LMDBFailure) in try named(name, in: main)?.root ?? nil } ?? main.root
        roots[dbi] = .some(root)
        return root
    }

    /// What the unnamed database says of one with a name.
    private func named(_ name: String, in main: LMDBTree) throws(LMDBFailure) -> LMDBTree? {
        let key = Array(name.utf8)
        guard var number = main.root else { return nil }
        for _ in 0..<LMDBCheckRun.depthLimit {
            if let branch = try branch(number) {
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
        throw .damaged("a tree is too deep")
    }

    private func latestMeta() throws(LMDBFailure) -> LMDBMetaPage {
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
