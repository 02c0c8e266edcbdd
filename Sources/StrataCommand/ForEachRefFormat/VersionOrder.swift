/// The order of version numbers: `v1.9` before `v1.10`. Git's function: `versioncmp`, the C library's `strverscmp` with suffixes added.
struct VersionOrder {
    /// `versionsort.suffix`, in the configuration's order: `-rc` here puts `v1.0-rc1` before `v1.0`.
    let suffixes: [Bytes]

    /// Below zero, zero or above zero, as `a` stands before, at or after `b`.
    func compare(_ a: Bytes, _ b: Bytes) -> Int {
        if !suffixes.isEmpty, let result = bySuffix(a, b) { return result }
        return byNumbers(a, b)
    }

    /// The order of the first byte in which the names differ, seen with the digits around it: they count as a number, or as a
    /// fraction where they begin with zero.
    private func byNumbers(_ a: Bytes, _ b: Bytes) -> Int {
        let at = zip(a, b).prefix { $0 == $1 }.count
        let (x, y) = (at < a.count ? a[at] : 0, at < b.count ? b[at] : 0)
        let byBytes = Int(x) - Int(y)
        let before = a[..<at].reversed().prefix { $0.isDigit }
        let zero = UInt8(ascii: "0")
        switch (before.last, x.isDigit, y.isDigit) {
        case (nil, true, true): return x == zero || y == zero ? byBytes : byLength(a, b, at, byBytes)
        case (nil, _, _): return byBytes
        case (zero, true, false): return before.allSatisfy { $0 == zero } ? -1 : byBytes
        case (zero, false, true): return before.allSatisfy { $0 == zero } ? 1 : byBytes
        case (zero, _, _): return byBytes
        case (_, true, true): return byLength(a, b, at, byBytes)
        case (_, true, false): return 1
        case (_, false, true): return -1
        case (_, false, false): return byBytes
        }
    }

    /// The number with more digits is the greater one.
    private func byLength(_ a: Bytes, _ b: Bytes, _ at: Int, _ byBytes: Int) -> Int {
        let x = a[at...].prefix { $0.isDigit }.count
        let y = b[at...].prefix { $0.isDigit }.count
        return x == y ? byBytes : x - y
    }

    /// A suffix found in a name.
    private struct Match {
        var rank: Int?
        var start: Int
        var length = -1
    }

    /// The order that suffixes make around the first byte in which the names differ; nil where they make none.
    private func bySuffix(_ a: Bytes, _ b: Bytes) -> Int? {
        let shared = zip(a, b).prefix { $0 == $1 }.count
        if shared == a.count && shared == b.count { return 0 }
        let (x, y) = (match(in: a, around: shared), match(in: b, around: shared))
        switch (x.rank, y.rank) {
        case (nil, nil): return nil
        case (let p?, let q?): return p == q ? nil : p - q
        case (_?, nil): return -1
        case (nil, _?): return 1
        }
    }

    /// The suffix that holds the byte at `offset`, or ends right before it: the one that begins first, of those the longest.
    private func match(in name: Bytes, around offset: Int) -> Match {
        var best = Match(rank: nil, start: offset)
        for (rank, suffix) in suffixes.enumerated() {
            let first = max(0, offset - suffix.count)
            let last = best.length < suffix.count ? best.start : best.start - 1
            guard first <= last else { continue }
            for start in first...last where start <= name.count && name[start...].starts(with: suffix) {
                best = Match(rank: rank, start: start, length: suffix.count)
                break
            }
        }
        return best
    }
}
