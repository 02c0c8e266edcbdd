import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataRepository

/// What is to be read again after files were read while others wrote: every reference and reflog that was read as it is not any more, also one that is again
/// what it was when it was looked for first.
@Suite struct InventoryTests {
    /// What was carried: a value or a log, by name.
    private final class Recorder: RefCarrier {
        var values: [RefName: String] = [:]
        private var last: RefName?

        func begin(_ worktree: [UInt8]?) throws(RefError) {}

        func add(_ ref: CarriedRef) throws(RefError) {
            values[ref.name] = "\(ref.value.map { "\($0)" } ?? "none")\(ref.hasLog ? " log" : "")"
            last = ref.name
        }

        func add(line: [UInt8]) throws(RefError) {
            if let last { values[last, default: ""] += String(decoding: line, as: UTF8.self) }
        }
    }

    private let scratch: TemporaryDirectory
    private var root: FilePath { scratch.appending("r") }
    private var common: FilePath { scratch.appending("r/.git") }

    init() throws {
        scratch = try (try? TemporaryDirectory(in: "/dev/shm")) ?? TemporaryDirectory()
        try git(["init", "-q", "--template=", "-b", "main", "r"], in: scratch.path)
        for message in ["one", "two", "three"] { try git(["commit", "-q", "--allow-empty", "-m", message], in: root) }
        try git(["tag", "v1", "main~1"], in: root)
        try git(["pack-refs", "--all"], in: root)
    }

    private func inventory() throws -> FilesInventory { try FilesInventory(common, worktrees: [], .sha1) }

    /// What `source` gives, by a walk or name by name.
    private func read(_ source: FilesCarriedRefs, _ names: [RefName]? = nil) throws -> [RefName: String] {
        let recorder = Recorder()
        if let names {
            for name in names { try source.carry(name, of: nil, to: recorder) }
        } else {
            try source.carry(nil, to: recorder)
        }
        return recorder.values
    }

    @Test(arguments: 1...6) func nothingThatWasReadIsForgotten(_ seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let ids = try ["main", "main~1", "main~2"].map { try git(["rev-parse", $0], in: root) }
        let names = ["refs/heads/x", "refs/heads/y", "refs/tags/t", "refs/heads/z/deep", "refs/heads/z2"]
        let repository = try MigrationState.open(root)
        func change() throws {
            for _ in 0..<Int(random.next() % 4) {
                let (name, id) = (try RefName(names[Int(random.next() % 5)]), ids[Int(random.next() % 3)])
                switch random.next() % 5 {
                case 0: try git(["pack-refs", "--all", "--prune"], in: root)
                case 1, 2: try repository.refs.commit(RefTransaction([.delete(name)]), repository.transactionContext())
                default:
                    let update = RefEdit.update(name, to: try #require(ObjectID(hex: id)), message: "m")
                    try repository.refs.commit(RefTransaction([update]), repository.transactionContext())
                }
            }
        }
        var (last, doubtful) = (try inventory(), Monitor<Set<FilesInventory.Key>>([]))
        func source(_ inventory: FilesInventory) -> FilesCarriedRefs {
            FilesCarriedRefs(common, .sha1, packed: inventory.packed) { [doubtful] key, isLog in
                if !inventory.has(key, isLog: isLog) { doubtful.withLock { _ = $0.insert(key) } }
            }
        }
        try change()
        var copied = try read(source(last))
        for round in 0..<40 {
            try change()
            let now = try inventory()
            let told = try #require(try now.changes(since: last)).union(doubtful.withLock { $0 })
            doubtful = Monitor([])
            // As if it were the last time, with nobody writing.
            let actual = try read(FilesCarriedRefs(common, .sha1))
            for name in Set(actual.keys).union(copied.keys) where actual[name] != copied[name] {
                #expect(told.contains(FilesInventory.Key(worktree: nil, name: name)), "round \(round): \(name)")
            }
            // And as it goes on: somebody writes before what is told of is read.
            try change()
            let again = try read(source(now), told.map(\.name))
            for key in told { copied[key.name] = again[key.name] }
            last = now
        }
    }

    /// What git packs while it is copied, and takes back before anybody looks.
    @Test func whatIsAgainWhatItWasIsReadAgain() throws {
        let before = try inventory()
        let doubtful = Monitor<Set<FilesInventory.Key>>([])
        try git(["update-ref", "refs/heads/packed", "main"], in: root)
        try git(["update-ref", "refs/tags/v1", "main"], in: root)
        try git(["pack-refs", "--all"], in: root)
        try git(["update-ref", "refs/tags/loose", "main"], in: root)
        let source = FilesCarriedRefs(common, .sha1, packed: before.packed) { key, isLog in
            if !before.has(key, isLog: isLog) { doubtful.withLock { _ = $0.insert(key) } }
        }
        let copied = try read(source)
        #expect(copied[try RefName("refs/heads/packed")]?.hasPrefix("none") ?? true)
        let loose = FilesInventory.Key(worktree: nil, name: try RefName("refs/tags/loose"))
        #expect(copied[loose.name] != nil && doubtful.withLock { $0 }.contains(loose))
        try git(["update-ref", "-d", "refs/tags/loose"], in: root)
        #expect(try inventory().changes(since: before)?.contains(loose) == false)
    }
}
