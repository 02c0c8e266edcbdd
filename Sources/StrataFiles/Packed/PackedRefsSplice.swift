import Glibc
import StrataModel
package import StrataRefs

/// Where the bytes of a new `packed-refs` file go, in order.
package protocol PackedRefsOutput {
    mutating func append(_ bytes: [UInt8]) throws(RefError)
    /// Bytes of the old file, which stay in place as long as its snapshot lives.
    @unsafe mutating func copy(_ bytes: UnsafeBufferPointer<UInt8>) throws(RefError)
}

/// Makes a new `packed-refs` file of an old one and changes.
///
/// Every line is checked first, as strictly as for a listing: what is malformed is an error and nothing is written, as with git. Then a
/// file with git's own header is *spliced*: what no change touches is copied as it stands. So lines that git would never write but
/// that stand under git's header (digits in upper case, a tab for the blank, names out of order) stay as they are, where git would
/// write them anew or refuse. Any other file is written in git's form. In both cases all records of a changed name go, where git leaves duplicates of it behind, and a
/// malformed name keeps its id, which git would overwrite with zeros.
///
/// Nothing is peeled that was not peeled before, although the new header promises it: git does the same, and no reader relies
/// on it.
package struct PackedRefsSplice {
    private let snapshot: PackedRefSnapshot
    /// In the order of their names, each name once.
    private let changes: [PackedRefChange]
    private let isTrusted: Bool

    /// The file of `snapshot` with `changes`, which may come in any order.
    ///
    /// - Parameter isTrusted: whether this library has just written it, so that its lines need no check.
    /// - Throws: ``RefError/Code/invalid`` for changes that cannot be made together, or in this file at all.
    package init(
        _ snapshot: PackedRefSnapshot, _ changes: [PackedRefChange], isTrusted: Bool = false
    ) throws(RefError) {
        self.snapshot = snapshot
        self.isTrusted = isTrusted
        self.changes = try PackedRefChange.ordered(changes, snapshot.hashAlgorithm)
    }

    /// Whether the new file would differ: nothing is to be set, and nothing that is to be removed is there.
    var isNeeded: Bool {
        changes.contains { change in
            if case .set = change.value { return true }
            return unsafe change.name.bytes.withUnsafeBufferPointer { unsafe snapshot.records.locate($0).found }
        }
    }

    /// Writes the new file. The changes count for the old file as it was read; the caller holds its lock.
    package func write(to output: inout some PackedRefsOutput) throws(RefError) {
        try output.append(PackedRefsHeader.line)
        var isSpliced = snapshot.header.isCanonical
        if isSpliced, !isTrusted { isSpliced = try haveLinesOfTheirOwn() }
        if isSpliced {
            try splice(into: &output)
        } else {
            try rewrite(into: &output)
        }
        try snapshot.contents.check(path: snapshot.path)
    }

    /// Checks every record, and whether each is one line. For git, which lists them so, a line feed is a blank like others; but a search
    /// would end within such a record, and tear it apart.
    private func haveLinesOfTheirOwn() throws(RefError) -> Bool {
        var check = try snapshot.packedCursor(over: .all)
        var areLines = true
        while let view = try check.next() {
            if unsafe view.nameBuffer.baseAddress?[-1] == 0x0a { areLines = false }
        }
        return areLines
    }

    private func splice(into output: inout some PackedRefsOutput) throws(RefError) {
        let records = snapshot.records
        var from = unsafe records.start
        for change in changes {
            let rest = unsafe PackedRecords(start: from, end: records.end, hexCount: records.hexCount)
            let (first, behind) = unsafe rest.all(change.name.bytes)
            try unsafe output.copy(UnsafeBufferPointer(start: from, count: first - from))
            try output.append(change)
            unsafe from = behind
        }
        try unsafe output.copy(UnsafeBufferPointer(start: from, count: records.end - from))
    }

    private func rewrite(into output: inout some PackedRefsOutput) throws(RefError) {
        var cursor = try snapshot.packedCursor(over: .all)
        var pending = changes[...]
        var last: [UInt8]?
        var record: [UInt8] = []
        while let view = try cursor.next() {
            while let change = pending.first, RefNameOrder.compare(change.name.bytes.span, view.name) < 0 {
                try output.append(change)
                last = change.name.bytes
                pending = pending.dropFirst()
            }
            if let change = pending.first, RefNameOrder.compare(change.name.bytes.span, view.name) == 0 {
                try output.append(change)
                last = change.name.bytes
                pending = pending.dropFirst()
            }
            if let last, RefNameOrder.compare(last.span, view.name) == 0 { continue }
            record.removeAll(keepingCapacity: true)
            unsafe record.append(contentsOf: view.valueBuffer)
            if let peeled = view.peeled {
                record.append(UInt8(ascii: " "))
                unsafe record.append(contentsOf: view.nameBuffer)
                record.append(contentsOf: [0x0a, UInt8(ascii: "^")])
                peeled.appendHex(to: &record)
            } else {
                record.append(UInt8(ascii: " "))
                unsafe record.append(contentsOf: view.nameBuffer)
            }
            record.append(0x0a)
            for i in 0..<snapshot.hashAlgorithm.hexCount { record[i] |= 0x20 }
            try output.append(record)
        }
        for change in pending { try output.append(change) }
    }
}

extension PackedRefsOutput {
    fileprivate mutating func append(_ change: PackedRefChange) throws(RefError) {
        guard case .set = change.value else { return }
        var record: [UInt8] = []
        change.appendRecord(to: &record)
        try append(record)
    }
}

extension PackedRecords {
    /// From the first record of `name` to behind the last one; where there is none, the place where it would be.
    @unsafe
    fileprivate func all(_ name: [UInt8]) -> (first: UnsafePointer<UInt8>, behind: UnsafePointer<UInt8>) {
        unsafe name.withUnsafeBufferPointer { name in
            let hit = unsafe locate(name)
            guard unsafe hit.found else { return unsafe (hit.place, hit.place) }
            var first = unsafe hit.place
            while unsafe first > start {
                let before = unsafe recordStart(at: first - 1, notBefore: start)
                guard unsafe compare(before, name, .first) == 0 else { break }
                unsafe first = before
            }
            var behind = unsafe recordEnd(after: hit.place, notBehind: end)
            while unsafe behind < end, unsafe compare(behind, name, .first) == 0 {
                unsafe behind = recordEnd(after: behind, notBehind: end)
            }
            return unsafe (first, behind)
        }
    }
}
