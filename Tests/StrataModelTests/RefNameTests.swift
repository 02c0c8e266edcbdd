import StrataModel
import TestSupport
import Testing

@Suite struct RefNameTests {
    @Test func namesOrderByUnsignedBytes() {
        var random = SplitMix64(seed: 5)
        for _ in 0..<3000 {
            func bytes() -> [UInt8] {
                (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    [0x41, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
                }
            }
            let (a, b) = (bytes(), bytes())
            let order = RefNameOrder.compare(a.span, b.span)
            #expect((order < 0) == a.lexicographicallyPrecedes(b))
            #expect((order == 0) == (a == b))
            if let x = RefName(tolerating: [0x41] + a), let y = RefName(tolerating: [0x41] + b) {
                #expect((x < y) == a.lexicographicallyPrecedes(b))
            }
        }
    }

    @Test func bytesThatAreNoUTF8AreKept() throws {
        let name = try RefName(bytes: Array("refs/heads/".utf8) + [0xff, 0xc3, 0x28])
        #expect(name.bytes.suffix(3) == [0xff, 0xc3, 0x28])
        #expect(name.isWellFormed && name.isBranch)
        #expect(name.description.hasPrefix("refs/heads/\u{fffd}"))
    }

    @Test func tolerationEndsWhereSafetyDoes() {
        #expect(RefName(tolerating: Array("refs/heads/a..b".utf8))?.isWellFormed == false)
        #expect(RefName(tolerating: Array("refs/heads/a b".utf8))?.isWellFormed == false)
        for name in ["../x", "refs/../x", "refs/a/../../x", "/x", "refs/x/", "a..b"] {
            #expect(RefName(tolerating: Array(name.utf8)) == nil, "\(name)")
        }
    }
}
