import Glibc

/// The children of a merge side by side in flat buffers, and the order of their heads.
///
/// The child that was yielded last stays where it was, at the front, until it has moved on; then its new head goes to its place among the
/// others by halving. So a child that is yielded many times in a row costs one comparison a reference, and a child alone none. Names are
/// compared where they lie, without touching the heads' owners.
@safe
final class MergeState {
    /// Where a head's name lies.
    @safe
    private struct Key {
        let name: UnsafePointer<UInt8>
        let count: Int
    }

    /// What changes from one reference to the next.
    private struct Progress {
        /// How many children are in `order`.
        var ordered = 0
        /// Whether the first of `order` was yielded, and has no head.
        var isFirstUsed = false
        /// Bit i: child i is not in `order`, and has to move before the next comparison.
        var pending: UInt64 = 0
        /// Bit i: child i's head has an equal.
        var tied: UInt64 = 0
        /// The only child that is left, and contributes all that it has; -1 = there are several, or it is not known.
        var alone = -1
    }

    let watches: [any RefReadWatch]
    private let count: Int
    private let selections: [(scope: @Sendable (RefScope) -> RefScope?, accepts: (@Sendable (RefView) -> Bool)?)]
    private let cursors: UnsafeMutablePointer<any RefCursor>
    /// There for the children in `order`, but for a first that was used.
    private let heads: UnsafeMutablePointer<RefView>
    private let keys: UnsafeMutablePointer<Key>
    /// The children that have not ended, by the names of their heads, and by number where those are equal.
    private let order: UnsafeMutablePointer<UInt8>
    private let progress: UnsafeMutablePointer<Progress>
    private let hasFilters: Bool

    init(_ children: [MergedRefCursor.Child], _ watches: [any RefReadWatch]) {
        self.watches = watches
        count = children.count
        selections = children.map { ($0.scope, $0.accepts) }
        hasFilters = children.contains { $0.accepts != nil }
        let capacity = max(1, children.count)
        unsafe cursors = .allocate(capacity: capacity)
        unsafe heads = .allocate(capacity: capacity)
        unsafe keys = .allocate(capacity: capacity)
        unsafe order = .allocate(capacity: capacity)
        unsafe progress = .allocate(capacity: 1)
        for (index, child) in children.enumerated() { unsafe (cursors + index).initialize(to: child.cursor) }
        unsafe progress.initialize(to: Progress())
        unsafe progress.pointee.pending = count == 64 ? .max : (1 << UInt64(count)) - 1
    }

    deinit {
        dropHeads()
        unsafe cursors.deinitialize(count: count)
        unsafe cursors.deallocate()
        unsafe heads.deallocate()
        unsafe keys.deallocate()
        unsafe order.deallocate()
        unsafe progress.deallocate()
    }

    /// Forgets all heads; no child is left.
    private func dropHeads() {
        let first = unsafe progress.pointee.isFirstUsed ? 1 : 0
        for place in unsafe first..<max(first, progress.pointee.ordered) {
            unsafe (heads + Int(order[place])).deinitialize(count: 1)
        }
        unsafe progress.pointee = Progress()
    }

    func seek(_ scope: RefScope) throws(RefError) {
        dropHeads()
        var live: UInt64 = 0
        for index in 0..<count {
            guard let part = selections[index].scope(scope) else { continue }
            try unsafe cursors[index].seek(part)
            live |= 1 << UInt64(index)
        }
        unsafe progress.pointee.pending = live
    }

    func next() throws(RefError) -> RefView? {
        let alone = unsafe progress.pointee.alone
        return alone >= 0 ? try unsafe cursors[alone].next() : try nextOfSeveral()
    }

