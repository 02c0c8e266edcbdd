import StrataFiles
import StrataModel
import StrataRefs

/// A refname: what is accepted obeys the rules, in every place that checks them, and every other form of a name leads back to it.
func fuzzRefname(_ name: [UInt8]) throws {
    for allowance: RefNameRules.Allowance in [[], .oneLevel, .refspecPattern, [.oneLevel, .refspecPattern]] {
        let flaw = RefNameRules.flaw(in: name.span, allowing: allowance)
        let isWellFormed = RefnameRules.isWellFormed(
            name, oneLevel: allowance.contains(.oneLevel), pattern: allowance.contains(.refspecPattern))
        try require((flaw == nil) == isWellFormed, "'\(shown(name))': \(flaw?.description ?? "accepted")")
    }
    let isWellFormed = RefnameRules.isWellFormed(name, oneLevel: true, pattern: false)
    try require(RefNameRules.isSafe(name.span) == RefnameRules.isSafe(name), "'\(shown(name))': safe or not")
    try require(
        (RefName(tolerating: name) != nil) == (isWellFormed || RefnameRules.isSafe(name)), "'\(shown(name))' tolerated")
    try checkSlashes(name)
    try checkPacked(name, isWellFormed)
    try checkRefspec(name)
    if isWellFormed { try checkShorthand(name) }
    guard let refName = RefName(tolerating: name) else { return }
    switch refName.place {
    case .main(let bare): try require(Array("main-worktree/".utf8) + bare.bytes == name, "place of '\(shown(name))'")
    case .linked(let id, let bare):
        let whole = Array("worktrees/".utf8) + id + [UInt8(ascii: "/")] + bare.bytes
        try require(whole == name, "place of '\(shown(name))'")
    case .current: try require(refName.isPerWorktree, "place of '\(shown(name))'")
    case .shared, .stray: break
    }
}

private func checkSlashes(_ name: [UInt8]) throws {
    let slash = UInt8(ascii: "/")
    let collapsed = RefNameRules.collapsingSlashes(name)
    let isTrailing = name.last == slash && name.contains { $0 != slash }
    let expected = Array(name.split(separator: slash).joined(separator: [slash])) + (isTrailing ? [slash] : [])
    try require(collapsed == expected, "'\(shown(name))' normalised is '\(shown(collapsed))'")
}

/// A listing of `packed-refs` looks at sixteen bytes at a time, and must find the same.
private func checkPacked(_ name: [UInt8], _ isWellFormed: Bool) throws {
    guard !name.contains(0x0a) else { return }
    let line = Array("1234567890123456789012345678901234567890 ".utf8) + name + [0x0a]
    // Long enough for a block to be read past the end of a short name, and just so long as not.
    let after = Array("abcdefabcdefabcdefabcdefabcdefabcdefabcd refs/zzzzzzzzzzzzzzzzzzzzzzzz\n".utf8)
    for file in [line, line + after] {
        let header = Array("# pack-refs with: peeled fully-peeled sorted \n".utf8)
        do {
            var cursor = try PackedRefSnapshot(bytes: header + file, hashAlgorithm: .sha1).packedCursor(over: .all)
            let view = try cursor.next()
            try require(view?.refName.bytes == name, "'\(shown(name))' in packed-refs is another")
            try require(view?.flags.contains(.badName) == !isWellFormed, "'\(shown(name))' in packed-refs")
            try require(isWellFormed || RefnameRules.isSafe(name), "'\(shown(name))' is not safe, and listed")
        } catch let error as RefError {
            try require(
                !isWellFormed && !RefnameRules.isSafe(name), "'\(shown(name))' in packed-refs: \(error.message)")
        }
    }
}

private func checkRefspec(_ text: [UInt8]) throws {
    guard let pattern = try? RefspecPattern(bytes: text) else { return }
    for star in ["", "x", "a/b", "*"].map({ Array($0.utf8) }) {
        let name = pattern.substitute(star[...])
        let expected: [UInt8] = pattern.suffix == nil ? [] : star
        try require(pattern.match(name).map { Array($0) } == expected, "'\(shown(text))' and '\(shown(name))'")
        try require(pattern.map(name, to: pattern) == name, "'\(shown(text))' maps '\(shown(name))'")
    }
}

private func checkShorthand(_ name: [UInt8]) throws {
    for salt in UInt8(0)..<4 {
        // Any set of references that holds this one.
        func exists(_ other: [UInt8]) -> Bool { other == name || other.reduce(salt, { $0 &* 31 &+ $1 }) % 4 == 0 }
        for strict in [false, true] {
            let short = RefShorthand.shorten(name, strict: strict, exists: exists)
            let candidates = RefShorthand.candidates(for: short)
            try require(
                candidates.first(where: exists) == name, "'\(shown(name))' shortened to '\(shown(short))' is another")
            if strict && short != name {
                try require(candidates.count(where: exists) == 1, "'\(shown(short))' is ambiguous")
            }
        }
    }
}
