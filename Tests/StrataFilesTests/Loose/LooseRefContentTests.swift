import StrataModel
import StrataRefs
import TestSupport
import Testing

@testable import StrataFiles

@Suite struct LooseRefContentTests {
    static let hex = "0123456789abcdef0123456789ABCDEF01234567"

    static let texts: [(String, RefValue)] = {
        let id = ObjectID(hex: hex).map { RefValue.object($0, peeled: nil) } ?? .broken(.content)
        return [
            (hex + "\n", id), (hex, id), (hex + "\r\n", id), (hex + "   \n\n", id), (hex + " garbage", id),
            (hex + "\tmore\nlines\n", id), (hex + "\0x", id),
            (hex + "x\n", .broken(.content)), (hex + hex.prefix(24) + "\n", .broken(.content)),
            (" " + hex, .broken(.content)), ("", .broken(.content)), (String(hex.dropLast()), .broken(.content)),
            ("g" + hex.dropFirst(), .broken(.content)), ("REF: refs/heads/x", .broken(.content)),
            ("ref: refs/heads/x\n", .symbolic(Array("refs/heads/x".utf8))),
            ("ref:refs/heads/x", .symbolic(Array("refs/heads/x".utf8))),
            ("ref: \t\n refs/heads/x \r\n\n", .symbolic(Array("refs/heads/x".utf8))),
            ("ref: refs/heads/x y\n", .symbolic(Array("refs/heads/x y".utf8))),
            ("ref: refs/heads/x \0y\n", .symbolic(Array("refs/heads/x ".utf8))),
            ("ref: \u{b}x\n", .symbolic(Array("\u{b}x".utf8))), ("ref:", .symbolic([])), ("ref:  \n", .symbolic([])),
            ("ref", .broken(.content)),
        ]
    }()

    private func parse(_ bytes: [UInt8], isWhole: Bool = true, _ algorithm: HashAlgorithm = .sha1) -> RefValue {
        LooseRefContent.parse(bytes.span, isWhole: isWhole, algorithm)
    }

    @Test(arguments: texts.indices) func parses(_ index: Int) {
        let (text, value) = Self.texts[index]
        #expect(parse(Array(text.utf8)) == value, "\(text.debugDescription)")
    }

    @Test func cutsLongTargetsOff() {
        let long = Array("ref: ".utf8) + Array(repeating: UInt8(ascii: "a"), count: 100)
        #expect(parse(long, isWhole: false) == .broken(.content))
        #expect(parse(long + [0], isWhole: false) == .symbolic(Array(long.dropFirst(5))))
    }

    @Test func needsTheRepositorysAlgorithm() {
        let hex = Array(repeating: UInt8(ascii: "a"), count: 64)
        #expect(parse(hex) == .broken(.content))
        #expect(parse(hex, .sha256) != .broken(.content))
        #expect(parse(Array(hex[..<40]), .sha256) == .broken(.content))
    }

    /// Whatever the bytes, an answer; and a file that is written is read back.
    @Test func survivesNoise() {
        var random = SplitMix64(seed: 1)
        let alphabet = Array("ref: \n\0\trefs/heads/0123456789abcdefg".utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...50, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            let value = parse(bytes, isWhole: .random(using: &random))
            guard let written = LooseRefContent.bytes(of: value) else { continue }
            if case .symbolic(let target) = value, target.isEmpty || isGitSpace(target.last ?? 0) {
                continue
            }
            #expect(parse(written) == value)
        }
    }
}
