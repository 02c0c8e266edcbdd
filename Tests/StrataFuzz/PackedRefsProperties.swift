import StrataFiles
import StrataModel
import StrataRefs
import TestSupport

/// A `packed-refs` file: listings, look-ups and scopes agree with each other, and a change changes what it says and nothing else.
func fuzzPackedRefs(_ bytes: [UInt8]) throws {
    for algorithm in HashAlgorithm.allCases {
        let snapshot: PackedRefSnapshot
        do throws(RefError) { snapshot = try PackedRefSnapshot(bytes: bytes, hashAlgorithm: algorithm) } catch {
            try require(error.code == .corrupt, "opening: \(error.message)")
            continue
        }
        var check = PackedRefsCheck(snapshot, bytes)
        try check.run()
    }
}

/// One reference of a listing.
struct PackedRecord: Equatable {
    let name: [UInt8]
    var value: RefValue
    let flags: RefView.Flags
}

/// The checks of one file that opens.
private struct PackedRefsCheck {
    let snapshot: PackedRefSnapshot
    let bytes: [UInt8]
    var random: SplitMix64

    init(_ snapshot: PackedRefSnapshot, _ bytes: [UInt8]) {
        self.snapshot = snapshot
        self.bytes = bytes
        random = SplitMix64(seed: bytes.reduce(0) { $0 &* 31 &+ UInt64($1) })
    }

    mutating func run() throws {
        // What is read one by one is read laxly: an answer or a typed error, also in a file that cannot be listed.
        for name in ["HEAD", "refs/heads/main", "refs/tags/v1.0"] {
            do throws(RefError) { _ = try snapshot.read(RefName(unchecked: Array(name.utf8))) } catch {
                try require(error.code == .corrupt, "reading \(name): \(error.message)")
            }
        }
        let all: [PackedRecord]
        do throws(RefError) { all = try listing(of: snapshot, .all) } catch {
            try require(error.code == .corrupt, "listing: \(error.message)")
            try checkRefusal()
            return
        }
        for record in all {
            let isWellFormed = RefnameRules.isWellFormed(record.name, oneLevel: true, pattern: false)
            try require(isWellFormed == !record.flags.contains(.badName), "'\(shown(record.name))' flagged wrongly")
            try require(isWellFormed || RefnameRules.isSafe(record.name), "'\(shown(record.name))' listed")
        }
        let isOrdered = zip(all, all.dropFirst()).allSatisfy { RefNameOrder.compare($0.name.span, $1.name.span) <= 0 }
        let isClaimed = snapshot.header.traits.contains(.sorted)
        try require(isOrdered || isClaimed, "a file that does not say that it is sorted is listed out of order")
        // An id with a line feed for its blank is listed, as git does; searches miss it, as git's do.
        let digits = snapshot.hashAlgorithm.hexCount
        let isTorn = bytes.split(separator: 0x0a).contains { $0.count == digits && $0.allSatisfy { $0 != 0x20 } }
        if isOrdered && !isTorn {
            try checkLookups(all)
            try checkScopes(all)
        }
        try checkSplices(all, isOrdered, isTorn)
    }

    // MARK: Reading

    private func checkLookups(_ all: [PackedRecord]) throws {
        let names = Set(all.map(\.name))
        for record in all {
            let found = try snapshot.read(RefName(unchecked: record.name))
            let listed = all.filter { $0.name == record.name }.map(\.value)
            if record.flags.contains(.badName) {
                try require(found?.objectID != nil, "'\(shown(record.name))' is listed and not found")
            } else {
                try require(found.map(listed.contains) == true, "'\(shown(record.name))' is listed and found otherwise")
            }
            for other in [record.name + [0x21], Array(record.name.dropLast()), [0x01] + record.name]
            where !names.contains(other) && !other.isEmpty {
                let found = try snapshot.read(RefName(unchecked: other))
                try require(found == nil, "'\(shown(other))' is found and not listed")
            }
        }
    }

    private mutating func checkScopes(_ all: [PackedRecord]) throws {
        var scopes: [RefScope] = [.all, .refs, RefScope(prefix: [], from: Array("refs/heads/m".utf8))]
        for _ in 0..<min(all.count, 4) {
            guard let name = all.randomElement(using: &random)?.name,
                let bound = all.randomElement(using: &random)?.name
            else { break }
            let cut = Array(name.prefix(Int.random(in: 0...name.count, using: &random)))
            scopes.append(RefScope(prefix: cut))
            scopes.append(RefScope(prefix: cut, from: bound))
            var scope = RefScope(prefix: Array("refs/".utf8))
            scope.exclude([cut, Array(bound.prefix { $0 != UInt8(ascii: "/") }), Array(bound.dropLast())])
            scopes.append(scope)
            scope.start(after: bound)
            scopes.append(scope)
        }
        var cursor = try snapshot.packedCursor(over: .all)
        for scope in scopes {
            let expected = all.filter { scope.contains($0.name.span) }
            let found = try listing(of: snapshot, scope)
            try require(Self.agree(found, expected), "a listing of \(scope) is no part of the whole")
            try cursor.seek(scope)
            try require(try rest(of: &cursor) == found, "seeking \(scope) is not listing it")
        }
    }

