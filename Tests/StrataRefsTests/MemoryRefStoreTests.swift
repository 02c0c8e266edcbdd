import RefStoreChecks
import StrataIO
import StrataModel
import StrataRefs
import StrataTesting
import TestSupport
import Testing

@Suite struct MemoryRefStoreTests {
    static func id(_ number: UInt64) -> ObjectID { ObjectID(algorithm: .sha1, words: (number, 0, 0, 0)) }

    /// Random changes, few and many at once, against a dictionary.
    @Test func behavesLikeADictionary() throws {
        var random = SplitMix64(seed: 7)
        let store = MemoryRefStore()
        var model: [String: String] = [:]
        for round in 0..<120 {
            var edits: [RefEdit] = []
            let names = Set(
                (0..<Int.random(in: 1...20, using: &random)).map { _ in Int.random(in: 0..<60, using: &random) })
            for number in names {
                let name = RefName(stringLiteral: "refs/heads/\(number)")
                let id = Self.id(UInt64.random(in: 1...5, using: &random))
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    edits.append(.delete(name))
                    model[name.description] = nil
                case 1:
                    edits.append(.symbolic(name, to: "refs/heads/none"))
                    model[name.description] = "ref: refs/heads/none"
                default:
                    var edit = RefEdit.update(name, to: id)
                    edit.followsSymbolic = false
                    edits.append(edit)
                    model[name.description] = id.hex
                }
            }
            for index in edits.indices { edits[index].followsSymbolic = false }
            let stamp = try store.stamp(covering: .all)
            let (before, listed) = (try store.snapshot(), try RefContents.references(of: store))
            try store.commit(RefTransaction(edits))
            #expect(try store.stamp(covering: .all) != stamp)
            #expect(try RefContents.references(of: store) == model, "round \(round)")
            for (name, text) in model {
                #expect(try store.snapshot().read(RefName(stringLiteral: name))?.text == text)
            }
            // The snapshot of before stays.
            var cursor = try before.cursor(over: .all)
            var again: [String: String] = [:]
            while let view = try cursor.next() { again[view.refName.description] = view.value.text }
            #expect(again == listed)
        }
    }

    @Test func reflogsAreKeptReadAndExpired() throws {
        let store = MemoryRefStore()
        let name: RefName = "refs/heads/x"
        let context = RefTransactionContext(reflogs: .standard) { () throws(RefError) in testCommitter }
        for number in 1...5 {
            try store.commit(
                RefTransaction([.update(name, to: Self.id(UInt64(number)), message: " to\n\n\(number)\t")]), context)
        }
        let logs = try #require(store.reflogs)
        func read(newestFirst: Bool, atMost: Int = .max) throws -> [ReflogEntry] {
            var all: [ReflogEntry] = []
            try logs.read(name, newestFirst: newestFirst) { entry throws(RefError) in
                all.append(entry)
                return all.count < atMost
            }
            return all
        }
        #expect(try read(newestFirst: false).map(\.new) == (1...5).map(Self.id))
        #expect(try read(newestFirst: true, atMost: 2).map(\.new) == [Self.id(5), Self.id(4)])
        #expect(try read(newestFirst: true, atMost: 1)[0].message == Array("to 5".utf8))
        #expect(try logs.expire(name, rewrite: true) { _ throws(RefError) in true } == 0)
        let dropped = try logs.expire(name, rewrite: true) { entry throws(RefError) in
            entry.new != Self.id(1) && entry.new != Self.id(3)
        }
        #expect(dropped == 2)
        #expect(try read(newestFirst: false).map(\.old) == [.zero(.sha1), Self.id(2), Self.id(4)])
        #expect(try read(newestFirst: false).map(\.new) == [Self.id(2), Self.id(4), Self.id(5)])
        // The log goes with its reference.
        try store.commit(RefTransaction([.delete(name)]), context)
        #expect(try !logs.exists(name))
    }

    @Test func zerosHaveTheStoresAlgorithm() throws {
        let store = MemoryRefStore(hashAlgorithm: .sha256)
        let context = RefTransactionContext(reflogs: .standard) { () throws(RefError) in testCommitter }
        try store.commit(RefTransaction([.symbolic(.head, to: "refs/heads/unborn")]), context)
        try store.commit(RefTransaction([.delete("refs/heads/unborn")]), context)
        let zero = ObjectID.zero(.sha256).hex
        #expect(
            try RefContents.logs(of: store)
                == ["HEAD": ["\(zero) \(zero) C O Mitter <committer@example.com> 1112911993 -0700"]])
    }

    @Test func messagesAreOneLine() {
        for (message, normal) in [
            ("", ""), (" \t\n", ""), ("a", "a"), ("\n a \r\n\t b\u{0b}c \n", "a b\u{0b}c"), ("a\0b", "a"),
        ] {
            #expect(ReflogMessage.normalize(Array(message.utf8)) == Array(normal.utf8))
        }
    }

    /// HEAD's reflog tells the truth where HEAD's branch is a symbolic reference; git writes zeros.
    @Test func headsLogFollowsASymbolicBranch() throws {
        let context = RefTransactionContext(reflogs: .standard) { () throws(RefError) in testCommitter }
        let store = MemoryRefStore()
        try store.commit(
            RefTransaction([
                .symbolic(.head, to: "refs/heads/main"), .symbolic("refs/heads/main", to: "refs/heads/real"),
                .create("refs/heads/real", at: Self.id(1)),
            ]))
        try store.commit(RefTransaction([.update("refs/heads/main", to: Self.id(2))]), context)
        let line = "\(Self.id(1)) \(Self.id(2)) C O Mitter <committer@example.com> 1112911993 -0700"
        let expected = ["HEAD": [line], "refs/heads/main": [line], "refs/heads/real": [line]]
        #expect(try RefContents.logs(of: store) == expected)
    }

    @Test func objectsAreCheckedAndFailuresToldApart() throws {
        let store = MemoryRefStore()
        var objects = KnownObjects(kinds: [Self.id(1): .commit, Self.id(2): .tag], targets: [:])
        func error(_ edit: RefEdit) -> RefError? {
            #expect(throws: RefError.self) {
                try store.commit(RefTransaction([edit]), RefTransactionContext(objects: objects))
            }
        }
        #expect(
            error(.create("refs/x", at: Self.id(3)))?.message
                == "trying to write ref 'refs/x' with nonexistent object \(Self.id(3))")
        #expect(
            error(.create("refs/heads/x", at: Self.id(2)))?.message
                == "trying to write non-commit object \(Self.id(2)) to branch 'refs/heads/x'")
        objects.failure = ObjectError(.corrupt, "rotten")
        #expect(error(.create("refs/x", at: Self.id(1)))?.code == .rejected)
        objects.failure = ObjectError(.unavailable, file: "pack", "gone")
        let unavailable = error(.create("refs/x", at: Self.id(1)))
        #expect(unavailable?.code == .unavailable && unavailable?.path == "pack")
        var unchecked = RefEdit.create("refs/x", at: Self.id(3))
        unchecked.checksObject = false
        try store.commit(RefTransaction([unchecked]), RefTransactionContext(objects: objects))
        #expect(try store.snapshot().read("refs/x") == .object(Self.id(3), peeled: nil))
    }

    /// Were both held, each would find the other's place free, and both would come to be.
    @Test func namesThatExcludeEachOtherAreHeldByOneAtATime() throws {
        let store = MemoryRefStore()
        for (first, second): (RefName, RefName) in [
            ("refs/heads/a", "refs/heads/a/b"), ("refs/heads/a/b", "refs/heads/a"), ("refs/a/b/c", "refs/a"),
        ] {
            let held = try store.hold([first])
            #expect(throws: RefError.self) { try store.hold([second], until: .now) }
            // Beside it there is room, and one hold may have both.
            try store.hold(["refs/heads/a-b", "refs/heads/b/a"], until: .now).abort()
            #expect(try held.hold([second, first], until: .now).allSatisfy { $0 == nil })
            #expect(throws: RefError.self) { try store.hold([first], until: .now) }
            held.abort()
            try store.hold([second], until: .now).abort()
            try store.hold([first], until: .now).abort()
        }
    }
}
