import StrataIO
import StrataModel
import StrataRefs
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import StrataFiles

/// What a sweep tells of the transactions that it finishes.
@Suite struct IntentSweepTests {
    @Test func whatWasDoneAndWhatHadMovedOn() throws {
        let directory = try TemporaryDirectory()
        try TestSupport.git(["init", "-q", "--bare", "."], in: directory.path)
        let (old, new, other) = (id(1), id(2), id(3))
        for (name, value) in [("a", old), ("b", new), ("c", other)] {
            try writeFile(directory.appending("refs/heads/\(name)"), Array("\(value.hex)\n".utf8))
        }
        let steps = ["a", "b", "c"].map { name in
            RefIntent.Step(
                directory: [], name: RefName(unchecked: Array("refs/heads/\(name)".utf8)),
                old: .object(old, peeled: nil), action: .write(.object(new, peeled: nil)))
        }
        // Of a process that has died, and whose locks somebody has removed.
        let path = directory.appending("strata/intents/0123456789abcdef-1")
        let bytes = RefIntentCoding.file([RefIntentCoding.encode(.sha1, steps)])
        try writeFile(path, bytes)
        let observed = Mutex<[RefIntentOutcome]>([])
        let intents = RefIntents(commonDirectory: directory.path) { outcome in
            observed.withLock { $0.append(outcome) }
        }
        let sweep = try intents.sweep()
        let outcome = try #require(sweep.intents.first)
        #expect(sweep.intents.count == 1 && sweep.locks.failures.isEmpty)
        #expect(outcome.changed.map(\.description) == ["refs/heads/a"])
        #expect(outcome.done.map(\.description) == ["refs/heads/b"])
        #expect(outcome.movedOn.map(\.description) == ["refs/heads/c"])
        #expect(outcome.ownerID == "0123456789abcdef")
        #expect(observed.withLock { $0 } == sweep.intents)
        let store = LooseRefStore(directory: directory.path, hashAlgorithm: .sha1, locks: intents.locks)
        #expect(try store.snapshot().read(.known("refs/heads/a"))?.objectID == new)
        #expect(try store.snapshot().read(.known("refs/heads/c"))?.objectID == other)
        // Done is done.
        #expect(try intents.sweep().intents.isEmpty)
    }

    /// A line of one edit and the value of another, of one reference: where the value is packed already, its reflog may still be missing.
    @Test func linesAreDueBesideAPackedValue() throws {
        let directory = try TemporaryDirectory()
        try TestSupport.git(["init", "-q", "--bare", "."], in: directory.path)
        let id = ObjectID(algorithm: .sha1, words: (1, 0, 0, 0))
        try writeFile(
            directory.appending("packed-refs"),
            Array("# pack-refs with: peeled fully-peeled sorted \n\(id.hex) refs/heads/a\n".utf8))
        let lines = ["first\n", "second\n"].map { Array($0.utf8) }
        // The first of the two carries what the second packs.
        let steps = [
            RefIntent.Step(
                directory: [], name: .known("refs/heads/a"), old: nil, action: .pack(.object(id, peeled: nil)),
                log: .init(offset: 0, line: lines[0])),
            RefIntent.Step(
                directory: [], name: .known("refs/heads/a"), old: nil, action: .keep,
                log: .init(offset: lines[0].count, line: lines[1])),
        ]
        try writeFile(
            directory.appending("strata/intents/0123456789abcdef-1"),
            RefIntentCoding.file([RefIntentCoding.encode(.sha1, steps)]))
        let sweep = try RefIntents(commonDirectory: directory.path).sweep()
        #expect(sweep.intents.first?.done.count == 2)
        #expect(try readFile(directory.appending("logs/refs/heads/a")) == lines[0] + lines[1])
    }

    /// A whole intent that lies is an error or does nothing; never a trap, and what it names stays.
    @Test(arguments: [(Int.max, "x\n"), (Int.max, ""), (1 << 40, "line\n")])
    func aLyingIntentIsHarmless(_ offset: Int, _ line: String) throws {
        let directory = try TemporaryDirectory()
        try TestSupport.git(["init", "-q", "--bare", "."], in: directory.path)
        // What the one holds, and what the other does not.
        let olds = ["a": RefValue.object(id(7), peeled: nil), "b": .symbolic(Array("nowhere".utf8))]
        let (value, log) = (Array("\(id(7).hex)\n".utf8), Array("a line\n".utf8))
        var steps: [RefIntent.Step] = []
        for (name, old) in olds {
            try writeFile(directory.appending("refs/heads/\(name)"), value)
            try writeFile(directory.appending("logs/refs/heads/\(name)"), log)
            steps.append(
                RefIntent.Step(
                    directory: [], name: .known("refs/heads/\(name)"), old: old, action: .keep,
                    log: .init(offset: offset, line: Array(line.utf8))))
        }
        try writeFile(
            directory.appending("strata/intents/0123456789abcdef-1"),
            RefIntentCoding.file([RefIntentCoding.encode(.sha1, steps)]))
        let intents = RefIntents(commonDirectory: directory.path, sweepsFirst: true)
        _ = try intents.sweep()
        let store = LooseRefStore(
            directory: directory.path, hashAlgorithm: .sha1, locks: intents.locks, intents: intents)
        for name in olds.keys {
            try store.hold([.known("refs/heads/\(name)")], until: .now).abort()
            #expect(try readFile(directory.appending("refs/heads/\(name)")) == value)
            #expect(try readFile(directory.appending("logs/refs/heads/\(name)")) == log)
        }
    }

    private func id(_ number: UInt64) -> ObjectID { ObjectID(algorithm: .sha1, words: (number, 0, 0, 0)) }
}

/// Makes a file, and the directories that lead to it.
private func writeFile(_ path: FilePath, _ bytes: [UInt8]) throws {
    _ = try output("/bin/mkdir", ["-p", path.removingLastComponent().string])
    let file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
    _ = try file.closeAfter { try file.writeAll(bytes) }
}