    /// Whether two listings have the same references. Where a scope begins at a name that is there several times, a search ends at any
    /// of them, as git's does.
    private static func agree(_ found: [PackedRecord], _ expected: [PackedRecord]) -> Bool {
        if found == expected { return true }
        guard let first = expected.first?.name, expected.dropFirst().first?.name == first else { return false }
        let rest = expected.drop { $0.name == first }
        return found.first?.name == first && found.drop { $0.name == first }.elementsEqual(rest)
    }

    // MARK: Changing

    /// What cannot be listed cannot be changed.
    private func checkRefusal() throws {
        do throws(RefError) { _ = try spliced(snapshot, []) } catch { return }
        throw FuzzFinding("a file that cannot be listed was rewritten")
    }

    private mutating func checkSplices(_ all: [PackedRecord], _ isOrdered: Bool, _ isTorn: Bool) throws {
        let untouched = try spliced(snapshot, [])
        if snapshot.header.isCanonical && !isTorn {
            try require(untouched == bytes, "no change changes a file in git's form")
        }
        try checkSplice(all, [], isOrdered)
        for _ in 0..<2 { try checkSplice(all, someChanges(all), isOrdered) }
    }

    private mutating func someChanges(_ all: [PackedRecord]) throws -> [PackedRefChange] {
        var names = Set<[UInt8]>()
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            if let name = all.randomElement(using: &random)?.name { names.insert(name) }
        }
        for name in ["A", "refs/heads/m", "refs/heads/new-\(UInt8.random(in: 0...9, using: &random))", "refs/z/\u{e9}"]
        where Bool.random(using: &random) {
            names.insert(Array(name.utf8))
        }
        let id = ObjectID(algorithm: snapshot.hashAlgorithm, words: (random.next(), 2, 3, 4))
        return try names.map { name in
            let isWellFormed = (try? RefName(bytes: name)) != nil
            return isWellFormed && Bool.random(using: &random)
                ? .set(try RefName(bytes: name), to: id, peeled: Bool.random(using: &random) ? id : nil)
                : .remove(RefName(unchecked: name))
        }
    }

    private func checkSplice(_ all: [PackedRecord], _ changes: [PackedRefChange], _ isOrdered: Bool) throws {
        let file = try spliced(snapshot, changes)
        let changed: PackedRefSnapshot
        let listed: [PackedRecord]
        do throws(RefError) {
            changed = try PackedRefSnapshot(bytes: file, hashAlgorithm: snapshot.hashAlgorithm)
            listed = try listing(of: changed, .all)
        } catch {
            throw FuzzFinding("a changed file is malformed: \(error.message)")
        }
        try require(changed.header.isCanonical, "a changed file has no header of git's")
        // A header that lies about the order makes git, too, miss names.
        guard isOrdered else { return }
        var expected = all.filter { record in !changes.contains { $0.name.bytes == record.name } }
        for change in changes {
            guard case .set(let id, let peeled) = change.value else { continue }
            let at = expected.firstIndex { RefNameOrder.compare($0.name.span, change.name.bytes.span) > 0 }
            let record = PackedRecord(
                name: change.name.bytes, value: .object(id, peeled: peeled), flags: [.packed, .checkedDigits])
            expected.insert(record, at: at ?? expected.count)
        }
        try require(listed == expected, "changing \(changes) changed something else")
        try require(try spliced(changed, changes) == file, "changing \(changes) twice is not changing it once")
    }
}

private func listing(of snapshot: PackedRefSnapshot, _ scope: RefScope) throws(RefError) -> [PackedRecord] {
    var cursor = try snapshot.packedCursor(over: scope)
    return try rest(of: &cursor)
}

private func rest(of cursor: inout PackedRefCursor) throws(RefError) -> [PackedRecord] {
    var records: [PackedRecord] = []
    while let view = try cursor.next() {
        records.append(PackedRecord(name: view.refName.bytes, value: view.value, flags: view.flags))
    }
    return records
}

private func spliced(_ snapshot: PackedRefSnapshot, _ changes: [PackedRefChange]) throws(RefError) -> [UInt8] {
    var output = Memory()
    try PackedRefsSplice(snapshot, changes).write(to: &output)
    return output.bytes
}

/// A new file that stays in memory.
private struct Memory: PackedRefsOutput {
    var bytes: [UInt8] = []

    mutating func append(_ bytes: [UInt8]) { self.bytes += bytes }
    @unsafe mutating func copy(_ bytes: UnsafeBufferPointer<UInt8>) { unsafe self.bytes.append(contentsOf: bytes) }
}
