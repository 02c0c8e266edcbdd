import CrashSupport
import StrataFiles
import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

/// A transaction over a worktree's files and a database was stopped, and who comes next has one of the two only.
@Suite struct MixedKillTests {
    private let store: CrashStore
    private let template: CrashTemplate

    init() throws {
        store = try #require(CrashStore.named("worktree over a database"))
        template = try CrashTemplate.of(store)
        (branch, later) = (try RefName("refs/heads/packed/deep"), try RefName("refs/heads/later"))
    }

    private let branch: RefName
    private let later: RefName

    /// Whether an intent that was written whole stands.
    private func hasIntent(_ place: CrashPlace) throws -> Bool {
        let directory = place.common.appending("strata/intents")
        guard var reader = try DirectoryReader(directory) else { return false }
        while try reader.next() {
            let path = directory.appending(String(decoding: reader.name, as: UTF8.self))
            if let bytes = try readFile(path), try RefIntentCoding.decode(bytes) != nil { return true }
        }
        return false
    }

    /// The database alone is as it is, and can be written at once: the commit has been made or will never be.
    ///
    /// - Returns: whether it has been.
    private func writeToDatabase(_ place: CrashPlace, _ ids: CrashIDs, _ comment: Comment) throws -> Bool {
        let database = try place.database(place.common)
        let value = try database.snapshot().read(branch)?.objectID
        #expect(value == ids.one || value == ids.two, comment)
        let context = RefTransactionContext(objects: AnyCommit(), deadline: .now)
        try database.commit(
            RefTransaction([.create(later, at: ids.two), .update(branch, to: ids.one)]), context)
        return value == ids.two
    }

    /// The files alone cannot be written before it is known what the database says; what they hold is not touched.
    private func holdFilesAlone(_ place: CrashPlace, _ comment: Comment) throws {
        let intents = RefIntents(commonDirectory: place.common, sweepsFirst: true)
        let own = LooseRefStore(
            directory: place.common.appending("worktrees/w1"), hashAlgorithm: .sha1, locks: intents.locks,
            intents: intents)
        let isUndecided = try hasIntent(place)
        let before = CrashState.gitsView(place.root)
        do throws(RefError) {
            try own.hold([.head], until: .now).abort()
            #expect(!isUndecided, comment)
        } catch {
            #expect(isUndecided, comment)
            #expect(error.code == .unavailable && error.path != nil, "\(comment): \(error)")
            let database = place.common.appending("lmdb")
            #expect(error.message.contains("needs the reference database '\(database)'"), "\(comment): \(error)")
        }
        #expect(throws: Never.self, comment) { try own.snapshot().read(.head) }
        if isUndecided { #expect(CrashState.gitsView(place.root) == before, comment) }
        intents.locks.close()
    }

    /// As who has both sides does.
    private func recover(_ place: CrashPlace) throws {
        let opened = try store.open(place)
        try opened.store.hold([.head], until: .now).abort()
        opened.close()
        try sweepAway(opened, place)
    }

    @Test func whoHasOneSideOnly() throws {
        let server = try CrashServer()
        let model = try template.copy(durability: .full)
        let old = try CrashState(model, of: store)
        guard case .done(let count, let intent) = try server.run("spread", on: store, in: model, stopAfter: 0) else {
            throw Errno.badMessage
        }
        let new = try CrashState(model, of: store)
        #expect(intent > 0)
        var outcomes = (absent: 0, whole: 0)
        let points = CrashMatrix.points(count - intent, atMost: 12, seed: 0).map { intent + 1 + $0 }
        for call in points.flatMap({ [$0, -$0] }) {
            let comment: Comment = "stopped \(call < 0 ? "before" : "after") call \(abs(call)) of \(count)"
            let place = try template.copy(durability: .full)
            defer { removeTree(place.root) }
            #expect(try server.run("spread", on: store, in: place, stopAfter: call) == .stopped)
            try holdFilesAlone(place, comment)
            let isDecided = try writeToDatabase(place, template.ids, comment)
            try holdFilesAlone(place, comment)

            try recover(place)
            var found = try CrashState(place, of: store)
            #expect(found.references.removeValue(forKey: "\(later)") == template.ids.two.hex, comment)
            #expect(found.references["\(branch)"] == template.ids.one.hex, comment)
            let expected = isDecided ? new : old
            for name in Set(old.references.keys).union(new.references.keys) where name != "\(branch)" {
                #expect(found.references[name] == expected.references[name], "\(comment): \(name)")
            }
            #expect(found.litter == [], comment)
            if isDecided { outcomes.whole += 1 } else { outcomes.absent += 1 }
        }
        #expect(outcomes.absent > 0 && outcomes.whole > 0)
    }
}
