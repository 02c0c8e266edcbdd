import CLMDB

/// Looks at the pages on the way to a key before LMDB goes there to change something: it believes what they say of themselves, copies them by it, and
/// moves memory.
///
/// The tree of the last commit stays as it is in the file while a write transaction is under way, which copies what it changes. A page that LMDB comes
/// to is one of that tree, at its old place, or a copy that the transaction has made of one that was looked at. So the way is gone here, from the
/// root of the last commit on, each page looked at once a transaction: what was sound a moment ago may be read from a failing disk again.
///
/// For one write transaction at a time, which keeps other writers out.
@safe
final class LMDBPathCheck {
    /// nil where the file is not known to be mapped: then nothing is looked at.
    private(set) var mapping: LMDBMapping?
    /// The number of the commit that the transaction goes on from.
    private(set) var base: UInt64 = 0
    /// The pages that were looked at.
    private let known = LMDBPageNumbers()
    /// The branches whose keys are in order.
    private let ordered = LMDBPageNumbers()
    var meta: LMDBMetaPage?
    /// Of `meta`; 0 = it was not looked at.
    private var lastPage: UInt64 = 0
    /// By their numbers. Behind a pointer: they are changed in place, with nothing else to look after.
    private let databases: UnsafeMutablePointer<Database>
    /// How many of `databases` were used.
    var used = 0
    private var isFreeListChecked = false
    /// So far goes a deletion at most: what is farther away was looked at when the pages between were joined.
    private static let widest = 64

    struct Database {
        var tree: LMDBTree?
        /// The way that was gone last, from the root on: the next mostly begins as it did.
        var way: [Step] = []
        /// How many pages of it have their keys in order, as far as is known: only then do these tell which other keys the same way leads to.
        var orderedCount = 0
        /// What it leads to.
        var key: [UInt8] = []
        /// How far beside the end of the way was looked; 0 = not at all, as far as is known.
        var reach = 0
        /// How many pages were joined to others.
        var joined = 0
        /// Every page was looked at.
        var isWhole = false
        /// The way to the last record was looked at.
        var isEndKnown = false

        func isWay(to key: UnsafeRawBufferPointer) -> Bool {
            unsafe self.key.withUnsafeBytes { unsafe LMDBPageFormat.order($0, key, integers: false) == 0 }
        }

        mutating func forget() {
            tree = nil
            way.removeAll(keepingCapacity: true)
            key.removeAll(keepingCapacity: true)
            (orderedCount, reach, joined, isWhole, isEndKnown) = (0, 0, 0, false, false)
        }
    }

    /// A page that was looked at, and the keys that lead to it.
    @safe
    struct Step {
        let page: LMDBPageLook
        /// nil = all before.
        var low: UnsafeRawBufferPointer?
        /// nil = all that follow.
        var high: UnsafeRawBufferPointer?

        /// `key`, or where that is behind it the lowest that leads here.
        func higher(_ key: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
            guard let low = unsafe low, unsafe LMDBPageFormat.order(key, low, integers: false) < 0 else {
                return unsafe key
            }
            return unsafe low
        }

        /// `key`, or where that is before it the first that leads elsewhere.
        func lower(_ key: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
            guard let high = unsafe high, unsafe LMDBPageFormat.order(key, high, integers: false) > 0 else {
                return unsafe key
            }
            return unsafe high
        }

        func contains(_ key: UnsafeRawBufferPointer) -> Bool {
            if let low = unsafe low, unsafe LMDBPageFormat.order(key, low, integers: false) < 0 { return false }
            if let high = unsafe high { return unsafe LMDBPageFormat.order(key, high, integers: false) < 0 }
            return true
        }
    }

    init() {
        unsafe databases = .allocate(capacity: LMDBHandle.databaseCount)
        unsafe databases.initialize(repeating: Database(), count: LMDBHandle.databaseCount)
    }

    deinit {
        unsafe databases.deinitialize(count: LMDBHandle.databaseCount)
        unsafe databases.deallocate()
    }

    func tree(of dbi: MDB_dbi) -> LMDBTree? { unsafe databases[Int(dbi)].tree }

    func note(_ tree: LMDBTree, of dbi: MDB_dbi) {
        unsafe databases[Int(dbi)].tree = tree
        used = max(used, Int(dbi) + 1)
    }

    /// Before a write transaction, whose number is `transaction`.
    func begin(_ mapping: LMDBMapping?, transaction: UInt64) {
        self.mapping = mapping
        base = transaction &- 1
        known.removeAll()
        ordered.removeAll()
        (meta, lastPage, isFreeListChecked) = (nil, 0, false)
        for index in 0..<used { unsafe databases[index].forget() }
        used = 0
    }

    /// After it: nothing of the mapping is kept.
    func end() { begin(nil, transaction: 0) }

