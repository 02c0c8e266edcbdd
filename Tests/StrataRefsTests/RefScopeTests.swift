import StrataModel
import StrataRefs
import TestSupport
import Testing

@Suite struct RefScopeTests {
    static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    static func has(_ scope: RefScope, _ name: String) -> Bool { scope.contains(bytes(name).span) }

    /// What a scope lets through, by its definition: one name after the other, without skipping.
    static func isInside(_ name: [UInt8], prefix: [UInt8], from: [UInt8], excluded: [[UInt8]]) -> Bool {
        name.starts(with: prefix) && !name.lexicographicallyPrecedes(from)
            && !excluded.contains { pattern in
                if pattern.isEmpty || pattern.contains(where: { Set("?*[\\".utf8).contains($0) }) { return false }
                return name.starts(with: pattern.last == 0x2f ? pattern : pattern + [0x2f])
            }
    }

    static func names(of cursor: any RefCursor) throws -> [[UInt8]] {
        var cursor = cursor
        var all: [[UInt8]] = []
        while let view = try cursor.next() { all.append(view.refName.bytes) }
        return all
    }

    @Test func aPrefixIsBytesAndAnExclusionIsAPath() {
        var scope = RefScope(prefix: Self.bytes("refs/heads/ma"))
        #expect(Self.has(scope, "refs/heads/main"))
        #expect(!Self.has(scope, "refs/heads/m"))
        scope = .refs
        scope.exclude([Self.bytes("refs/heads/ba"), [], Self.bytes("refs/heads/x*")])
        #expect(scope.excluded == [Self.bytes("refs/heads/ba/")])
        for inside in ["refs/heads/bar", "refs/heads/ba", "refs/heads/xy", "refs/heads/b", "refs/z"] {
            #expect(Self.has(scope, inside))
        }
        #expect(!Self.has(scope, "refs/heads/ba/x"))
        #expect(!Self.has(scope, "HEAD"))
        #expect(Self.has(.all, "HEAD"))
    }

    @Test func exclusionsCoalesce() {
        var scope = RefScope.refs
        scope.exclude(["refs/heads/a/b", "refs/heads/a", "refs/x/", "refs/heads/a.b"].map(Self.bytes))
        scope.exclude([Self.bytes("refs/x")])
        #expect(scope.excluded == ["refs/heads/a.b/", "refs/heads/a/", "refs/x/"].map(Self.bytes))
    }

    @Test func startingAfterLeavesTheMarkerOut() {
        var scope = RefScope.refs
        scope.start(after: Self.bytes("refs/heads/m"))
        #expect(!Self.has(scope, "refs/heads/m"))
        #expect(Self.has(scope, "refs/heads/m/x"))
        #expect(Self.has(scope, "refs/heads/m!"))
        #expect(!Self.has(scope, "refs/heads/a"))
    }

    /// Random scopes over random names: cursors that skip yield what asking name by name yields.
    @Test(arguments: 0..<6)
    func cursorsFollowTheDefinition(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let pieces = ["a", "b", "ab", "b/", "/", "a/", ".", "0", "é", "ba/r"].map(Self.bytes)
        func word(_ count: Int) -> [UInt8] {
            (0..<count).flatMap { _ in pieces.randomElement(using: &random) ?? [] }
        }
        let all = Set((0..<200).map { _ in Self.bytes("refs/") + word(4) }).sorted { $0.lexicographicallyPrecedes($1) }
        var builder = RefRunBuilder()
        for name in all { builder.append(name: name, value: .symbolic(name)) }
        let run = builder.finished()
        var sought: any RefCursor = RefRunCursor(run, over: .all)
        for _ in 0..<40 {
            let prefix =
                Bool.random(using: &random) ? Self.bytes("refs/") + word(Int.random(in: 0..<2, using: &random)) : []
            let from = Bool.random(using: &random) ? Self.bytes("refs/") + word(2) : []
            let excluded = (0..<Int.random(in: 0..<4, using: &random)).map { _ in
                Bool.random(using: &random)
                    ? Self.bytes("refs/") + word(1) : word(Int.random(in: 0..<2, using: &random))
            }
            var scope = RefScope(prefix: prefix, from: from)
            scope.exclude(excluded)
            let expected = all.filter { Self.isInside($0, prefix: prefix, from: from, excluded: excluded) }
            let contained = all.filter { scope.contains($0.span) }
            #expect(contained == expected)
            #expect(try Self.names(of: RefRunCursor(run, over: scope)) == expected)
            _ = try sought.next()
            try sought.seek(scope)
            #expect(try Self.names(of: sought) == expected)
            for name in expected {
                for (index, byte) in name.enumerated() where byte == 0x2f {
                    #expect(scope.mayHoldNames(under: Array(name[...index])), "\(scope)")
                }
            }
        }
    }
}
