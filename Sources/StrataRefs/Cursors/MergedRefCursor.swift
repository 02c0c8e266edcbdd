import Glibc
import StrataModel

/// One walk over several cursors in order: of references with equal names the one of the foremost cursor is yielded, the others are
/// passed over.
///
/// The children's scopes, and filters where a scope cannot say it, select what each contributes. Git's functions:
/// `merge_ref_iterator_begin`, `overlay_ref_iterator_begin`.
public struct MergedRefCursor: RefCursor {
    /// One cursor to be merged.
    public struct Child {
        /// The cursor, over the scope that it contributes to.
        public var cursor: any RefCursor
        /// Makes the child's scope of the merged one's when it is sought; nil where it contributes nothing to that.
        public var scope: @Sendable (RefScope) -> RefScope?
        /// Whether the child contributes a reference; nil = all.
        public var accepts: (@Sendable (RefView) -> Bool)?

        public init(
            _ cursor: any RefCursor, scope: @escaping @Sendable (RefScope) -> RefScope? = { $0 },
            accepts: (@Sendable (RefView) -> Bool)? = nil
        ) {
            self.cursor = cursor
            self.scope = scope
            self.accepts = accepts
        }
    }

    private let state: MergeState

    /// Merges `children`, the foremost first; at most 64, which are positioned already.
    public init(_ children: [Child]) throws(RefError) {
        guard children.count <= 64 else { throw RefError(.invalid, "more than 64 stores in one listing") }
        state = MergeState(children)
    }

    public mutating func next() throws(RefError) -> RefView? { try state.next() }

    public mutating func seek(_ scope: RefScope) throws(RefError) { try state.seek(scope) }
}

/// The children side by side in one buffer, and which of them have to move before the next comparison.
@safe
private final class MergeState {
    struct Slot {
        var child: MergedRefCursor.Child
        var head: RefView?
    }

    private let slots: UnsafeMutablePointer<Slot>
    private let count: Int
    /// Bit i: child i's head was used, or never read.
    private var stale: UInt64
    /// Bit i: child i has not ended.
    private var live: UInt64

    init(_ children: [MergedRefCursor.Child]) {
        count = children.count
        unsafe slots = .allocate(capacity: max(1, children.count))
        for (index, child) in children.enumerated() {
            unsafe (slots + index).initialize(to: Slot(child: child, head: nil))
        }
        live = count == 64 ? .max : (1 << UInt64(count)) - 1
        stale = live
    }

    deinit {
        unsafe slots.deinitialize(count: count)
        unsafe slots.deallocate()
    }

    func seek(_ scope: RefScope) throws(RefError) {
        (live, stale) = (0, 0)
        for index in 0..<count {
            unsafe slots[index].head = nil
            guard let part = unsafe slots[index].child.scope(scope) else { continue }
            try unsafe slots[index].child.cursor.seek(part)
            live |= 1 << UInt64(index)
        }
        stale = live
    }

    func next() throws(RefError) -> RefView? {
        while stale != 0 {
            let index = stale.trailingZeroBitCount
            let bit: UInt64 = 1 << UInt64(index)
            let head = try unsafe advance(slots + index)
            stale &= ~bit
            if head == nil { live &= ~bit }
            // Alone, a child is simply passed on; its head stays stale.
            if live == bit {
                stale = bit
                return head
            }
            unsafe slots[index].head = head
        }
        guard live != 0 else { return nil }
        if live & (live - 1) == 0 {
            let index = live.trailingZeroBitCount
            stale = live
            defer { unsafe slots[index].head = nil }
            return unsafe slots[index].head
        }
        return smallest()
    }

    private func advance(_ slot: UnsafeMutablePointer<Slot>) throws(RefError) -> RefView? {
        guard let accepts = unsafe slot.pointee.child.accepts else {
            return try unsafe slot.pointee.child.cursor.next()
        }
        while let view = try unsafe slot.pointee.child.cursor.next() {
            if accepts(view) { return view }
        }
        return nil
    }

    /// The smallest of the heads; it and its equals become stale.
    private func smallest() -> RefView? {
        var rest = live
        var best = rest.trailingZeroBitCount
        rest &= rest - 1
        var ties: UInt64 = 1 << UInt64(best)
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            rest &= rest - 1
            guard let a = unsafe slots[index].head, let b = unsafe slots[best].head else { continue }
            let order = a.compareName(b)
            if order < 0 {
                best = index
                ties = 1 << UInt64(index)
            } else if order == 0 {
                ties |= 1 << UInt64(index)
            }
        }
        stale = ties
        return unsafe slots[best].head
    }
}

extension RefView {
    /// Below zero, zero or above zero, as this name stands before, at or after `other`'s.
    @inline(__always)
    func compareName(_ other: RefView) -> Int {
        let order = unsafe memcmp(nameBase, other.nameBase, Int(min(nameCount, other.nameCount)))
        return order != 0 ? Int(order) : Int(nameCount) - Int(other.nameCount)
    }
}
