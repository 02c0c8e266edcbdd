/// The records in which two states of one tree differ, found by the pages that they do not share.
///
/// LMDB never writes to a page of a state that somebody reads: a page of that number in a later state is the same page, and so is all below
/// it. Both states must be held by read transactions.
struct LMDBTreeDifference {
    /// Records as they lie in leaves, in order.
    private struct Records {
        /// For each the key and behind it what tells its value: its flags and the value, or where in the file that begins.
        var bytes: [UInt8] = []
        var ends: [(key: Int, value: Int)] = []

        mutating func append(_ page: LMDBPage) {
            for node in page.nodes {
                unsafe bytes.append(contentsOf: page.part(node.key))
                let key = bytes.count
                bytes.append(UInt8(truncatingIfNeeded: node.flags))
                if let value = node.value {
                    unsafe bytes.append(contentsOf: page.part(value))
                } else {
                    bytes.append(number: node.page)
                    bytes.append(number: UInt64(node.valueSize))
                }
                ends.append((key, bytes.count))
            }
        }

        func key(_ index: Int) -> ArraySlice<UInt8> {
            bytes[(index == 0 ? 0 : ends[index - 1].value)..<ends[index].key]
        }

        func value(_ index: Int) -> ArraySlice<UInt8> { bytes[ends[index].key..<ends[index].value] }
    }

    private static let depthLimit = 32

    let tree: LMDBTree?
    /// All pages of the tree.
    private(set) var pages = LMDBPageSet()

    /// - Throws: ``LMDBFailure/damaged(_:)`` where the tree is none.
    init(_ tree: LMDBTree?, in file: LMDBPageFile, pageSize: Int) throws(LMDBFailure) {
        self.tree = tree
        var pages = LMDBPageSet()
        try Self.walk(tree, file, pageSize, visitsLeaves: false) { number in
            _ = pages.insert(number..<number + 1)
            return true
        } _: { _ in
        }
        self.pages = pages
    }

    /// Gives `body` all records of a tree whose values lie in its leaves.
    static func records(
        of tree: LMDBTree, in file: LMDBPageFile, pageSize: Int,
        _ body: ([UInt8], [UInt8], _ isTree: Bool) throws(LMDBFailure) -> Void
    ) throws(LMDBFailure) {
        var records = Records()
        try walk(tree, file, pageSize, visitsLeaves: true) { _ in
            true
        } _: { page in
            records.append(page)
        }
        for index in records.ends.indices {
            let value = records.value(index)
            try body(Array(records.key(index)), Array(value.dropFirst()), (value.first ?? 0) & 0x02 != 0)
        }
    }

    /// Gives `body` the key of each record that is only in this state or only in `later`, or has another value there.
    func changes(
        in later: LMDBTree?, _ file: LMDBPageFile, pageSize: Int,
        _ body: (ArraySlice<UInt8>) throws(LMDBFailure) -> Void
    ) throws(LMDBFailure) {
        var (shared, old, new) = (LMDBPageSet(), Records(), Records())
        try Self.walk(later, file, pageSize, visitsLeaves: true) { number in
            guard pages.contains(number) else { return true }
            _ = shared.insert(number..<number + 1)
            return false
        } _: { page in
            new.append(page)
        }
        try Self.walk(tree, file, pageSize, visitsLeaves: true) { number in
            !shared.contains(number)
        } _: { page in
            old.append(page)
        }
        var (i, j) = (0, 0)
        while i < old.ends.count || j < new.ends.count {
            let order =
                i == old.ends.count ? 1 : j == new.ends.count ? -1 : Self.order(old.key(i), new.key(j))
            if order < 0 {
                try body(old.key(i))
                i += 1
            } else if order > 0 {
                try body(new.key(j))
                j += 1
            } else {
                if old.value(i) != new.value(j) { try body(new.key(j)) }
                i += 1
                j += 1
            }
        }
    }

    private static func order(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Int {
        unsafe a.withUnsafeBytes { a in
            unsafe b.withUnsafeBytes { b in unsafe LMDBPageFormat.order(a, b, integers: false) }
        }
    }

    /// Walks over the pages of `tree` in order, below those for which `enters` returns true, and gives `leaf` the leaves.
    private static func walk(
        _ tree: LMDBTree?, _ file: LMDBPageFile, _ pageSize: Int, visitsLeaves: Bool, _ enters: (UInt64) -> Bool,
        _ leaf: (LMDBPage) -> Void
    ) throws(LMDBFailure) {
        guard let tree, let root = tree.root else { return }
        guard tree.depth >= 1, tree.depth <= depthLimit else { throw .damaged("a tree has a depth of \(tree.depth)") }
        func descend(_ number: UInt64, _ level: Int) throws(LMDBFailure) {
            guard enters(number), visitsLeaves || level < tree.depth else { return }
            let page = LMDBPage(pageSize: pageSize)
            if let flaw = page.load(number, from: file) { throw .damaged("page \(number): \(flaw)") }
            guard page.isBranch == (level < tree.depth) else {
                throw .damaged("page \(number) is at level \(level) of a tree of depth \(tree.depth)")
            }
            guard page.isBranch else { return leaf(page) }
            for node in page.nodes { try descend(node.page, level + 1) }
        }
        try descend(root, 1)
    }
}
