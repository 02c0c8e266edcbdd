import StrataIO

/// Finds single records in a file, and believes no page on the way.
struct LMDBLookup {
    private let file: LMDBPageFile
    private let meta: LMDBMetaPage
    private let page: LMDBPage

    init(_ file: LMDBPageFile, _ meta: LMDBMetaPage) {
        self.file = file
        self.meta = meta
        page = LMDBPage(pageSize: meta.pageSize)
    }

    struct Found {
        let isTree: Bool
        let value: [UInt8]
    }

    /// The record of `key`; nil = there is none.
    func find(_ key: [UInt8], in tree: LMDBTree) throws(LMDBFailure) -> Found? {
        guard try descend(tree, { node in unsafe key.withUnsafeBytes { unsafe order(node, $0) <= 0 } }) else {
            return nil
        }
        for node in page.nodes where unsafe page.part(node.key).elementsEqual(key) {
            if node.isOdd { throw .damaged("page \(page.number): a record has the flags \(node.flags)") }
            if let range = node.value { return unsafe Found(isTree: node.isTree, value: Array(page.part(range))) }
            switch file.overflow(node.page, size: node.valueSize, pageSize: meta.pageSize, lastPage: meta.lastPage) {
            case .value(let value, _): return Found(isTree: node.isTree, value: value)
            case .large: throw .damaged("page \(node.page): its value is too long")
            case .flawed(let text): throw .damaged("page \(node.page): \(text)")
            }
        }
        return nil
    }

    /// The greatest key of a tree; nil = it is empty.
    func lastKey(of tree: LMDBTree) throws(LMDBFailure) -> [UInt8]? {
        guard try descend(tree, { _ in true }), let last = page.nodes.last else { return nil }
        return unsafe Array(page.part(last.key))
    }

    func checkRoot(of tree: LMDBTree) throws(LMDBFailure) {
        if let root = tree.root { try load(root) }
    }

    private func order(_ node: LMDBPage.Node, _ key: UnsafeRawBufferPointer) -> Int {
        unsafe LMDBPageFormat.order(page.part(node.key), key, integers: false)
    }

    private func load(_ number: UInt64) throws(LMDBFailure) {
        guard number >= 2, number <= meta.lastPage else {
            throw .damaged("a root is page \(number) of \(meta.lastPage + 1)")
        }
        if let flaw = page.load(number, from: file) { throw .damaged("page \(number): \(flaw)") }
    }

    /// Takes the leaf that is reached by the last node of each branch that `isBefore`, or the first.
    ///
    /// - Returns: whether there is one.
    private func descend(_ tree: LMDBTree, _ isBefore: (LMDBPage.Node) -> Bool) throws(LMDBFailure) -> Bool {
        guard var number = tree.root else { return false }
        for level in 1...LMDBCheckRun.depthLimit {
            try load(number)
            guard page.isBranch else {
                guard level == tree.depth else {
                    throw .damaged("a tree of depth \(tree.depth) has a leaf at \(level)")
                }
                return true
            }
            guard let next = page.nodes.dropFirst().last(where: isBefore) ?? page.nodes.first else { break }
            number = next.page
        }
        throw .damaged("a tree is too deep")
    }
}
