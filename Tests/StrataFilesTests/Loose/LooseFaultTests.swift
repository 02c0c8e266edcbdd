import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataFiles

/// A disk that fails at each call in turn: a transaction is whole or absent, and the store goes on.
@Suite struct LooseFaultTests {
    /// References without objects, which these tests need none of.
    struct Files {
        let directory: TemporaryDirectory
        let store: LooseRefStore
        static let one = ObjectID(algorithm: .sha1, words: (1, 2, 3, 4))
        static let two = ObjectID(algorithm: .sha1, words: (5, 6, 7, 8))

        init(durability: Durability, withIntents: Bool = false) throws {
            // In memory, where there is one: these tests make thousands of files, and ext4 is slow to reuse what was deleted.
            directory = try (try? TemporaryDirectory(in: "/dev/shm")) ?? TemporaryDirectory()
            for name in ["refs", "refs/heads", "refs/tags"] { try Disk.mkdir(directory.appending(name)) }
            let intents = RefIntents(commonDirectory: directory.path)
            store = LooseRefStore(
                directory: directory.path, hashAlgorithm: .sha1, locks: intents.locks, lockTimeout: 0,
                durability: durability, intents: withIntents ? intents : nil)
            var context = LooseRepository.context
            context.durability = Durability.none
            try submit(
                [
                    .symbolic(.head, to: .known("refs/heads/main")), .create(.known("refs/heads/main"), at: Self.one),
                    .create(.known("refs/heads/gone/deep"), at: Self.one, message: "here"),
                    .create(.known("refs/heads/gone/also"), at: Self.two),
                    .create(.known("refs/tags/old"), at: Self.one),
                ], context)
        }

        func submit(
            _ edits: [RefEdit], _ context: RefTransactionContext = LooseRepository.context
        ) throws(RefError) {
            _ = try store.submit([RefTransaction(edits)], context)[0].get()
        }

        /// Every file that a reader of references would look at, with its bytes.
        func state() throws -> [String: [UInt8]] {
            var state: [String: [UInt8]] = [:]
            for name in files() where !name.hasPrefix("strata") {
                state[name] = try readFile(directory.appending(name))
            }
            return state
        }

        func files() -> [String] {
            var found: [String] = []
            var waiting = [""]
            while let next = waiting.popLast() {
                guard var entries = try? DirectoryReader(directory.path.appending(next)) else { continue }
                while (try? entries.next()) == true {
                    let child = next + String(decoding: entries.name, as: UTF8.self)
                    if (try? entries.kind()) == .directory { waiting.append(child + "/") } else { found.append(child) }
                }
            }
            return found
        }
    }

    private static let main = RefName.known("refs/heads/main")
    static let transactions: [(String, [RefEdit])] = [
        ("create", [.create(.known("refs/heads/new/one"), at: Files.two, message: "made")]),
        ("update", [.update(main, to: Files.two, expecting: .object(Files.one), message: "moved")]),
        ("delete", [.delete(.known("refs/heads/gone/deep"), expecting: .object(Files.one))]),
        ("symref", [.symbolic(.head, to: .known("refs/heads/gone/deep"), message: "switched")]),
        (
            "several",
            [
                .create(.known("refs/heads/new/one"), at: Files.one), .update(main, to: Files.two),
                .create(.known("refs/tags/t"), at: Files.one), .delete(.known("refs/heads/gone/deep")),
                .symbolic(.known("refs/remotes/o/HEAD"), to: main), .delete(.known("refs/heads/gone/also")),
                .delete(.known("refs/tags/old")),
            ]
        ),
    ]

