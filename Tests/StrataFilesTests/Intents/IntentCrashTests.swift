import Glibc
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataFiles

/// The process is stopped after each of its changes of the disk: the transaction is whole or absent, git reads what is there, and the next
/// writer goes on.
@Suite struct IntentCrashTests {
    private static let probe = productPath("StrataProbe")

    struct Case: Sendable, CustomTestStringConvertible {
        let title: String
        var durability = "none"
        var packsFrom = 0
        let edits: [String]
        /// A reference by one rename: no intent, and a reflog may have its line when the rename does not come.
        var isOneStep = false
        var testDescription: String { title }
    }

    /// `1` and `2` stand for the two commits.
    static let cases = [
        Case(title: "one", edits: ["set:refs/heads/new/one:1"], isOneStep: true),
        Case(
            title: "several", durability: "full",
            edits: [
                "set:refs/heads/new/one:1", "set:refs/heads/main:1", "symref:refs/remotes/o/HEAD:refs/heads/main",
                "delete:refs/heads/both", "delete:refs/heads/packed/deep", "set:refs/heads/loose:2",
            ]),
        Case(title: "deletion of loose and packed", edits: ["delete:refs/heads/both"]),
        Case(title: "HEAD and its branch", edits: ["symref:HEAD:refs/heads/loose", "set:refs/heads/both:1"]),
        Case(
            title: "HEAD of three worktrees and two branches",
            edits: [
                "symref:HEAD:refs/heads/loose", "detach:worktrees/w1/HEAD:1", "detach:worktrees/w2/HEAD:1",
                "set:refs/heads/both:1", "set:refs/heads/loose:2",
            ]),
        Case(
            title: "a reflog line beside packed values", packsFrom: 2,
            edits: [
                "log:refs/heads/a:1", "set:refs/heads/a:1", "set:refs/heads/b:1", "set:refs/heads/loose:2",
                "delete:refs/heads/packed/deep",
            ]),
        Case(
            title: "loose and packed", durability: "data", packsFrom: 2,
            edits: [
                "set:refs/heads/a:1", "set:refs/heads/b:1", "set:refs/heads/loose:2", "delete:refs/heads/packed/deep",
            ]),
    ]

    /// A repository of git's with references loose, packed and both, copied for each crash.
    final class Template {
        let repository: LooseRepository
        let copies: TemporaryDirectory
        private var number = 0

        init() throws {
            repository = try LooseRepository()
            copies = try (try? TemporaryDirectory(in: "/dev/shm")) ?? TemporaryDirectory()
            let (one, two) = (repository.first.hex, repository.second.hex)
            try repository.git("update-ref", "-m", "made", "refs/heads/both", one)
            try repository.git("update-ref", "-m", "made", "refs/heads/packed/deep", one)
            try repository.git("pack-refs", "--all")
            try repository.git("update-ref", "-m", "moved", "refs/heads/both", two)
            try repository.git("update-ref", "-m", "made", "refs/heads/loose", one)
            for name in ["w1", "w2"] { try repository.git("worktree", "add", "-q", "-b", name, name, two) }
        }

        func edits(_ edits: [String]) -> [String] {
            edits.map { edit in
                if edit.hasSuffix(":1") { return edit.dropLast() + repository.first.hex }
                if edit.hasSuffix(":2") { return edit.dropLast() + repository.second.hex }
                return edit
            }
        }

        func copy() throws -> Copy {
            number += 1
            let path = copies.appending("\(number)")
            _ = try output("/bin/cp", ["-a", repository.directory.path.string, path.string])
            return Copy(path: path)
        }
    }

    struct Copy {
        let path: FilePath
        var common: FilePath { path.appending(".git") }

        func remove() { _ = try? output("/bin/rm", ["-rf", path.string]) }

        /// Runs the probe; its status.
        @discardableResult
        func transact(_ test: Case, _ edits: [String], stopAfter call: Int) throws -> CommandResult {
            try run(
                IntentCrashTests.probe,
                ["transact", common.string, test.durability, String(test.packsFrom), String(call)] + edits,
                environment: gitEnvironment)
        }

        /// Values as git lists them.
        func listing() throws -> String {
            let result = try run(
                gitPath, ["for-each-ref", "--format=%(refname) %(objectname) %(symref)"], environment: gitEnvironment,
                directory: path)
            #expect(result.status == 0 && result.errText == "")
            return try result.outText
                + output("/bin/sh", ["-c", "grep '' HEAD worktrees/*/HEAD"], directory: common)
        }

        /// Reflogs byte for byte.
        func reflogs() throws -> String {
            try output("/bin/sh", ["-c", "grep -r '' logs worktrees/*/logs | sort"], directory: common)
        }

        /// What no transaction should leave.
        func litter() throws -> String {
            try output(
                "/bin/sh",
                ["-c", "find . -name '*.lock' -o -name '*.new' -o -path './strata/*' -not -type d | sort"],
                directory: common)
        }

