import StrataModel
import StrataRefs

/// A stretch of the order of names in which there is no record, as a look has shown: who creates many names in order asks for each, and most fall where
/// the one before fell.
///
/// It holds until a record is made in it. For names that are keys (``LMDBRefKey``). Its ends are kept in place, so that a question counts no references.
@safe
final class LMDBGap {
    /// The first name that there could be, and the next record's key without the scope.
    private let bytes: UnsafeMutableRawBufferPointer
    private var startCount = 0
    /// nil = no record of the scope follows.
    private var endCount: Int?
    /// Of the worktree; nil = nothing is known.
    private(set) var scope: UInt32?

    private static let most = LMDBRefKey.longKeyCount

    init() { unsafe bytes = .allocate(byteCount: 2 * Self.most, alignment: 8) }

    deinit { unsafe bytes.deallocate() }

    /// Takes note that there is no record from `start` on, and that the next is at `end`.
    func note(_ scope: UInt32, from start: Span<UInt8>, to end: UnsafeRawBufferPointer?) {
        forget()
        guard start.count <= LMDBRefKey.nameLimit, unsafe end.map({ $0.count <= Self.most }) ?? true else {
            return
        }
        unsafe start.withUnsafeBytes { unsafe bytes.copyMemory(from: $0) }
        if let end = unsafe end {
            unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[Self.most...]).copyMemory(from: end)
        }
        (startCount, endCount, self.scope) = (start.count, unsafe end?.count, scope)
    }

    func forget() { scope = nil }

    /// Whether it is seen by this that `name` has no record.
    func contains(_ name: ArraySlice<UInt8>, _ scope: UInt32) -> Bool {
        guard scope == self.scope, name.count <= LMDBRefKey.nameLimit else { return false }
        return contains(name.span)
    }

    /// Whether a record with the key `key`, without the scope, would lie in it.
    func contains(_ key: Span<UInt8>) -> Bool {
        withEnds { start, end in
            RefNameOrder.compare(start, key) <= 0 && (endCount == nil || RefNameOrder.compare(key, end) < 0)
        }
    }

    /// Whether it is seen by this that no record is of a name below the directory `name`.
    func isEmpty(below name: RefName, _ scope: UInt32) -> Bool {
        // Longer ones lie in records that begin with the bytes of the directory, too, as long as a key has room for these.
        guard scope == self.scope, name.bytes.count < LMDBRefKey.nameLimit else { return false }
        return withEnds { start, end in
            RefNameOrder.compare(start, below: name) <= 0
                && (endCount == nil || RefNameOrder.compare(end, below: name) > 0 && !name.isDirectory(of: end))
        }
    }

    @inline(__always)
    private func withEnds(_ body: (_ start: Span<UInt8>, _ end: Span<UInt8>) -> Bool) -> Bool {
        let all = unsafe UnsafeRawBufferPointer(bytes).assumingMemoryBound(to: UInt8.self)
        let start = unsafe UnsafeBufferPointer(rebasing: all[..<startCount])
        let end = unsafe UnsafeBufferPointer(rebasing: all[Self.most..<Self.most + (endCount ?? 0)])
        return unsafe body(Span(_unsafeElements: start), Span(_unsafeElements: end))
    }
}
