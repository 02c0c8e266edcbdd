import StrataFuzz
import TestSupport
import Testing

/// The properties of `StrataFuzz` on every file of the corpora, and on mutations of them: the same ones in each run.
@Suite struct FuzzTests {
    @Test(arguments: FuzzFormat.allCases)
    func corpusAndMutations(_ format: FuzzFormat) throws {
        let corpus = try Corpus(format)
        try #require(corpus.files.count > 5)
        for (name, bytes) in corpus.files { check(format, bytes, "\(format.rawValue)/\(name)") }
        for round in 0..<Self.rounds {
            for (index, (name, bytes)) in corpus.files.enumerated() {
                var mutator = ByteMutator(corpus, seed: UInt64(round) << 32 | UInt64(index))
                check(format, mutator.mutated(bytes), "round \(round) of \(format.rawValue)/\(name)")
            }
        }
    }

    /// How often each file is mutated.
    private static let rounds = scaled(15)

    private func check(_ format: FuzzFormat, _ bytes: [UInt8], _ origin: String) {
        do { try format.check(bytes) } catch { Issue.record("\(origin): \(error)\n\(shown(bytes))") }
    }
}
