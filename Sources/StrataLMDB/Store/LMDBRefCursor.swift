import CLMDB
import StrataIO
import StrataModel
import StrataRefs

/// A walk over references in a read transaction, whose views lie in the mapped file.
@safe
struct LMDBRefCursor: RefCursor {
    private let state: LMDBRefCursorState?
    /// The same, which this value holds: a step counts no reference.
    private let lent: Unmanaged<LMDBRefCursorState>?

    init(_ snapshot: LMDBRefSnapshot, over scope: RefScope) throws(RefError) {
        // A worktree without a number has no references.
        state = try snapshot.scope.map { number throws(RefError) in
            try LMDBRefCursorState(snapshot.transaction, number, scope)
        }
        unsafe lent = state.map { unsafe .passUnretained($0) }
        try state?.seek(to: scope.start)
    }

    @inline(__always)
    mutating func next() throws(RefError) -> RefView? {
        guard let lent = unsafe lent else { return nil }
        // The compiler does not see that what is lent hangs on it.
        defer { withExtendedLifetime(state) {} }
        return try unsafe lent.lend { state throws(RefError) in try state.next() }
    }

    mutating func seek(_ scope: RefScope) throws(RefError) { try state?.seek(scope) }
}

@safe
private final class LMDBRefCursorState {
    /// What changes from one reference to the next: behind a pointer, so that a step is loads and stores.
    private struct Progress {
        var scope: RefScope
        /// Where a record of long names is being walked over.
        var long: RefRunCursor?
        /// Whether all that was fetched lies inside the scope.
        var isAllInside = false
    }

    private let transaction: LMDBReadTransaction
    private let algorithm: HashAlgorithm
    private let number: UInt32
    private let walk: LMDBRecordWalk
    private let progress: UnsafeMutablePointer<Progress>

    init(_ transaction: LMDBReadTransaction, _ number: UInt32, _ scope: RefScope) throws(RefError) {
        self.transaction = transaction
        self.number = number
        algorithm = transaction.environment.hashAlgorithm
        walk = try LMDBRecordWalk(transaction, transaction.refs)
        unsafe progress = .allocate(capacity: 1)
        unsafe progress.initialize(to: Progress(scope: scope))
    }

    deinit {
        unsafe progress.deinitialize(count: 1)
        unsafe progress.deallocate()
    }

    func seek(_ scope: RefScope) throws(RefError) {
        unsafe progress.pointee.scope = scope
        try seek(to: scope.start)
    }

    func seek(to start: [UInt8]) throws(RefError) {
        unsafe progress.pointee.long = nil
        let walk = walk
        try unsafe LMDBRefKey.with(number, start) { key, _ throws(RefError) in try unsafe walk.seek(key) }
    }

    @inline(__always)
    func next() throws(RefError) -> RefView? {
        if unsafe progress.pointee.long != nil {
            if let view = unsafe try progress.pointee.long?.next() { return view }
            unsafe progress.pointee.long = nil
        }
        while let found = unsafe try walk.nextPlace() {
            if walk.isAtFirst { unsafe progress.pointee.isAllInside = areAllInside() }
            let key = unsafe UnsafeRawBufferPointer(start: found.pointee.key, count: found.pointee.key_count)
            // A damaged page may say anything, also between two keys that are as they should be.
            guard key.count > 4 else { break }
            if unsafe LMDBRefKey.isLong(key) {
                if let view = unsafe try enter(found.pointee) { return view }
                continue
            }
            if unsafe !progress.pointee.isAllInside {
                guard unsafe key.number(at: 0) == number else { break }
                let name = unsafe UnsafeRawBufferPointer(rebasing: key[4...]).assumingMemoryBound(to: UInt8.self)
                switch unsafe progress.pointee.scope.judge(Span(_unsafeElements: name)) {
                case .end: return try end()
                case .skip(let past):
                    try seek(to: past)
                    continue
                case .inside: break
                }
            }
            if let view = unsafe try view(found.pointee, key) { return view }
        }
        return try end()
    }

    /// Names are in order: where the first and the last that were fetched begin as they should, so do all between them.
    private func areAllInside() -> Bool {
        guard unsafe progress.pointee.scope.excluded.isEmpty, let last = unsafe walk.lastFetched else { return false }
        let key = unsafe UnsafeRawBufferPointer(start: last.pointee.key, count: last.pointee.key_count)
        guard key.count > 4, unsafe key.number(at: 0) == number else { return false }
        return unsafe key[4...].starts(with: progress.pointee.scope.prefix)
    }

    @inline(__always)
    private func view(_ found: strata_lmdb_record, _ key: UnsafeRawBufferPointer) throws(RefError) -> RefView? {
        let name = unsafe UnsafeBufferPointer(start: found.key + 4, count: key.count - 4)
        let record: LMDBRefRecord
        do throws(LMDBFailure) {
            record = unsafe try LMDBRefRecord(
                UnsafeRawBufferPointer(start: found.value, count: found.value_count), algorithm)
        } catch {
            throw unsafe transaction.environment.damage(error, RefName(tolerating: Array(name)))
        }
        return unsafe record.view(name: name, owner: transaction)
    }

    /// The end, unless what was read was no longer the file's.
    private func end() throws(RefError) -> RefView? {
        try transaction.check(0)
        return nil
    }

    /// The first name inside the scope of a record of long ones, with which it goes on.
    private func enter(_ found: strata_lmdb_record) throws(RefError) -> RefView? {
        let start = unsafe UnsafeBufferPointer(start: found.key + 4, count: LMDBRefKey.nameLimit)
        guard unsafe UnsafeRawPointer(found.key).loadUnaligned(as: UInt32.self).bigEndian == number else { return nil }
        do throws(LMDBFailure) {
            let names = unsafe try LMDBLongNames(UnsafeRawBufferPointer(start: found.value, count: found.value_count))
            var long = RefRunCursor(
                unsafe try names.run(startingWith: start, algorithm), over: unsafe progress.pointee.scope)
            let view: RefView?
            do throws(RefError) { view = try long.next() } catch { return nil }
            unsafe progress.pointee.long = long
            return view
        } catch {
            throw transaction.environment.damage(error, nil)
        }
    }
}