    /// Looks at the pages on the way to `key`; with `withNeighbours` also at those beside them, which a deletion may join to them.
    ///
    /// - Parameter name: of the database; nil = the unnamed one.
    func check(
        _ dbi: MDB_dbi, _ name: StaticString?, _ key: UnsafeRawBufferPointer, withNeighbours: Bool
    ) throws(LMDBFailure) {
        guard mapping != nil else { return }
        try checkFreeListOnce()
        let database = unsafe databases + Int(dbi)
        if unsafe database.pointee.isWhole { return }
        let reach = unsafe withNeighbours ? reach(database.pointee.joined) : 0
        if let leaf = unsafe database.pointee.way.last {
            let isFar = unsafe database.pointee.reach >= reach
            if unsafe database.pointee.orderedCount < database.pointee.way.count {
                if isFar, unsafe database.pointee.isWay(to: key) { return }
                unsafe try checkOrder(&database.pointee)
            }
            if isFar, unsafe leaf.contains(key) { return }
        }
        let tree = try tree(dbi, name)
        guard let root = tree.root else { return }
        if reach > 1 { unsafe try check(dbi, tree, around: key, reach) }
        var way: [Step] = []
        unsafe swap(&way, &database.pointee.way)
        unsafe database.pointee.reach = 0
        let kept = try unsafe go(to: key, in: tree, from: root, withNeighbours: withNeighbours, &way)
        unsafe database.pointee.orderedCount = min(database.pointee.orderedCount, kept)
        unsafe database.pointee.way = way
        unsafe database.pointee.key.removeAll(keepingCapacity: true)
        unsafe database.pointee.key.append(contentsOf: key)
        unsafe database.pointee.reach = reach
    }

    private func checkFreeListOnce() throws(LMDBFailure) {
        if isFreeListChecked { return }
        try checkFreeList()
        isFreeListChecked = true
    }

    /// Looks at the pages on the way to the last record, behind which one is to be added.
    func checkEnd(_ dbi: MDB_dbi, _ name: StaticString?) throws(LMDBFailure) {
        guard mapping != nil, unsafe !databases[Int(dbi)].isEndKnown else { return }
        try checkFreeListOnce()
        let tree = try tree(dbi, name)
        var (next, level) = (tree.root, 1)
        while let number = next {
            let page = try look(number, level, of: tree)
            (next, level) = (page.isBranch ? page.page(page.count - 1) : nil, level + 1)
        }
        unsafe databases[Int(dbi)].isEndKnown = true
    }

    /// Looks whether the keys of all branches of the way are in order.
    private func checkOrder(_ database: inout Database) throws(LMDBFailure) {
        while database.orderedCount < database.way.count {
            let page = database.way[database.orderedCount].page
            if page.isBranch, !ordered.contains(page.number) {
                guard page.hasKeysInOrder else { throw .damaged("page \(page.number): its keys are not in order") }
                ordered.insert(page.number)
            }
            database.orderedCount += 1
        }
    }

    /// Goes on from where `way`, the last, leads to `key`, too.
    ///
    /// - Returns: how many pages of the last it has kept.
    private func go(
        to key: UnsafeRawBufferPointer, in tree: LMDBTree, from root: UInt64, withNeighbours: Bool, _ way: inout [Step]
    ) throws(LMDBFailure) -> Int {
        if withNeighbours {
            way.removeAll(keepingCapacity: true)
        } else {
            while let last = way.last {
                if last.page.isBranch, unsafe last.contains(key) { break }
                way.removeLast()
            }
        }
        let kept = way.count
        if way.isEmpty { unsafe way.append(Step(page: try look(root, 1, of: tree))) }
        while let last = way.last, last.page.isBranch {
            let (branch, level) = (last.page, way.count)
            let index = unsafe branch.index(of: key)
            if withNeighbours {
                if index > 0 { try checkFirstPath(from: branch.page(index - 1), level + 1, of: tree) }
                if index + 1 < branch.count { try checkFirstPath(from: branch.page(index + 1), level + 1, of: tree) }
                // What it gets from beside is put before its own lowest key. The root gets nothing.
                if level > 1 { try checkFirstPath(from: branch.page(0), level + 1, of: tree) }
            }
            unsafe way.append(
                Step(
                    page: try look(branch.page(index), level + 1, of: tree),
                    low: index > 0 ? last.higher(branch.key(index)) : last.low,
                    high: index + 1 < branch.count ? last.lower(branch.key(index + 1)) : last.high))
        }
        return kept
    }

    /// Looks at a page and at the first of what it leads to, whose key LMDB asks for.
    private func checkFirstPath(from page: UInt64, _ level: Int, of tree: LMDBTree) throws(LMDBFailure) {
        var (number, level) = (page, level)
        while true {
            let page = try look(number, level, of: tree)
            guard page.isBranch else { return }
            (number, level) = (page.page(0), level + 1)
        }
    }

    // MARK: Pages that were joined

    /// Notes that a deletion has joined a page to another: what was beside either is beside both.
    func noteJoined(_ dbi: MDB_dbi) {
        unsafe databases[Int(dbi)].joined += 1
        used = max(used, Int(dbi) + 1)
    }

