import TestSupport

/// Damages bytes as files are damaged, and as those who mean harm damage them.
struct ByteMutator {
    private let corpus: Corpus
    private var random: SplitMix64

    init(_ corpus: Corpus, seed: UInt64) {
        self.corpus = corpus
        random = SplitMix64(seed: seed)
    }

    /// `bytes` with one to four things done to them.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes) }
        return bytes
    }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        let range = someRange(of: bytes)
        switch Int.random(in: 0..<9, using: &random) {
        case 0:  // a bit
            if let at = bytes.indices.randomElement(using: &random) {
                bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
        case 1:  // a byte
            if let at = bytes.indices.randomElement(using: &random) {
                bytes[at] = [0, 0x09, 0x0a, 0x0d, 0x20, 0x2f, 0x7f, 0xff].randomElement(using: &random) ?? 0
            }
        case 2: bytes.removeSubrange(range)
        case 3: bytes.insert(contentsOf: bytes[range], at: range.upperBound)
        case 4: bytes.removeSubrange(range.lowerBound...)
        case 5:  // the end of another file
            if let other = corpus.files.randomElement(using: &random)?.bytes {
                bytes.replaceSubrange(range.lowerBound..., with: other[someRange(of: other).lowerBound...])
            }
        case 6:  // a word in place of something
            bytes.replaceSubrange(range, with: corpus.words.randomElement(using: &random) ?? [])
        case 7:  // a line elsewhere
            let line = bytes[range]
            bytes.insert(contentsOf: line, at: Int.random(in: 0...bytes.count, using: &random))
        default:
            bytes.insert(
                contentsOf: corpus.words.randomElement(using: &random) ?? [],
                at: Int.random(in: 0...bytes.count, using: &random))
        }
    }

    private mutating func someRange(of bytes: [UInt8]) -> Range<Int> {
        let a = Int.random(in: 0...bytes.count, using: &random)
        let b = Bool.random(using: &random) ? min(a + 4, bytes.count) : Int.random(in: 0...bytes.count, using: &random)
        return min(a, b)..<max(a, b)
    }
}
