import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

/// Reading through LMDB what was damaged behind its back: it gives something or an error, and never ends the process.
@Suite(.disabled(if: isSanitized, "a sanitizer's own look at where LMDB is led to would end the process"))
struct DamagedReadTests {
    @Test(arguments: 0..<2) func readersOfDamagedPagesDoNotTrap(_ part: Int) throws {
        let sample = try SampleEnvironment(branches: 60)
        let editor = FileEditor(sample.data)
        let bytes = try editor.bytes
        let structure = try CheckDamageTests.structure(of: bytes, in: sample.data)
        var random = SplitMix64(seed: UInt64(part))
        var (read, refused) = (0, 0)
        for _ in 0..<scaled(300) {
            let place = try #require(structure.randomElement(using: &random))
            editor.write([bytes[place] ^ 1 << UInt8.random(in: 0..<8, using: &random)], at: place)
            do throws(RefError) {
                try Self.readAll(sample.path)
                read += 1
            } catch {
                #expect(error.cause is LMDBFailure)
                refused += 1
            }
            editor.write([bytes[place]], at: place)
        }
        #expect(read > 20 && refused > 20)
        try Self.readAll(sample.path)
    }

    private static func readAll(_ directory: FilePath) throws(RefError) {
        let store = LMDBRefStore(try LMDBEnvironment.open(directory, OpeningTests.options()))
        let snapshot = try store.snapshot()
        var cursor = try snapshot.cursor(over: .all)
        var count = 0
        // Keys that a damaged tree has twice come again.
        while let view = try cursor.next(), count < 10_000 {
            count += 1
            guard let name = unsafe RefName(tolerating: Array(view.nameBuffer)) else { continue }
            _ = try snapshot.read(name)
        }
        guard let reflogs = store.reflogs else { return }
        for name in try reflogs.names() {
            var lines = 0
            try reflogs.read(name, newestFirst: true) { _ throws(RefError) in
                lines += 1
                return lines < 10_000
            }
        }
    }
}