    private func nextOfSeveral() throws(RefError) -> RefView? {
        if unsafe progress.pointee.isFirstUsed {
            let first = unsafe Int(order[0])
            let hasMore = try advance(first)
            unsafe progress.pointee.isFirstUsed = false
            if hasMore { settle(first) } else { removePlace(0) }
        }
        while unsafe progress.pointee.pending != 0 {
            let index = unsafe progress.pointee.pending.trailingZeroBitCount
            // It stays to be done when it fails.
            if try advance(index) { insert(index) }
            unsafe progress.pointee.pending &= ~(1 << UInt64(index))
        }
        guard unsafe progress.pointee.ordered > 0 else { return nil }
        let first = unsafe Int(order[0])
        if unsafe progress.pointee.tied & (1 << UInt64(first)) != 0 { passOverEquals(of: first) }
        unsafe progress.pointee.isFirstUsed = true
        if unsafe progress.pointee.ordered == 1 && progress.pointee.pending == 0, selections[first].accepts == nil {
            unsafe progress.pointee.alone = first
        }
        return unsafe (heads + first).move()
    }

    /// Lets a child without a head have its next.
    ///
    /// - Returns: whether it has one.
    @inline(__always)
    private func advance(_ index: Int) throws(RefError) -> Bool {
        while let view = try unsafe cursors[index].next() {
            if hasFilters, let accepts = selections[index].accepts, !accepts(view) { continue }
            unsafe keys[index] = Key(name: view.nameBase, count: Int(view.nameCount))
            unsafe (heads + index).initialize(to: view)
            return true
        }
        return false
    }

    /// Puts the first child where its new head belongs.
    @inline(__always)
    private func settle(_ first: Int) {
        let ordered = unsafe progress.pointee.ordered
        if ordered == 1 || isBefore(first, unsafe Int(order[1])) { return }
        let place = self.place(of: first, from: 2, to: ordered)
        for i in 1..<place { unsafe order[i - 1] = order[i] }
        unsafe order[place - 1] = UInt8(truncatingIfNeeded: first)
    }

    /// Adds a child that was not in the order.
    private func insert(_ index: Int) {
        let ordered = unsafe progress.pointee.ordered
        let place = self.place(of: index, from: 0, to: ordered)
        for i in stride(from: ordered, to: place, by: -1) { unsafe order[i] = order[i - 1] }
        unsafe order[place] = UInt8(truncatingIfNeeded: index)
        unsafe progress.pointee.ordered += 1
    }

    /// The first place from `low` on whose child comes after child `index`.
    @inline(__always)
    private func place(of index: Int, from low: Int, to high: Int) -> Int {
        var (low, high) = (low, high)
        while low < high {
            let middle = (low &+ high) / 2
            if isBefore(index, unsafe Int(order[middle])) { high = middle } else { low = middle &+ 1 }
        }
        return low
    }

    private func removePlace(_ place: Int) {
        unsafe progress.pointee.ordered -= 1
        for i in unsafe place..<progress.pointee.ordered { unsafe order[i] = order[i + 1] }
    }

    /// Whether child `a` comes before child `b`; notes when their names are equal.
    @inline(__always)
    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        let (x, y) = unsafe (keys[a], keys[b])
        let order = unsafe memcmp(x.name, y.name, min(x.count, y.count))
        if order != 0 { return order < 0 }
        if x.count != y.count { return x.count < y.count }
        unsafe progress.pointee.tied |= 1 << UInt64(a) | 1 << UInt64(b)
        return a < b
    }

    /// The children behind the first whose heads have its name move on with it.
    @inline(never)
    private func passOverEquals(of first: Int) {
        var used: UInt64 = 1 << UInt64(first)
        let key = unsafe keys[first]
        while unsafe progress.pointee.ordered > 1 {
            let next = unsafe Int(order[1])
            let other = unsafe keys[next]
            guard unsafe key.count == other.count && memcmp(key.name, other.name, key.count) == 0 else { break }
            unsafe (heads + next).deinitialize(count: 1)
            removePlace(1)
            used |= 1 << UInt64(next)
        }
        unsafe progress.pointee.tied &= ~used
        unsafe progress.pointee.pending |= used & ~(1 << UInt64(first))
    }
}
