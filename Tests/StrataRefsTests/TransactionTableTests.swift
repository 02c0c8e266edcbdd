import RefStoreChecks
import StrataModel
import StrataRefs
import TestSupport
import Testing

/// Each expected value, on each kind of reference, for each kind of edit, in words and deeds of git.
@Suite struct TransactionTableTests {
    /// What may stand at the name that is edited.
    enum Found: CaseIterable {
        case absent, object, tagged, resolved, dangling, broken, toBroken, loop, toMalformed

        /// Whether git fails a batch for it, instead of rejecting the edit.
        var failsBatches: Bool { self == .broken || self == .toBroken || self == .loop || self == .toMalformed }

        func references(_ cell: Cell, _ git: GitOracle) -> [RefName: RefValue] {
            let one = RefValue.object(git.commits[0], peeled: nil)
            let symbolic = RefValue.symbolic(cell.target.bytes)
            return switch self {
            case .absent: [:]
            case .object: [cell.subject: one]
            case .tagged: [cell.subject: .object(git.tag, peeled: git.commits[0])]
            case .resolved: [cell.subject: symbolic, cell.target: one]
            case .dangling: [cell.subject: symbolic]
            case .broken: [cell.subject: .broken(.content)]
            case .toBroken: [cell.subject: symbolic, cell.target: .broken(.content)]
            case .loop: [cell.subject: symbolic, cell.target: .symbolic(cell.subject.bytes)]
            case .toMalformed: [cell.subject: .symbolic(Array("refs/heads/a..b".utf8))]
            }
        }
    }

    /// One cell of the table, with names of its own.
    struct Cell {
        let number: Int
        var subject: RefName { RefName(stringLiteral: "refs/heads/s\(number)") }
        var target: RefName { RefName(stringLiteral: "refs/heads/t\(number)") }

        func expectations(_ git: GitOracle) -> [ExpectedRefValue] {
            [
                .any, .mustNotExist, .object(git.commits[0]), .object(git.commits[1]), .symbolic(target),
                .symbolic("refs/heads/other"),
            ]
        }

        func changes(_ git: GitOracle) -> [RefEdit.Change] {
            [
                .write(.object(git.commits[0])), .write(.object(git.commits[2])), .delete, .verify,
                .write(.symbolic("refs/heads/here")), .write(.symbolic("refs/heads/else")),
            ]
        }
    }

    static let stores = [StoreUnderTest.memory, .worktree] + StoreUnderTest.compositions

    /// The cells of the table for one kind of reference.
    static func edits(_ git: GitOracle, separately: Bool) -> [(Cell, RefEdit)] {
        var all: [(Cell, RefEdit)] = []
        let (changes, expectations) = (Cell(number: 0).changes(git).count, Cell(number: 0).expectations(git).count)
        for change in 0..<changes {
            for expected in 0..<expectations {
                for follows in [true, false] {
                    let cell = Cell(number: separately ? 0 : all.count)
                    all.append(
                        (
                            cell,
                            RefEdit(
                                cell.subject, cell.changes(git)[change], expecting: cell.expectations(git)[expected],
                                followsSymbolic: follows, message: Array(" a \tb ".utf8))
                        ))
                }
            }
        }
        return all.filter { git.canSay($0.1) }
    }

    static func compare(_ scenario: RefScenario, _ git: GitOracle) throws {
        var theirs = try #require(try git.run(scenario))
        for store in stores {
            var ours = try store.run(scenario, objects: git.objects)
            ours.events = []
            if scenario.edits.contains(where: { $0.change == .verify }) {
                // Git writes a line to zeros where what is checked was a symbolic reference.
                (ours.logs, theirs.logs) = ([:], [:])
            }
            #expect(ours == theirs, "\(store): \(scenario)")
        }
    }

    /// References that stand beside the one that is edited.
    static func around(_ git: GitOracle) -> [RefName: RefValue] {
        [
            .head: .symbolic(Array("refs/heads/main".utf8)),
            "refs/heads/here": .object(git.commits[1], peeled: nil),
        ]
    }

    @Test(
        .enabled(if: gitIsCurrent, "compared with git 2.50 or newer"),
        arguments: Found.allCases.filter { $0 != .tagged })
    func oneEditAlone(_ found: Found) throws {
        let git = try GitOracle()
        var compared = 0
        for (cell, edit) in Self.edits(git, separately: true) {
            var scenario = RefScenario(found.references(cell, git), [edit])
            scenario.references.merge(Self.around(git)) { $1 }
            if found == .toMalformed, edit.followsSymbolic, case .write(.object) = edit.change {
                // Git writes the malformed reference.
                let ours = try StoreUnderTest.memory.run(scenario, objects: git.objects)
                #expect(ours.messages.count == 1 && ours.references.count == 3, "\(scenario)")
            } else {
                try Self.compare(scenario, git)
                compared += 1
            }
        }
        #expect(compared > 40)
    }

    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func allEditsInOneBatch() throws {
        let git = try GitOracle()
        for found in Found.allCases where !found.failsBatches {
            for isVerifying in [false, true] {
                var scenario = RefScenario(Self.around(git), [], mode: .batched)
                for (cell, edit) in Self.edits(git, separately: false) where (edit.change == .verify) == isVerifying {
                    scenario.edits.append(edit)
                    scenario.references.merge(found.references(cell, git)) { $1 }
                }
                // Git goes on with the reflog of a symbolic reference whose referent was rejected.
                if found == .resolved || found == .dangling { scenario.policy = .never }
                try Self.compare(scenario, git)
            }
        }
    }

    /// What `update-ref --stdin` has no words for, by what a reader of git's rules expects.
    @Test(arguments: stores)
    func expectationsOfTheLibrary(_ store: StoreUnderTest) throws {
        let (a, b) = (ObjectID(algorithm: .sha1, words: (1, 0, 0, 0)), ObjectID(algorithm: .sha1, words: (2, 0, 0, 0)))
        let name: RefName = "refs/heads/x"
        let here: [RefName: RefValue] = [name: .object(a, peeled: nil)]
        let through: [RefName: RefValue] = [name: .symbolic(Array("refs/heads/y".utf8))]
        func messages(
            _ references: [RefName: RefValue], _ change: RefEdit.Change, _ expected: ExpectedRefValue,
            follows: Bool = true
        ) throws -> [String] {
            let edit = RefEdit(name, change, expecting: expected, followsSymbolic: follows)
            return try store.run(RefScenario(references, [edit])).messages
        }
        let missing = ["cannot lock ref 'refs/heads/x': unable to resolve reference 'refs/heads/x'"]
        for change in [RefEdit.Change.write(.object(b)), .delete, .verify, .write(.symbolic("refs/heads/z"))] {
            #expect(try messages([:], change, .mustExist) == missing)
            #expect(try messages(here, change, .mustExist) == [])
            #expect(
                try messages(through, change, .mustExist)
                    == ["cannot lock ref 'refs/heads/x': unable to resolve reference 'refs/heads/y'"])
            #expect(try messages(through, change, .mustExist, follows: false) == [])
            #expect(try messages([:], change, .objectIfExists(a)) == [])
            #expect(try messages(here, change, .objectIfExists(a)) == [])
            #expect(
                try messages(here, change, .objectIfExists(b))
                    == ["cannot lock ref 'refs/heads/x': is at \(a) but expected \(b)"])
            #expect(try messages(through, change, .objectIfExists(b), follows: false) == [])
            #expect(
                try messages(here, .delete, .mustNotExist)
                    == ["cannot lock ref 'refs/heads/x': reference already exists"])
        }
    }
}
