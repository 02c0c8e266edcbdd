import StrataFiles
import StrataModel
import StrataRefs
import TestSupport
import Testing

@Suite("walking packed references")
struct PackedCursorTests {
    private static let words = [
        "a", "ab", "b", "ba", "main", "x.y", "v1.0.2", "feature", "ä", "a-very-long-component-indeed",
    ]

    private func names(_ random: inout SplitMix64) -> [String] {
        var names: Set<String> = []
        for _ in 0..<Int.random(in: 0...60, using: &random) {
            let kind = ["refs/heads", "refs/tags", "refs/remotes/o", "refs"].randomElement(using: &random) ?? "refs"
            let parts = (0...Int.random(in: 0...2, using: &random)).map { _ in
                Self.words.randomElement(using: &random) ?? ""
            }
            names.insert(kind + "/" + parts.joined(separator: "/"))
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private func snapshot(_ names: [String], _ random: inout SplitMix64) throws -> PackedRefSnapshot {
        var text = PackedLines.header
        for name in names {
            text += "\(PackedLines.a) \(name)\n"
            if Bool.random(using: &random) { text += "^\(PackedLines.b)\n" }
        }
        return try PackedRefSnapshot(bytes: Array(text.utf8), hashAlgorithm: .sha1)
    }

    private func walk(_ cursor: inout PackedRefCursor) throws -> [String] {
        var found: [String] = []
        while let view = try cursor.next() {
            #expect(view.objectID?.hex == PackedLines.a && view.flags.contains(.packed))
            found.append(view.refName.description)
        }
        #expect(try cursor.next() == nil)
        return found
    }

    @Test("prefixes, lower bounds and exclusions give what the scope holds")
    func scopes() throws {
        var random = SplitMix64(seed: 21)
        for _ in 0..<400 {
            let names = names(&random)
            let snapshot = try snapshot(names, &random)
            var cursor = try snapshot.packedCursor(over: .all)
            #expect(try walk(&cursor) == names)
            for _ in 0..<8 {
                func piece() -> [UInt8] {
                    let name = Array((names.randomElement(using: &random) ?? "refs/heads/a").utf8)
                    return Array(name.prefix(Int.random(in: 0...name.count, using: &random)))
                }
                var scope = RefScope(prefix: piece())
                if Bool.random(using: &random) { scope.lowerBound = piece() }
                if Bool.random(using: &random) { scope.start(after: piece()) }
                scope.exclude((0..<Int.random(in: 0...3, using: &random)).map { _ in piece() })
                try cursor.seek(scope)
                let expected = names.filter { scope.contains(Array($0.utf8).span) }
                #expect(try walk(&cursor) == expected, "\(scope)")
            }
        }
    }

    @Test("every name is found, and no other")
    func lookup() throws {
        var random = SplitMix64(seed: 22)
        for _ in 0..<200 {
            let names = names(&random)
            let snapshot = try snapshot(names, &random)
            for name in names { #expect(try snapshot.read(RefName(name)) != nil) }
            for name in names {
                for other in [name + "x", name + "/y", String(name.dropLast())] where !names.contains(other) {
                    guard let other = RefName(tolerating: Array(other.utf8)) else { continue }
                    #expect(try snapshot.read(other) == nil)
                }
            }
        }
    }

    @Test("names are judged as the rules judge them")
    func wellFormed() throws {
        var random = SplitMix64(seed: 23)
        let bytes = Array("abcl/./.._-{@~^:?*[\\] \t\u{7f}".utf8) + [0x80, 0xff, UInt8(ascii: "l"), UInt8(ascii: "o")]
        var counts = (good: 0, malformed: 0, dangerous: 0)
        for _ in 0..<30_000 {
            var name = Array("refs/".utf8)
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                // Mostly harmless, so that long names have a chance.
                let harmless = Int.random(in: 0..<12, using: &random) > 0
                name.append(harmless ? UInt8(ascii: "k") : bytes.randomElement(using: &random) ?? 0)
            }
            if Int.random(in: 0..<20, using: &random) == 0 { name += Array(".lock".utf8) }
            let text = Array("\(PackedLines.header)\(PackedLines.a) ".utf8) + name + [0x0a]
            // The second file has room behind the name, as the faster check needs it.
            for tail in ["", "\(PackedLines.b) refs/zzzzzzzzzzzzzzzzzzzzz\n"] {
                let snapshot = try PackedRefSnapshot(bytes: text + tail.utf8, hashAlgorithm: .sha1)
                var cursor = try snapshot.packedCursor(over: .all)
                let isGood = RefNameRules.flaw(in: name.span, allowing: .oneLevel) == nil
                if !isGood && !RefNameRules.isSafe(name.span) {
                    #expect(throws: RefError.self) { try cursor.next() }
                    counts.dangerous += 1
                    continue
                }
                let view = try #require(try cursor.next())
                #expect(view.refName.bytes == name)
                #expect(view.flags.contains(.badName) == !isGood)
                #expect((view.objectID != nil) == isGood)
                if isGood { counts.good += 1 } else { counts.malformed += 1 }
            }
        }
        #expect(counts.good > 1000 && counts.malformed > 1000 && counts.dangerous > 100)
    }
}
