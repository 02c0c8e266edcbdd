import StrataFiles
import StrataModel

/// The record of a transaction: what is not whole is nothing, and what is whole stays inside the repository and comes back as written.
func fuzzIntent(_ bytes: [UInt8]) throws {
    try checkIntent(bytes)
    // Under a checksum that is right: as a file, and as the one part of a file.
    for first in ["strata-intent 1\n", "strata-intent 2\n"] {
        let file = Array(first.utf8) + bytes
        try checkIntent(file + checksum(file))
    }
    try checkIntent(RefIntentCoding.file([bytes]))
}

private func checkIntent(_ file: [UInt8]) throws {
    let decoded: RefIntentFile?
    do throws(RefIntentError) { decoded = try RefIntentCoding.decode(file) } catch {
        return try require((0...file.count).contains(error.offset), "an error at \(error.offset) of \(file.count)")
    }
    guard let decoded else {
        let isWhole = file.count >= 24 && Array(file.suffix(8)) == checksum(Array(file.dropLast(8)))
        return try require(!isWhole, "a whole file was taken for a cut one")
    }
    if let path = decoded.decider?.path {
        let isAbsolute = path.first == UInt8(ascii: "/")
        let leadsOut = path.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) }
        try require(
            !path.contains(0) && (isAbsolute || !path.isEmpty && !leadsOut), "'\(shown(path))' is no database's path")
    }
    for step in decoded.intents.flatMap(\.steps) {
        let directory = step.directory.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        try require(
            step.directory.isEmpty || directory.allSatisfy { !$0.isEmpty && !$0.elementsEqual("..".utf8) },
            "'\(shown(step.directory))' leads out of the repository")
        try require(RefName(tolerating: step.name.bytes) != nil, "'\(shown(step.name.bytes))' is not safe")
    }
    let again = RefIntentCoding.file(
        decoded.intents.map { RefIntentCoding.encode($0.algorithm, $0.steps) }, decidedBy: decoded.decider)
    let second: RefIntentFile?
    do throws(RefIntentError) { second = try RefIntentCoding.decode(again) } catch {
        throw FuzzFinding("what was decoded and written is refused: \(error.problem)")
    }
    try require(second == decoded, "what was decoded and written is another")
    for count in [again.count - 1, again.count / 2, 0] {
        let cut = Array(again.prefix(count))
        try require((try? RefIntentCoding.decode(cut)) == .some(nil), "a file cut at \(count) was believed")
    }
}

/// FNV-1a (Fowler, Noll and Vo) of 64 bits, its lowest byte first.
private func checksum(_ bytes: [UInt8]) -> [UInt8] {
    let hash = bytes.reduce(14_695_981_039_346_656_037 as UInt64) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    return (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * UInt64($0))) }
}
