/// Whether names follow each other as git sorts them, directories as if a slash stood behind them, each once. Git's function: `verify_ordered`.
struct TreeOrder {
    enum Verdict { case ordered, disorder, duplicate }

    private var last: (name: Range<Int>, isDirectory: Bool)?
    /// Files that a directory of the same name may still follow, others between them: `a`, `a.b`, `a/`.
    private var candidates: [Range<Int>] = []

    /// Takes the next name, which lies in `bytes`, and compares it with those before.
    @unsafe
    mutating func add(_ bytes: UnsafeRawBufferPointer, _ name: Range<Int>, isDirectory: Bool) -> Verdict {
        defer { last = (name, isDirectory) }
        guard let last else { return .ordered }
        let count = min(last.name.count, name.count)
        for offset in 0..<count {
            let (one, two) = unsafe (bytes[last.name.lowerBound + offset], bytes[name.lowerBound + offset])
            if one != two { return one < two ? .ordered : .disorder }
        }
        var before = unsafe last.name.count > count ? bytes[last.name.lowerBound + count] : 0
        var after = unsafe name.count > count ? bytes[name.lowerBound + count] : 0
        if before == 0, after == 0 { return .duplicate }
        if before == 0, last.isDirectory { before = UInt8(ascii: "/") }
        if after == 0, isDirectory { after = UInt8(ascii: "/") }
        if before == 0, Self.isBelowSlash(after) {
            candidates.append(last.name)
        } else if after == UInt8(ascii: "/"), Self.isBelowSlash(before) {
            while let candidate = candidates.popLast() {
                let isPrefix =
                    unsafe candidate.count <= name.count
                    && bytes[candidate].elementsEqual(bytes[name].prefix(candidate.count))
                guard isPrefix else { continue }
                if candidate.count == name.count { return .duplicate }
                if unsafe Self.isBelowSlash(bytes[name.lowerBound + candidate.count]) {
                    candidates.append(candidate)
                    break
                }
            }
        }
        return before < after ? .ordered : .disorder
    }

    private static func isBelowSlash(_ byte: UInt8) -> Bool { byte > 0 && byte < UInt8(ascii: "/") }
}
