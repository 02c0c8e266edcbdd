import StrataModel

/// The names whose value a transaction changes or checks, each once; sorted, because edits mostly come so, and no table need be made of them.
struct RefTransactionNames {
    /// Those of edits.
    private(set) var sorted: [RefName] = []
    /// Whether the edits were in the order of their names.
    private(set) var cameInOrder = true
    /// Those of `sorted` that were rejected since.
    private var gone: Set<RefName> = []
    /// Those that symbolic references have led to; sorted once that is asked for.
    private var added: Set<RefName> = []
    private var addedInOrder: [RefName]?
    /// Where the last answer was: mostly the next is beside it.
    private var place = 0

    /// - Returns: the first name, in their order, that comes twice.
    mutating func insert(all names: [RefName]) -> RefName? {
        sorted = names
        cameInOrder = true
        var twice: RefName?
        for index in names.indices.dropFirst() {
            let (before, name) = (names[index - 1], names[index])
            let order = RefNameOrder.compare(before.bytes.span, name.bytes.span)
            if order < 0 { continue }
            if order == 0, twice == nil { twice = name }
            if order > 0 {
                cameInOrder = false
                break
            }
        }
        if cameInOrder { return twice }
        sorted.sort()
        for index in sorted.indices.dropFirst() where sorted[index] == sorted[index - 1] { return sorted[index] }
        return nil
    }

    /// - Returns: false where it is there already.
    mutating func insert(_ name: RefName) -> Bool {
        if contains(name) { return false }
        if gone.remove(name) == nil {
            added.insert(name)
            addedInOrder = nil
        }
        return true
    }

    mutating func remove(_ name: RefName) {
        if added.remove(name) != nil {
            addedInOrder = nil
        } else if index(of: name.bytes[...]) != nil {
            gone.insert(name)
        }
    }

    mutating func contains(_ name: RefName) -> Bool {
        if index(of: name.bytes[...]) != nil { return gone.isEmpty || !gone.contains(name) }
        return !added.isEmpty && added.contains(name)
    }

    /// False only where ``contains(_:)`` is, which it may be here too.
    mutating func mayContain(_ name: ArraySlice<UInt8>) -> Bool { !added.isEmpty || index(of: name) != nil }

    /// The first name below the directory `directory`.
    mutating func first(below directory: RefName) -> RefName? {
        let behind = firstIndex { RefNameOrder.compare($0.bytes.span, below: directory) < 0 }
        var first: RefName?
        for name in sorted[behind...] {
            guard directory.isDirectory(of: name.bytes.span) else { break }
            if gone.isEmpty || !gone.contains(name) {
                first = name
                break
            }
        }
        if added.isEmpty { return first }
        let more = addedInOrder ?? added.sorted()
        addedInOrder = more
        let place = Self.search(more, 0..<more.count) { RefNameOrder.compare($0.bytes.span, below: directory) < 0 }
        guard place < more.count else { return first }
        let candidate = more[place]
        guard directory.isDirectory(of: candidate.bytes.span) else { return first }
        return first.map { min($0, candidate) } ?? candidate
    }

    private mutating func index(of bytes: ArraySlice<UInt8>) -> Int? {
        let index = firstIndex { RefNameOrder.compare($0.bytes.span, bytes.span) < 0 }
        if index == sorted.count { return nil }
        let found = sorted[index].bytes
        return RefNameOrder.compare(found.span, bytes.span) == 0 ? index : nil
    }

    private mutating func firstIndex(whereNot isBefore: (RefName) -> Bool) -> Int {
        var (low, high) = (0, sorted.count)
        if place < high {
            if isBefore(sorted[place]) {
                low = place + 1
                if low < high, !isBefore(sorted[low]) { high = low }
            } else {
                high = place
                if high > 0, isBefore(sorted[high - 1]) { low = high }
            }
        }
        place = Self.search(sorted, low..<high, isBefore)
        return place
    }

    /// The first of `names` in `range` that is not before what is looked for, or its end.
    private static func search(_ names: [RefName], _ range: Range<Int>, _ isBefore: (RefName) -> Bool) -> Int {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(names[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension [RefName] {
    var isInOrder: Bool {
        for index in indices.dropFirst() where self[index] < self[index - 1] { return false }
        return true
    }

    /// In their order, each once.
    func sortedWithoutRepeats() -> [RefName] {
        var all = isInOrder ? self : sorted()
        guard let twice = all.indices.dropFirst().first(where: { all[$0] == all[$0 - 1] }) else { return all }
        var count = twice
        for index in all.indices[twice...] where all[index] != all[count - 1] {
            all[count] = all[index]
            count += 1
        }
        all.removeSubrange(count...)
        return all
    }
}
