import StrataFiles
import StrataModel
import StrataRefs
import TestSupport
import Testing

@Suite("damaged packed-refs files", .enabled(if: gitIsCurrent, "messages are those of git 2.50"))
struct PackedDamageTests {
    private static let whole = Array(
        (PackedLines.header + "\(PackedLines.a) refs/heads/a\n\(PackedLines.b) refs/tags/v1.0\n^\(PackedLines.c)\n"
            + "\(PackedLines.c) refs/tags/v2.0-rc.1/long-enough-for-two-blocks\n").utf8)

    @Test("cut short anywhere: what git says")
    func truncated() throws {
        let repository = try PackedRepository()
        for count in 0...Self.whole.count {
            try repository.write(Array(Self.whole.prefix(count)))
            let (ours, theirs) = (Listing(repository.store()), try repository.listing())
            #expect(ours == theirs, "\(count) bytes")
        }
    }

    @Test("a byte changed: what git says")
    func flipped() throws {
        let repository = try PackedRepository()
        var random = SplitMix64(seed: 11)
        let bytes: [UInt8] = [0, 9, 10, 13, 32, 0x23, 0x2e, 0x2f, 0x5e, 0x61, 0x7f, 0xff]
        for round in 0..<250 {
            var damaged = Self.whole
            let at = Int.random(in: 0..<damaged.count, using: &random)
            damaged[at] = bytes.randomElement(using: &random) ?? 0
            try repository.write(damaged)
            let (ours, theirs) = (Listing(repository.store()), try repository.listing())
            #expect(ours == theirs, "round \(round): byte \(at) = \(damaged[at])")
        }
    }

    @Test("any damage, any question: an answer or a typed error")
    func fuzzed() throws {
        var random = SplitMix64(seed: 12)
        let pieces = [
            PackedLines.header, "# pack-refs with: peeled \n", "\n", "^", " ", "#", "\0", PackedLines.a, PackedLines.b,
            "\(PackedLines.a) refs/heads/a\n", "\(PackedLines.b) refs/heads/b\n", "^\(PackedLines.c)\n",
            "refs/heads/x\n", "x",
        ].map { Array($0.utf8) }
        let name = try RefName("refs/heads/a")
        var scope = RefScope(prefix: Array("refs/".utf8))
        scope.exclude(["refs/heads/b", "refs/tags"].map { Array($0.utf8) })
        var outcomes = (read: 0, walked: 0, refused: 0)
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...8, using: &random) { bytes += pieces.randomElement(using: &random) ?? [] }
            do throws(RefError) {
                let snapshot = try PackedRefSnapshot(bytes: bytes, hashAlgorithm: .sha1)
                if try snapshot.read(name) != nil { outcomes.read += 1 }
                var cursor = try snapshot.packedCursor(over: scope)
                while let view = try cursor.next() { if !view.refName.bytes.isEmpty { outcomes.walked += 1 } }
            } catch {
                #expect(error.code == .corrupt)
                outcomes.refused += 1
            }
        }
        #expect(outcomes.read > 100 && outcomes.walked > 100 && outcomes.refused > 100)
    }
}
