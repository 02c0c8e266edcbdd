import StrataRefs

/// A record as the walk over a tree meets it, valid until the walk goes on.
@unsafe
struct LMDBMetRecord {
    let page: UInt64
    let key: UnsafeRawBufferPointer
    let value: UnsafeRawBufferPointer
    let isTree: Bool
}

/// The walk over whole trees, which checks all that LMDB relies upon.
extension LMDBCheckRun {
    /// What a tree must be.
    struct TreeKind {
        let name: String
        var hasIntegerKeys = false
        /// Whether its records may be the trees of named databases.
        var hasTrees = false
        var flags: UInt16 = 0
        /// Flags that say nothing of the tree.
        var otherFlags: UInt16 = 0
    }

    private struct Walk {
        let tree: LMDBTree
        let kind: TreeKind
        var branchPages: UInt64 = 0
        var leafPages: UInt64 = 0
        var overflowPages: UInt64 = 0
        var records: UInt64 = 0
        var isSound = true
    }

    /// Walks over a tree and gives `body` each record in order.
    func walk(_ tree: LMDBTree, _ kind: TreeKind, _ body: (LMDBMetRecord) -> Void) {
        var walk = Walk(tree: tree, kind: kind)
        func damage(_ text: String) { report.add(.damage, name: Array(kind.name.utf8), text) }
        if tree.flags & ~kind.otherFlags != kind.flags { damage("it has the flags \(tree.flags)") }
        if let root = tree.root {
            guard tree.depth >= 1, tree.depth <= Self.depthLimit else {
                return damage("it has a depth of \(tree.depth)")
            }
            while levels.count < tree.depth { levels.append(LMDBPage(pageSize: meta.pageSize)) }
            unsafe descend(to: root, from: nil, level: 1, nil, nil, &walk, body)
        } else if tree.depth != 0 {
            damage("it is empty and has a depth of \(tree.depth)")
        }
        // What was not walked over is not counted.
        guard walk.isSound, !hasEnded else { return }
        for (what, said, counted) in [
            ("branch pages", tree.branchPages, walk.branchPages), ("leaf pages", tree.leafPages, walk.leafPages),
            ("overflow pages", tree.overflowPages, walk.overflowPages), ("records", tree.records, walk.records),
        ] where said != counted {
            damage("it has \(counted) \(what) and says \(said)")
        }
    }

    /// `low` and `high`: where the page's keys must begin and before what they must end.
    private func descend(
        to number: UInt64, from parent: UInt64?, level: Int, _ low: UnsafeRawBufferPointer?,
        _ high: UnsafeRawBufferPointer?,
        _ walk: inout Walk, _ body: (LMDBMetRecord) -> Void
    ) {
        if ends() { return }
        func damage(_ text: String, page: UInt64) {
            walk.isSound = false
            report.add(.damage, page: page, name: Array(walk.kind.name.utf8), text)
        }
        guard number >= 2, number <= meta.lastPage else {
            return damage("it leads to page \(number) of \(meta.lastPage + 1)", page: parent ?? number)
        }
        guard reach(number..<number + 1) else {
            walk.isSound = false
            return
        }
        let page = levels[level - 1]
        if let flaw = page.load(number, from: file) { return damage(flaw, page: number) }
        guard page.isBranch == (level < walk.tree.depth) else {
            return damage("it is at level \(level) of a tree of depth \(walk.tree.depth)", page: number)
        }
        // LMDB wants two children of each, but in the free list.
        if page.isBranch, page.nodes.count < 2, !walk.kind.hasIntegerKeys {
            damage("it is a branch with one child", page: number)
        }
        if let flaw = unsafe orderFlaw(page, low, high, walk.kind) { return damage(flaw, page: number) }
        guard page.isBranch else {
            walk.leafPages += 1
            for node in page.nodes { unsafe give(node, of: page, &walk, body) }
            return
        }
        walk.branchPages += 1
        for (index, node) in page.nodes.enumerated() {
            let first = unsafe index == 0 ? low : page.part(node.key)
            let next = unsafe index + 1 < page.nodes.count ? page.part(page.nodes[index + 1].key) : high
            unsafe descend(to: node.page, from: number, level: level + 1, first, next, &walk, body)
        }
    }

    /// The first key of a branch means nothing.
    private func orderFlaw(
        _ page: LMDBPage, _ low: UnsafeRawBufferPointer?, _ high: UnsafeRawBufferPointer?, _ kind: TreeKind
    ) -> String? {
        let nodes = page.nodes.dropFirst(page.isBranch ? 1 : 0)
        guard let first = nodes.first, let last = nodes.last else { return nil }
        func order(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
            unsafe LMDBPageFormat.order(a, b, integers: kind.hasIntegerKeys)
        }
        if kind.hasIntegerKeys, nodes.contains(where: { $0.key.count != 8 }) { return "a key of it is no number" }
        var before = unsafe page.part(first.key)
        for node in nodes.dropFirst() {
            let key = unsafe page.part(node.key)
            if unsafe order(before, key) >= 0 { return "its keys are out of order" }
            unsafe before = unsafe key
        }
        if let low = unsafe low {
            let distance = unsafe order(low, page.part(first.key))
            if distance > 0 || distance == 0 && page.isBranch { return "it begins before what its parent says" }
        }
        if let high = unsafe high, unsafe order(page.part(last.key), high) >= 0 {
            return "it ends behind what its parent says"
        }
        return nil
    }

    private func give(_ node: LMDBPage.Node, of page: LMDBPage, _ walk: inout Walk, _ body: (LMDBMetRecord) -> Void) {
        walk.records += 1
        let key = unsafe page.part(node.key)
        func damage(_ text: String, page: UInt64) {
            walk.isSound = false
            unsafe report.add(.damage, page: page, name: Array(key), text)
        }
        if node.isOdd || node.isTree && !walk.kind.hasTrees { damage("its flags are \(node.flags)", page: page.number) }
        if let range = node.value {
            return unsafe body(LMDBMetRecord(page: page.number, key: key, value: page.part(range), isTree: node.isTree))
        }
        switch file.overflow(node.page, size: node.valueSize, pageSize: meta.pageSize, lastPage: meta.lastPage) {
        case .flawed(let text): damage(text, page: node.page)
        case .large(let pages):
            walk.overflowPages += pages
            _ = reach(node.page..<node.page + pages)
            unsafe report.add(.warning, page: node.page, name: Array(key), "its value is too long to be looked into")
        case .value(let value, let pages):
            walk.overflowPages += pages
            guard reach(node.page..<node.page + pages) else {
                walk.isSound = false
                return
            }
            unsafe value.withUnsafeBytes {
                unsafe body(LMDBMetRecord(page: page.number, key: key, value: $0, isTree: node.isTree))
            }
        }
    }
}
