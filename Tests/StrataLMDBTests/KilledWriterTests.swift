import Glibc
import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

/// Writers that are killed while they write.
@Suite struct KilledWriterTests {
    /// What was acknowledged is there; a transaction is there whole or not at all, its lines in the reflogs too; the next writer goes on.
    @Test func acknowledgedIsThereAndTransactionsAreWhole() throws {
        let directory = try TemporaryDirectory()
        var options = LMDBOptions()
        options.creates = true
        do { _ = try LMDBEnvironment.open(directory.path, options) }
        var random = SplitMix64(seed: 7)
        var known = [0, 0]
        for round in 0..<15 {
            let writers = try ["x", "y"].map {
                try ChildProcess(productPath("StrataProbe"), ["database", directory.path.string, $0])
            }
            usleep(20_000 + UInt32(truncatingIfNeeded: random.next() % 100_000))
            for writer in writers { writer.kill() }
            let acknowledged = zip(writers, known).map { writer, known in
                var last = known
                while let line = writer.readLine() { last = Int(line) ?? last }
                return last
            }
            for writer in writers { #expect(writer.wait() == 128 + SIGKILL, "it ended by itself") }
            known = acknowledged
            let store = LMDBRefStore(try LMDBEnvironment.open(directory.path, LMDBOptions()))
            let snapshot = try store.snapshot()
            for (name, last) in zip(["x", "y"], acknowledged) {
                let names = try ["a", "b", "c"].map { try RefName("refs/heads/\(name)/\($0)") }
                let values = try names.map { try snapshot.objectID(of: $0)?.hex }
                #expect(Set(values).count == 1, "round \(round): \(values)")
                let value = values[0].flatMap { Int($0, radix: 16) } ?? 0
                #expect(value == last || value == last + 1, "round \(round): \(value) after \(last)")
                for name in names where value > 0 {
                    var lines = 0
                    var newest: String?
                    try store.reflogs?.read(name, newestFirst: true) { entry throws(RefError) in
                        newest = newest ?? entry.new.hex
                        lines += 1
                        return true
                    }
                    #expect(newest == values[0] && lines == value)
                }
            }
            let free = RefTransactionContext(deadline: .after(milliseconds: 1000))
            try store.commit(
                RefTransaction([.update(RefName("refs/heads/own"), to: .init(hex: hex(round + 1))!)]), free)
        }
    }

    private func hex(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 40 - digits.count) + digits
    }
}
