import StrataModel
import TestSupport
import Testing

@Suite struct ObjectIDTests {
    @Test(arguments: [HashAlgorithm.sha1, .sha256])
    func hexGoesBothWays(_ algorithm: HashAlgorithm) throws {
        let text = String("0123456789abcdef00ff10eeABCDEF0192837465fedcba98765432100f1e2d3c".prefix(algorithm.hexCount))
        let id = try #require(ObjectID(hex: text))
        #expect(id.algorithm == algorithm)
        #expect(id.hex == text.lowercased())
        #expect(ObjectID(bytes: id.bytes.span) == id)
        #expect(id.byte(at: 1) == 0x23)
    }

    @Test func everyByteThatIsNoHexDigitIsRefused() {
        let good = Array("0123456789abcdef0123456789abcdef01234567".utf8)
        let digits = Set("0123456789abcdefABCDEF".utf8)
        for position in [0, 7, 8, 31, 32, 39] {
            for byte in UInt8.min...UInt8.max {
                var text = good
                text[position] = byte
                #expect((ObjectID(hex: text.span) != nil) == digits.contains(byte))
            }
        }
    }

    @Test func orderIsThatOfTheBytes() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let a = (0..<20).map { _ in UInt8.random(in: 0...3, using: &generator) }
            let b = (0..<20).map { _ in UInt8.random(in: 0...3, using: &generator) }
            let (x, y) = (ObjectID(bytes: a.span)!, ObjectID(bytes: b.span)!)
            #expect((x < y) == a.lexicographicallyPrecedes(b))
            #expect((x == y) == (a == b))
        }
    }

    @Test func sha256OrdersByItsBytesAndApartFromSHA1() {
        var random = SplitMix64(seed: 6)
        for _ in 0..<2000 {
            let a = (0..<32).map { _ in UInt8.random(in: 0...1, using: &random) }
            let b = (0..<32).map { _ in UInt8.random(in: 0...1, using: &random) }
            let (x, y) = (ObjectID(bytes: a.span)!, ObjectID(bytes: b.span)!)
            #expect((x < y) == a.lexicographicallyPrecedes(b))
            #expect(x.bytes == a && (0..<32).allSatisfy { x.byte(at: $0) == a[$0] })
            var text = Array("id ".utf8)
            x.appendHex(to: &text)
            #expect(String(decoding: text, as: UTF8.self) == "id \(x.hex)")
        }
        #expect(ObjectID.zero(.sha1) < .zero(.sha256) && ObjectID.zero(.sha1) != .zero(.sha256))
        #expect(ObjectID.zero(.sha256).isZero && ObjectID.zero(.sha256).hex == String(repeating: "0", count: 64))
    }

    @Test func otherLengthsAreRefused() {
        for count in 0...70 where ![40, 64].contains(count) {
            #expect(ObjectID(hex: String(repeating: "a", count: count)) == nil)
        }
        for count in 0...40 where ![20, 32].contains(count) {
            let bytes = [UInt8](repeating: 1, count: count)
            let id = ObjectID(bytes: bytes.span)
            #expect(id == nil)
        }
        // What does not fit a SHA-1 is cleared, so that equal ids are equal words.
        let id = ObjectID(algorithm: .sha1, words: (1, 2, 3 << 32 | 7, 9))
        #expect(id == ObjectID(algorithm: .sha1, words: (1, 2, 3 << 32, 0)) && id.word3 == 0)
    }
}