        func store() -> (FilesRefStore, RefIntents) {
            let intents = RefIntents(commonDirectory: common, sweepsFirst: true)
            let loose = LooseRefStore(
                directory: common, hashAlgorithm: .sha1, locks: intents.locks, intents: intents)
            let packed = PackedRefStore(
                common.appending("packed-refs"), hashAlgorithm: .sha1, locks: intents.locks)
            return (FilesRefStore(loose: loose, packed: packed), intents)
        }
    }

    private struct State: Equatable {
        let listing: String
        let reflogs: String
        init(_ copy: Copy) throws {
            listing = try copy.listing()
            reflogs = try copy.reflogs()
        }
    }

    /// Recovers as the next writer does.
    ///
    /// - Returns: how long it took.
    @discardableResult
    private func recover(_ copy: Copy, _ place: Comment) throws -> Duration {
        let (store, intents) = copy.store()
        let spent = try ContinuousClock().measure {
            let held = try store.hold([.known("refs/heads/main"), .known("refs/heads/both")], until: .now)
            held.abort()
        }
        intents.locks.close()
        // A process that another test is about to start has the descriptors of this one for a moment, and the dead owner's file that is
        // looked at seems to be somebody's then.
        for _ in 0..<50 where try copy.litter() != "" {
            usleep(10_000)
            try intents.locks.sweepDeadOwners()
        }
        #expect(try copy.litter() == "", place)
        return spent
    }

    @Test(arguments: cases)
    func isWholeOrAbsent(_ test: Case) throws {
        let template = try Template()
        let edits = template.edits(test.edits)
        let model = try template.copy()
        let old = try State(model)
        let result = try model.transact(test, edits, stopAfter: 0)
        let count = try #require(
            Int(result.outText.split(separator: "\n").last?.dropFirst(6) ?? ""), "\(result.errText)")
        let new = try State(model)
        #expect(try old != new && model.litter() == "")
        var spent: [Duration] = []
        var outcomes = (absent: 0, whole: 0)
        for call in 1...count {
            let copy = try template.copy()
            defer { copy.remove() }
            #expect(try copy.transact(test, edits, stopAfter: call).status == 137)
            _ = try copy.listing()
            let place: Comment = "\(test.title), stopped after call \(call) of \(count)"
            spent.append(try recover(copy, place))
            let after = try State(copy)
            if test.isOneStep {
                #expect([old.listing, new.listing].contains(after.listing), place)
                #expect([old.reflogs, new.reflogs].contains(after.reflogs), place)
            } else {
                #expect(after == old || after == new, place)
            }
            if after.listing == new.listing { outcomes.whole += 1 } else { outcomes.absent += 1 }
        }
        #expect(spent.sorted()[count / 2] < .milliseconds(50))
        #expect(outcomes.absent > 0 && outcomes.whole > 0)
    }

    /// A whole intent that lies is an error or does nothing; never a trap, and what it names stays.
    @Test func aLyingIntentIsHarmless() throws {
        let template = try Template()
        let step = IntentCodingTests.steps[0]
        for (offset, line) in [(Int.max, "x\n"), (Int.max, ""), (1 << 40, "line\n")] {
            let copy = try template.copy()
            defer { copy.remove() }
            let old = try State(copy)
            var lie = step
            lie.old = .symbolic(Array("nowhere".utf8))
            lie.action = .keep
            lie.log = .init(offset: offset, line: Array(line.utf8))
            var other = step
            other.name = .known("refs/heads/main")
            other.old = .object(template.repository.second, peeled: nil)
            other.action = .keep
            other.log = lie.log
            let file = RefIntentCoding.file([RefIntentCoding.encode(.sha1, [lie, other])])
            try Disk.makeDirectories(copy.common.appending("strata/intents"))
            try Disk.replace(copy.common.appending("strata/intents/0123456789abcdef-1"), with: file, durability: .none)
            try recover(copy, "offset \(offset)")
            #expect(try State(copy) == old)
        }
    }

    /// Whoever makes an intent good may die as well, at any call.
    @Test func recoveryMayBeStoppedToo() throws {
        let template = try Template()
        let test = Self.cases[1]
        let edits = template.edits(test.edits)
        let model = try template.copy()
        let text = try model.transact(test, edits, stopAfter: 0).outText
        let count = try #require(Int(text.split(separator: "\n").last?.dropFirst(6) ?? ""))
        let (old, new) = (try State(template.copy()), try State(model))
        var stopped = 0
        for call in stride(from: 5, through: count, by: 11) {
            for second in stride(from: 1, through: 60, by: 2) {
                let copy = try template.copy()
                defer { copy.remove() }
                try copy.transact(test, edits, stopAfter: call)
                let result = try copy.transact(test, [], stopAfter: second)
                if result.status == 137 { stopped += 1 } else if second > 1 { break }
                let place: Comment = "stopped after call \(call), recovery after \(second)"
                try recover(copy, place)
                let after = try State(copy)
                #expect(after == old || after == new, place)
            }
        }
        #expect(stopped > 8)
    }
}
