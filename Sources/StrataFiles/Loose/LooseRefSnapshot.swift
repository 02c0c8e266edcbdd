import StrataModel
import StrataRefs

/// A view of the loose references of one directory, read from disk anew each time.
final class LooseRefSnapshot: RefSnapshot {
    let reader: LooseRefReader

    init(_ reader: LooseRefReader) { self.reader = reader }

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        guard case .value(let value) = try reader.read(name.bytes) else { return nil }
        return value
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor { try LooseRefCursor(self, over: scope) }
}

/// A walk over loose references, all read before the first is yielded.
struct LooseRefCursor: RefCursor {
    private let snapshot: LooseRefSnapshot
    private var run: RefRun
    private var index = 0

    init(_ snapshot: LooseRefSnapshot, over scope: RefScope) throws(RefError) {
        self.snapshot = snapshot
        run = try LooseRefScan.run(snapshot.reader, over: scope)
    }

    mutating func next() throws(RefError) -> RefView? {
        guard index < run.count else { return nil }
        defer { index += 1 }
        return run[index]
    }

    mutating func seek(_ scope: RefScope) throws(RefError) {
        run = try LooseRefScan.run(snapshot.reader, over: scope)
        index = 0
    }
}
