import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import TestSupport
import Testing

@testable import StrataTesting

/// The library's stores under several threads.
@Suite struct ConcurrentHistoryTests {
    @Test func memory() {
        let found = checkConcurrentHistories(RefStoreCheckOptions()) { SharedReferences([MemoryRefStore()]) }
        #expect(found.failures.map(\.description) == [])
        #expect(found.checked.count == 9)
    }

    @Test func cachedBesideItsInnerStore() {
        let found = checkConcurrentHistories(RefStoreCheckOptions()) {
            let store = MemoryRefStore()
            return SharedReferences([CachedRefStore(around: store), store])
        }
        #expect(found.failures.map(\.description) == [])
    }

    @Test func overlay() {
        let found = checkConcurrentHistories(RefStoreCheckOptions()) {
            SharedReferences([try OverlayRefStore(front: MemoryRefStore(), over: MemoryRefStore())])
        }
        #expect(found.failures.map(\.description) == [])
        #expect(found.skipped.map(\.check).contains(ConcurrencyCheck.snapshots))
    }

    /// Stores in files whose listings show transactions whole, each by two handles.
    @Test(arguments: ["files", "loose", "worktree"]) func filesShowWholeTransactions(kind: String) throws {
        let root = try TemporaryDirectory()
        var options = RefStoreCheckOptions()
        options.concurrentHistories = 8
        var number = 0
        let found = checkConcurrentHistories(options) {
            number += 1
            let common = root.appending("\(number)")
            return SharedReferences(
                try (0..<2).map { _ -> any RefStore in
                    let files = try filesStore(common)
                    switch kind {
                    case "loose": return files.loose
                    case "worktree": return WorktreeRefStore(common: files) { _ in nil }
                    default: return files
                    }
                })
        }
        #expect(found.failures.map(\.description) == [])
        #expect(found.checked.contains(ConcurrencyCheck.listings))
    }

    /// Two handles of one directory, as two processes have them, and pack-refs beside.
    @Test func filesPackedMeanwhile() throws {
        let root = try TemporaryDirectory()
        var options = RefStoreCheckOptions()
        options.concurrentHistories = 8
        var number = 0
        let found = checkConcurrentHistories(options) {
            number += 1
            let common = root.appending("\(number)")
            let handles = try (0..<2).map { _ in try filesStore(common) }
            return SharedReferences(handles) {
                try handles[0].packRefs(.all, objects: EveryCommit(algorithm: .sha1))
            }
        }
        #expect(found.failures.map(\.description) == [])
        #expect(found.checked.contains(ConcurrencyCheck.upkeep))
    }
}
