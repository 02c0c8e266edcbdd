import StrataIO
import StrataModel
import StrataRefs
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import StrataFiles

/// Readers beside transactions of several steps: each of those is seen whole or not at all.
@Suite struct WatchedReadTests {
    private static let ids = (1...9).map { ObjectID(algorithm: .sha1, words: (UInt64($0), 0, 0, 0)) }
    private static let names: [RefName] = ["refs/heads/a", "refs/heads/b", "refs/heads/d/e", "refs/tags/t"].map {
        .known($0)
    }

    /// A repository's stores, as one process has them.
    private struct Handle {
        let intents: RefIntents
        let files: FilesRefStore
        let store: WorktreeRefStore

        init(_ common: FilePath, linked id: String? = nil) {
            let intents = RefIntents(commonDirectory: common)
            let loose: @Sendable (FilePath) -> LooseRefStore = { directory in
                LooseRefStore(
                    directory: directory, hashAlgorithm: .sha1, locks: intents.locks, intents: intents,
                    commitDomain: Self.domain)
            }
            self.intents = intents
            files = FilesRefStore(
                loose: loose(common),
                packed: PackedRefStore(common.appending("packed-refs"), hashAlgorithm: .sha1, locks: intents.locks))
            let linked: @Sendable ([UInt8]) throws(RefError) -> (any RefStore)? = { id throws(RefError) in
                loose(common.appending("worktrees").appending(bytes: id))
            }
            if let id {
                store = WorktreeRefStore(
                    own: loose(common.appending("worktrees").appending(id)), id: Array(id.utf8), common: files,
                    linked: linked)
            } else {
                store = WorktreeRefStore(common: files, linked: linked)
            }
        }

        private static let domain = CommitDomainID()
    }

    private static func makeRepository() throws -> TemporaryDirectory {
        let directory = try (try? TemporaryDirectory(in: "/dev/shm")) ?? TemporaryDirectory()
        for name in ["refs", "worktrees/w"] { try Disk.makeDirectories(directory.path.appending(name)) }
        return directory
    }

    private static func set(_ names: [RefName], _ id: ObjectID) -> RefTransaction {
        RefTransaction(names.map { RefEdit($0, .write(.object(id)), followsSymbolic: false) })
    }

    private static func listing(_ store: any RefStore) throws(RefError) -> [String: RefValue] {
        var all: [String: RefValue] = [:]
        var cursor = try store.snapshot().cursor(over: .all)
        while let view = try cursor.next() { all[view.refName.description] = view.value }
        return all
    }