    @Test(arguments: transactions.indices, [false, true])
    func isWholeOrAbsent(_ index: Int, withIntents: Bool) throws {
        let durability = index % 2 == 0 ? Durability.full : .none
        let (title, edits) = Self.transactions[index]
        let model = try Files(durability: durability, withIntents: withIntents)
        let old = try model.state()
        let calls = try DiskFaults.with(.init(under: model.directory.path)) {
            try model.submit(edits)
            return $0.trace
        }
        let new = try model.state()
        #expect(new != old && calls.count > 3)

        for call in 1...calls.count {
            let writes = calls[call - 1].operation == .write
            for fault in [DiskFaults.Action.fail(.ioError)] + (writes ? [.shorten(3, .noSpace)] : []) {
                let files = try Files(durability: durability, withIntents: withIntents)
                let session = DiskFaults.install(.init(under: files.directory.path, at: call, fault))
                var failed = false
                do throws(RefError) { try files.submit(edits) } catch { failed = !error.hasTakenEffect }
                session.remove()
                let made = session.trace.map(\.description)
                let failedCall = made.count >= call ? made[call - 1] : ""
                let place: Comment = "\(title), \(fault) at \(failedCall)"
                var after = try files.state()
                // A lock that cannot be unlinked stays, whoever tries.
                if failedCall.hasPrefix("unlink") && failedCall.hasSuffix(".lock") {
                    for name in after.keys where name.hasSuffix(".lock") {
                        after[name] = nil
                        try Disk.unlinkIfPresent(files.directory.appending(name))
                    }
                }
                #expect(after == (failed ? old : new), place)
                #expect(
                    files.files().filter { $0.hasPrefix("strata/tmp") }.count <= (failedCall.contains("/tmp/") ? 1 : 0),
                    place)
                // What cannot be unlinked is emptied: an empty intent is none.
                for name in files.files() where name.hasPrefix("strata/intents") {
                    #expect(try readFile(files.directory.appending(name)) == [], place)
                }
                if failed { #expect(throws: Never.self, place) { try files.submit(edits) } }
                #expect(try files.state() == new, place)
            }
        }
    }

    /// Nothing works any more from some call on: if something of the transaction stays, the error says so.
    @Test(arguments: [1, transactions.count - 1])
    func saysWhatCouldNotBeUndone(_ index: Int) throws {
        let edits = Self.transactions[index].1
        let model = try Files(durability: .none)
        let calls = try DiskFaults.with(.init(under: model.directory.path)) {
            try model.submit(edits)
            return $0.trace
        }
        var halves = 0
        for call in stride(from: 1, through: calls.count, by: 2) {
            let files = try Files(durability: .none)
            let old = try files.state()
            let session = DiskFaults.install(
                .init(under: files.directory.path, at: call, .fail(.ioError), persistent: true))
            var message: String?
            do throws(RefError) { try files.submit(edits) } catch { message = error.message }
            session.remove()
            guard let message else { continue }
            let after = try files.state().filter { !$0.key.hasSuffix(".lock") }
            if after == old { continue }
            halves += 1
            #expect(message.contains("not all of the transaction could be undone"), "\(calls[call - 1]): \(message)")
        }
        #expect(halves > 0 || edits.count == 1)
    }

    private static let updates: [RefEdit] = [
        .update(main, to: Files.two, message: "moved"),
        .update(.known("refs/heads/gone/deep"), to: Files.two, message: "so"),
        .create(.known("refs/heads/new"), at: Files.two, message: "made"),
        .update(.known("refs/tags/old"), to: Files.two),
    ]

