import CLMDB
import StrataModel
import StrataRefs

/// The gaps between records that the writers of an environment know of: one or two where the last names were made, and those where the directories of
/// names have no records, which every creation asks for.
///
/// They hold from one write transaction to the next as long as nobody else has committed between (``LMDBWriterMemory``). For one thread at a time.
final class LMDBGaps {
    static let most = 4
    private let all = (0..<most).map { _ in LMDBGap() }
    /// The one that took note last, which mostly knows.
    private var latest = 0
    private var isEmpty = true

    /// Whether it is known that `name` has no record.
    func contains(_ name: ArraySlice<UInt8>, _ scope: UInt32) -> Bool { knows { $0.contains(name, scope) } }

    /// Whether it is known that no record is of a name below the directory `name`.
    func isEmpty(below name: RefName, _ scope: UInt32) -> Bool { knows { $0.isEmpty(below: name, scope) } }

    @inline(__always)
    private func knows(_ test: (LMDBGap) -> Bool) -> Bool {
        if isEmpty { return false }
        if test(all[latest]) { return true }
        for index in all.indices where index != latest { if test(all[index]) { return true } }
        return false
    }

    /// Takes note that there is no record from `start` on, and that the next is at `end`; as ``LMDBGap/note(_:from:to:)``.
    func note(_ scope: UInt32, from start: Span<UInt8>, to end: UnsafeRawBufferPointer?) {
        let free = all.firstIndex { $0.scope == nil }
        latest = free ?? (latest + 1) % Self.most
        unsafe all[latest].note(scope, from: start, to: end)
        isEmpty = false
    }

    /// Takes note that a record is made at `key`.
    func forget(at key: strata_lmdb_key) {
        if isEmpty { return }
        let isLong = unsafe key.is_long != 0
        let bytes = unsafe UnsafeBufferPointer(
            start: key.bytes?.assumingMemoryBound(to: UInt8.self), count: key.count)
        for gap in all where unsafe gap.scope == key.scope {
            if unsafe isLong || gap.contains(Span(_unsafeElements: bytes)) { gap.forget() }
        }
    }

    func forgetAll() {
        if isEmpty { return }
        for gap in all { gap.forget() }
        isEmpty = true
    }
}