    /// The steps of a commit one by one, a reader of its own between them.
    @Test func stepsAreNotSeenBeforeTheLast() throws {
        let directory = try Self.makeRepository()
        let (writer, reader) = (Handle(directory.path), Handle(directory.path, linked: "w"))
        let (first, second) = (Self.ids[0], Self.ids[1])
        try writer.store.commit(Self.set([Self.names[0], Self.names[1]], first))
        let before = try Self.listing(reader.store)
        #expect(before.count == 2)

        let held = FilesHold(writer.files)
        #expect(try held.hold(Self.names, until: .now).allSatisfy { $0 == nil })
        try held.stage(
            [
                ResolvedRefEdit(
                    name: Self.names[0], action: .write(.object(second, peeled: nil)), old: .object(first, peeled: nil),
                    reflog: nil, createsReflog: false),
                ResolvedRefEdit(
                    name: Self.names[1], action: .delete, old: .object(first, peeled: nil), reflog: nil,
                    createsReflog: false),
                ResolvedRefEdit(
                    name: Self.names[2], action: .write(.object(second, peeled: nil)), old: nil, reflog: nil,
                    createsReflog: false),
            ], durability: nil)
        let entry = try writer.intents.write([held.intentPart()], durability: .none)
        #expect(try Self.listing(reader.store) == before)
        try held.publish(alone: false)
        // The files are as the transaction leaves them; readers see none of it.
        #expect(try writer.files.filesSnapshot().read(Self.names[0]) == .object(second, peeled: nil))
        for handle in [reader, writer, Handle(directory.path)] {
            #expect(try Self.listing(handle.store) == before)
            #expect(
                try handle.store.snapshot().read(Self.names) == [
                    .object(first, peeled: nil), .object(first, peeled: nil), nil, nil,
                ])
            for name in Self.names { #expect(try handle.store.snapshot().read(name) == before["\(name)"]) }
            var cursor = try handle.store.snapshot().cursor(over: RefScope(prefix: Array("refs/tags/".utf8)))
            try cursor.seek(RefScope(prefix: Array("refs/heads/b".utf8)))
            #expect(try cursor.next()?.refName == Self.names[1])
            #expect(try cursor.next() == nil)
        }
        let snapshot = try reader.store.snapshot()
        try entry.remove()
        held.conclude()
        let after = try Self.listing(reader.store)
        #expect(
            after == ["refs/heads/a": .object(second, peeled: nil), "refs/heads/d/e": .object(second, peeled: nil)])
        #expect(try snapshot.read(Self.names[0]) == .object(second, peeled: nil))
    }

    /// Files that a transaction takes back its steps in as soon as a listing of them is open.
    private struct TakenBackSnapshot: FileRefSnapshot {
        let files: FilesRefSnapshot
        let takeBack: @Sendable () -> Void

        func read(_ name: RefName) throws(RefError) -> RefValue? { try files.read(name) }
        func cursor(over scope: RefScope) throws(RefError) -> any RefCursor { try files.cursor(over: scope) }
        func cursors(over scope: RefScope) throws(RefError) -> [any RefCursor] {
            defer { takeBack() }
            return try files.cursors(over: scope)
        }
    }

    /// What was opened has the new values; they have gone again before anyone looks at them by name.
    @Test func whatIsTakenBackWasNeverSeen() throws {
        let directory = try Self.makeRepository()
        let writer = Handle(directory.path)
        let (first, second) = (Self.ids[0], Self.ids[1])
        try writer.store.commit(Self.set([Self.names[0]], first))
        let held = FilesHold(writer.files)
        #expect(try held.hold(Self.names, until: .now).allSatisfy { $0 == nil })
        try held.stage(
            Self.names.map {
                ResolvedRefEdit(
                    name: $0, action: .write(.object(second, peeled: nil)),
                    old: $0 == Self.names[0] ? .object(first, peeled: nil) : nil, reflog: nil, createsReflog: false)
            }, durability: nil)
        let entry = try writer.intents.write([held.intentPart()], durability: .none)
        try held.publish(alone: false)
        let failures = Mutex<[String]>([])
        nonisolated(unsafe) let transaction = held  // only this thread calls it
        let snapshot = WatchedRefSnapshot(
            TakenBackSnapshot(files: writer.files.filesSnapshot()) {
                let failed = unsafe transaction.retract()
                failures.withLock { $0 += failed }
            }, directory: [], writer.intents.watch)
        var listed: [RefValue] = []
        var cursor = try snapshot.cursor(over: .all)
        while let view = try cursor.next() { listed.append(view.value) }
        #expect(listed == [.object(first, peeled: nil)])
        #expect(failures.withLock { $0 } == [])
        try entry.remove()
        held.abort()
        #expect(try Self.listing(writer.store).count == 1)
    }

    /// Who may not look at the intents, or finds nonsense among them, reads as git does.
    @Test func intentsThatCannotBeReadDoNotStopReaders() throws {
        let directory = try Self.makeRepository()
        let (writer, reader) = (Handle(directory.path), Handle(directory.path))
        try writer.store.commit(Self.set(Self.names, Self.ids[0]))
        let intents = directory.path.appending("strata/intents")
        try Disk.symlink("loop", at: intents.appending("loop"))
        #expect(try Self.listing(reader.store).count == 4)
        try Disk.unlink(intents.appending("loop"))
        _ = try output("/bin/rmdir", [intents.string])
        try Disk.replace(intents, with: [], durability: .none)
        #expect(try Self.listing(Handle(directory.path).store).count == 4)
    }

    /// Two writers in two processes' places, readers of listings, of several names, and through a symbolic reference, among worktrees.
    @Test func whatIsReadTogetherBelongsTogether() throws {
        let directory = try Self.makeRepository()
        let heads: [RefName] = [.known("main-worktree/HEAD"), .known("worktrees/w/HEAD")]
        let all = Self.names + heads
        try Handle(directory.path).store.commit(Self.set(all, Self.ids[0]))
        let end = monotonicNanoseconds() + 2_000_000_000
        let commits = Atomic<Int>(0)
        let reads = Atomic<Int>(0)
        let torn = Mutex<[String]>([])
        let path = directory.path
        @Sendable func note(_ values: Set<RefValue>) {
            if values.count != 1 { torn.withLock { $0.append("\(values)") } }
            reads.add(1, ordering: .relaxed)
        }
        try concurrently(4) { number in
            let handle = Handle(path, linked: number == 0 ? nil : "w")
            var random = SplitMix64(seed: UInt64(number))
            while monotonicNanoseconds() < end {
                do throws(RefError) {
                    switch number {
                    case 0, 1:
                        let id = Self.ids.randomElement(using: &random) ?? Self.ids[0]
                        try handle.store.commit(Self.set(all.shuffled(using: &random), id))
                        commits.add(1, ordering: .relaxed)
                        continue
                    case 2: note(Set(try Self.listing(handle.store).values))
                    default: note(Set(try handle.store.snapshot().read(all).compactMap { $0 }))
                    }
                } catch {
                    if error.code != .locked { torn.withLock { $0.append("\(error)") } }
                }
            }
        }
        let (written, read) = (commits.load(ordering: .relaxed), reads.load(ordering: .relaxed))
        #expect(torn.withLock { $0.prefix(5) } == [])
        #expect(written > 4 && read > 20, "\(written) transactions, \(read) readings")
    }

    @Test(arguments: ["removed", "short", "garbage", "a directory"])
    func aCounterThatIsDamagedIsMadeAnew(_ how: String) throws {
        let directory = try Self.makeRepository()
        let path = directory.path.appending("strata/sequence")
        let (writer, reader) = (Handle(directory.path), Handle(directory.path))
        try writer.store.commit(Self.set(Self.names, Self.ids[0]))
        #expect(try Self.listing(reader.store).count == 4)
        switch how {
        case "removed": try Disk.unlink(path)
        case "short": try Disk.truncate(path, to: 10)
        case "garbage": try Disk.replace(path, with: [UInt8](repeating: 0x61, count: 9000), durability: .none)
        default:
            try Disk.unlink(path)
            try Disk.makeDirectories(path)
        }
        #expect(try Self.listing(reader.store).count == 4)
        #expect(try Self.listing(Handle(directory.path).store).count == 4)
        if how == "a directory" {
            #expect(throws: RefError.self) { try writer.store.commit(Self.set(Self.names, Self.ids[1])) }
            #expect(Set(try Self.listing(reader.store).values) == [.object(Self.ids[0], peeled: nil)])
            _ = try output("/bin/rmdir", [path.string])
        }
        try writer.store.commit(Self.set(Self.names, Self.ids[2]))
        #expect(Set(try Self.listing(reader.store).values) == [.object(Self.ids[2], peeled: nil)])
        #expect(try SharedSequence(path)?.isCurrent() == true)
    }

    /// What is no intent does not concern readers; what is not whole has changed nothing.
    @Test func strangeIntentsArePassedOver() throws {
        let directory = try Self.makeRepository()
        let (writer, reader) = (Handle(directory.path), Handle(directory.path))
        try writer.store.commit(Self.set(Self.names, Self.ids[0]))
        let intents = directory.path.appending("strata/intents")
        try Disk.replace(
            intents.appending("0123456789abcdef-1"), with: Array("strata-intent 3\n".utf8), durability: .none)
        let whole = RefIntentCoding.file([RefIntentCoding.encode(.sha1, IntentCodingTests.steps)])
        try Disk.replace(intents.appending("0123456789abcdef-2"), with: Array(whole.dropLast()), durability: .none)
        try Disk.makeDirectories(intents.appending("0123456789abcdef-3"))
        #expect(try Self.listing(reader.store).count == 4)
    }
}