    /// A full disk: nothing can be written from some call on, for the undo neither.
    @Test func aFullDiskLeavesTheOldState() throws {
        let model = try Files(durability: .none)
        let old = try model.state()
        let (writes, renames) = try DiskFaults.with(.init(under: model.directory.path)) { session in
            try model.submit(Self.updates)
            let trace = session.trace
            return (trace.count { $0.operation == .write }, trace.count { $0.operation == .rename })
        }
        // An owner file, four values and four lines, as `HEAD` follows.
        #expect(writes >= 8 && renames == 4)
        for call in 1...writes {
            let files = try Files(durability: .none)
            let plan = DiskFaults.Plan(
                under: files.directory.path, operations: [.write], at: call, .fail(.noSpace), persistent: true)
            let error = DiskFaults.with(plan) { _ in
                #expect(throws: RefError.self) { try files.submit(Self.updates) }
            }
            #expect(try files.state() == old, "write \(call): \(error?.message ?? "")")
        }
        for call in 1...renames {
            let files = try Files(durability: .none)
            let full = DiskFaults.Plan(
                under: files.directory.path, operations: [.write], at: writes + 1, .fail(.noSpace), persistent: true)
            let plan = DiskFaults.Plan(
                under: files.directory.path, operations: [.rename], at: call, .fail(.noSpace))
            let error = DiskFaults.with(full) { _ in
                DiskFaults.with(plan) { _ in #expect(throws: RefError.self) { try files.submit(Self.updates) } }
            }
            #expect(try files.state() == old, "rename \(call): \(error?.message ?? "")")
            #expect(files.files().filter { $0.hasPrefix("strata/tmp") } == [])
        }
    }

    /// Without links a lock goes with the value it published: what others write then stays.
    @Test func undoLeavesWhatOthersWroteSince() throws {
        let files = try Files(durability: .none)
        let root = files.directory.path
        let plan = DiskFaults.Plan(under: root, operations: [.link], at: 1, .fail(.notSupported), persistent: true)
        try DiskFaults.with(plan) { _ in
            let old = RefName.known("refs/tags/old")
            let hold = files.store.makeLooseHold { (_) throws(RefError) in false }
            let line = ReflogEntry(
                old: Files.one, new: Files.two, committer: LooseRepository.committer, message: Array("mine".utf8))
            #expect(try hold.hold([Self.main, old], until: nil).allSatisfy { $0 == nil })
            try hold.stage(
                [
                    ResolvedRefEdit(
                        name: Self.main, action: .write(.object(Files.two, peeled: nil)), old: nil, reflog: line,
                        createsReflog: true),
                    ResolvedRefEdit(
                        name: old, action: .write(.object(Files.two, peeled: nil)), old: nil, reflog: line,
                        createsReflog: true),
                ], durability: nil)
            let three = ObjectID(algorithm: .sha1, words: (9, 9, 9, 9))
            let error = #expect(throws: RefError.self) {
                try hold.publish { () throws(RefError) in
                    try files.submit([.update(Self.main, to: three, message: "theirs")])
                    throw RefError(.unavailable, "the disk is on fire")
                }
            }
            hold.abort()
            let message = error?.message ?? ""
            #expect(message.contains("on fire") && message.contains("'refs/heads/main' has moved on"), "\(message)")
            #expect(message.contains("the reflog of 'refs/heads/main' has moved on"), "\(message)")
            #expect(try files.store.snapshot().read(Self.main) == .object(three, peeled: nil))
            #expect(try files.store.snapshot().read(old) == .object(Files.one, peeled: nil))
            let state = try files.state()
            let log = String(decoding: state["logs/refs/heads/main"] ?? [], as: UTF8.self)
            #expect(log.contains("mine") && log.contains("theirs"))
            #expect(state["logs/refs/tags/old"] == nil)
            #expect(!state.keys.contains { $0.hasSuffix(".lock") })
        }
    }

    /// More logs than a process may have open come back, and one that cannot does not keep the others away.
    @Test(arguments: [false, true])
    func deletedLogsComeBack(_ oneFails: Bool) throws {
        let files = try Files(durability: .none)
        let names = (0..<300).map { RefName.known("refs/heads/many/\($0)") }
        try files.submit(names.map { .create($0, at: Files.one, message: "made") })
        var old = try files.state()
        let hold = files.store.makeLooseHold { (_) throws(RefError) in false }
        #expect(try hold.hold(names, until: nil).allSatisfy { $0 == nil })
        try hold.stage(
            names.map { ResolvedRefEdit(name: $0, action: .delete, old: nil, reflog: nil, createsReflog: false) },
            durability: nil)
        let plan = DiskFaults.Plan(
            under: files.directory.path, operations: [.rename], at: oneFails ? 1 : 0, .fail(.ioError))
        let error = DiskFaults.with(plan) { _ in
            #expect(throws: RefError.self) {
                try hold.publish { () throws(RefError) in
                    #expect(!files.files().contains { $0.hasPrefix("logs/refs/heads/many") })
                    throw RefError(.unavailable, "no")
                }
            }
        }
        hold.abort()
        #expect(error?.message.contains("the reflog of 'refs/heads/many/299' is lost") == oneFails)
        if oneFails { old["logs/refs/heads/many/299"] = nil }
        #expect(try files.state() == old)
    }
}
