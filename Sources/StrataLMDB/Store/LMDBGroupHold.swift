import CLMDB
import StrataIO
import StrataModel
import StrataRefs

/// What one transaction of a group is decided under: the write transaction itself, in which those before it are done already.
final class LMDBGroupHold: HeldRefs {
    private let writer: LMDBRefWriter
    /// The write transaction has failed, and with it all that is in it.
    private(set) var failure: RefError?
    /// How many changes there were before this transaction's.
    private var undoStart: Int?

    /// Names that were read and may have a reflog.
    private var logged: Set<RefName> = []
    /// Where names were read last.
    private var scope: UInt32?
    private let isObserved: Bool
    private static let isHeld: [RefHoldFailure?] = [nil]

    /// - Parameter isObserved: whether the transaction can be stopped after it was staged.
    init(_ writer: LMDBRefWriter, isObserved: Bool) {
        self.writer = writer
        self.isObserved = isObserved
    }

    func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?] {
        names.count == 1 ? Self.isHeld : names.map { _ in nil }
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        try noting { () throws(RefError) in
            scope = try writer.readScope()
            let found = try writer.read(name, scope)
            if found.mayHaveLog { logged.insert(name) }
            return found.value
        }
    }

    func isKnownFree(below name: RefName) -> Bool {
        scope.map { writer.writer.gaps.isEmpty(below: name, $0) } ?? false
    }

    func isKnownAbsent(_ name: ArraySlice<UInt8>) -> Bool {
        guard let scope else { return false }
        return writer.writer.gaps.contains(name, scope)
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        try noting { () throws(RefError) in
            LMDBGroupCursor(writer.writer, try writer.readScope(), over: scope)
        }
    }

    func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError) {
        if edits.count > LMDBGaps.most { writer.writer.gaps.forgetAll() }
        try noting { () throws(RefError) in
            // Nobody can say no but an observer.
            if isObserved, writer.writer.undo == nil { writer.writer.beginUndo() }
            undoStart = isObserved ? writer.writer.undo?.count : nil
            // Every name was read when its edit was decided.
            try writer.apply(edits, logged: logged)
        }
    }

    /// The group's commit is this one's.
    func commit() throws(RefError) { undoStart = nil }

    /// Takes back what was done, where an observer has said no.
    func abort() {
        guard let start = undoStart, failure == nil, !writer.writer.isOver else { return }
        undoStart = nil
        do throws(RefError) {
            try writer.writer.takeBack(from: start)
        } catch {
            failure = error
        }
    }

    private func noting<T>(_ body: () throws(RefError) -> T) throws(RefError) -> T {
        do throws(RefError) {
            return try body()
        } catch {
            if error.cause is LMDBFailure { failure = error }
            throw error
        }
    }
}

/// A walk over references in a write transaction, one at a time and copied: the next change may move what lies in it.
private struct LMDBGroupCursor: RefCursor {
    private final class State {
        let writer: LMDBWriter
        /// nil = there are no references.
        let number: UInt32?
        var scope: RefScope
        /// Where to go on; nil = from the record after the last.
        var start: [UInt8]?
        var long: RefRunCursor?

        init(_ writer: LMDBWriter, _ number: UInt32?, _ scope: RefScope) {
            self.writer = writer
            self.number = number
            self.scope = scope
            start = scope.start
        }

        func note(nothingFrom start: [UInt8], to end: UnsafeRawBufferPointer?) {
            if let number { unsafe writer.gaps.note(number, from: start.span, to: end) }
        }
    }

    private let state: State

    init(_ writer: LMDBWriter, _ number: UInt32?, over scope: RefScope) {
        state = State(writer, number, scope)
    }

    mutating func seek(_ scope: RefScope) throws(RefError) {
        state.scope = scope
        state.start = scope.start
        state.long = nil
    }

    mutating func next() throws(RefError) -> RefView? {
        let (state, writer) = (state, state.writer)
        guard let number = state.number else { return nil }
        while true {
            if var long = state.long {
                let view = try long.next()
                state.long = view == nil ? nil : long
                if let view { return view }
            }
            guard let start = state.start else { return nil }
            let found = try unsafe LMDBRefKey.with(number, start) { key, _ throws(RefError) in
                unsafe try writer.move(writer.refs, MDB_SET_RANGE, key)
            }
            guard let found = unsafe found, let bytes = unsafe LMDBRefKey.name(of: found, in: number) else {
                unsafe state.note(nothingFrom: start, to: nil)
                return nil
            }
            do throws(LMDBFailure) {
                let value = unsafe UnsafeRawBufferPointer(start: found.value, count: found.value_count)
                if unsafe LMDBRefKey.isLong(UnsafeRawBufferPointer(start: found.key, count: found.key_count)) {
                    let name = unsafe Array(bytes.dropLast())
                    let run = try unsafe name.withUnsafeBufferPointer { name throws(LMDBFailure) in
                        unsafe try LMDBLongNames(value).run(startingWith: name, writer.environment.hashAlgorithm)
                    }
                    // Behind all names that begin so.
                    state.start = name.successor
                    state.long = RefRunCursor(run, over: state.scope)
                    continue
                }
                switch unsafe state.scope.judge(Span(_unsafeElements: bytes.assumingMemoryBound(to: UInt8.self))) {
                case .end:
                    unsafe state.note(nothingFrom: start, to: bytes)
                    return nil
                case .skip(let past): state.start = past
                case .inside:
                    let name = unsafe Array(bytes)
                    state.start = name + [0]
                    guard let value = unsafe try LMDBRefRecord(value, writer.environment.hashAlgorithm).value else {
                        continue
                    }
                    var builder = RefRunBuilder()
                    builder.append(name: name, value: value)
                    return builder.finished()[0]
                }
            } catch {
                throw writer.environment.damage(error, nil)
            }
        }
    }
}

extension [UInt8] {
    /// The first bytes behind all that begin with these; nil = there are none.
    fileprivate var successor: [UInt8]? {
        guard let index = lastIndex(where: { $0 != 0xff }) else { return nil }
        return self[..<index] + [self[index] + 1]
    }
}