    /// How many pages on either side a deletion may come to.
    private func reach(_ joined: Int) -> Int {
        if joined == 0 { return 1 }
        // A record may also have been moved from page to page on the way. Rounded up, so that what was looked at is not soon too little.
        let least = 2 * joined + 4
        return min(1 << (Int.bitWidth - (least - 1).leadingZeroBitCount), Self.widest)
    }

    /// Looks at all pages of a database.
    func checkWhole(_ dbi: MDB_dbi, _ name: StaticString?) throws(LMDBFailure) {
        guard mapping != nil else { return }
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
                let branch = try look(number, level, of: tree)
                guard branch.isBranch else { continue }
                if index == place { unsafe next = branch.index(of: key) + below.count }
                for child in 0..<branch.count { below.append(branch.page(child)) }
                if !isWhole { try checkFirstPath(from: branch.page(0), level + 1, of: tree) }
            }
            if below.isEmpty { break }
            let first = isWhole ? 0 : max(next - reach, 0)
            let end = isWhole ? below.count : min(next + reach + 1, below.count)
            (row, place) = (Array(below[first..<end]), next - first)
        }
        if isWhole { unsafe databases[Int(dbi)].isWhole = true }
    }

    /// Looks at the page of a record that LMDB has come to by steps, before anything of it is read. A page that it stepped to was perhaps not looked at
    /// before, and may have led it anywhere: so the record must be one of those of the page that it lies in.
    func check(recordAt key: UnsafeRawPointer) throws(LMDBFailure) {
        guard let mapping, let start = unsafe mapping.map.start else { return }
        let distance = unsafe key - UnsafeRawPointer(start)
        // Others are copies.
        guard distance >= 0, unsafe distance < mapping.map.count else { return }
        let size = unsafe mapping.map.page_size
        let number = UInt64(distance / size)
        if lastPage == 0 { lastPage = try baseMeta().lastPage }
        let page: LMDBPageLook
        if number > lastPage, let bytes = unsafe mapping.page(number) {
            // What it wrote early because there was too much of it lies behind what there was, and may change.
            page = unsafe try LMDBPageLook(number, bytes)
        } else {
            page = try look(number)
        }
        guard !page.isBranch, page.hasKey(at: distance % size) else {
            throw .damaged("page \(number): something else leads into the middle of it")
        }
    }

    /// Looks at page `number`, which is `level` pages from the root, the first.
    func look(_ number: UInt64, _ level: Int, of tree: LMDBTree) throws(LMDBFailure) -> LMDBPageLook {
        let page = try look(number)
        guard page.isBranch == (level < tree.depth) else {
            throw .damaged("page \(number): it is at level \(level) of a tree of depth \(tree.depth)")
        }
        return page
    }

    private func look(_ number: UInt64) throws(LMDBFailure) -> LMDBPageLook {
        if lastPage == 0 { lastPage = try baseMeta().lastPage }
        guard number >= 2, number <= lastPage, let bytes = unsafe mapping?.page(number) else {
            throw .damaged("page \(number) of \(lastPage + 1)")
        }
        if known.contains(number) { return unsafe LMDBPageLook(known: number, bytes) }
        let page = unsafe try LMDBPageLook(number, bytes)
        if !page.isBranch { try checkValues(of: page) }
        known.insert(number)
        return page
    }

    /// Looks at what the records of a leaf say of their values, by which LMDB lets go of pages.
    private func checkValues(of page: LMDBPageLook) throws(LMDBFailure) {
        if page.allFlags == 0 { return }
        for index in 0..<page.count {
            let flags = page.flags(index)
            if flags == 0 { continue }
            if flags & ~0x03 != 0 { throw .damaged("page \(page.number): a record has the flags \(flags)") }
            if flags & 0x01 != 0 { _ = unsafe try overflow(page, index) }
        }
    }

    /// Looks at the head of the pages that hold a value, and gives the first.
    func overflow(_ page: LMDBPageLook, _ index: Int) throws(LMDBFailure) -> UnsafeRawBufferPointer {
        let (meta, number, size) = (try baseMeta(), page.overflowPage(index), page.valueSize(index))
        guard number >= 2, number <= meta.lastPage, let bytes = unsafe mapping?.page(number) else {
            throw .damaged("page \(number) of \(meta.lastPage + 1)")
        }
        let pages = unsafe UInt64(bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        let needed = UInt64((LMDBPageFormat.headCount - 1 + size) / meta.pageSize + 1)
        guard unsafe bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self) == number,
            unsafe bytes.loadUnaligned(fromByteOffset: 10, as: UInt16.self) == LMDBPageFormat.overflowFlag,
            pages >= needed, pages <= meta.lastPage, number <= meta.lastPage - (pages - 1)
        else { throw .damaged("page \(number): it does not hold a value of \(size) bytes") }
        return unsafe bytes
    }
}
