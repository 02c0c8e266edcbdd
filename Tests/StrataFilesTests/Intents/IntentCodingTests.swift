import StrataModel
import StrataRefs
import TestSupport
import Testing

@testable import StrataFiles

/// The file of an intent.
@Suite struct IntentCodingTests {
    static let one = ObjectID(algorithm: .sha1, words: (1, 2, 3, 4))
    static let steps = [
        RefIntent.Step(
            directory: [], name: .known("refs/heads/a"), old: nil, action: .write(.object(one, peeled: nil)),
            log: .init(offset: 7, line: Array("line\n".utf8))),
        RefIntent.Step(
            directory: Array("worktrees/w".utf8), name: .head, old: .symbolic(Array("refs/heads/a".utf8)),
            action: .keep, log: .init(offset: 0, line: [])),
        RefIntent.Step(
            directory: [], name: .known("refs/tags/t"), old: .broken(.content), action: .pack(.object(one, peeled: one))
        ),
        RefIntent.Step(
            directory: [], name: .known("refs/tags/u"), old: .object(one, peeled: nil), action: .delete),
    ]

    static let deciders: [RefIntentFile.Decider?] = [
        nil, .init(id: [1, 2, 3], path: Array("lmdb".utf8)), .init(id: [], path: Array("/a/../b".utf8)),
    ]

    private func file(_ steps: [RefIntent.Step], decidedBy decider: RefIntentFile.Decider? = nil) -> [UInt8] {
        RefIntentCoding.file(
            [RefIntentCoding.encode(.sha1, steps), RefIntentCoding.encode(.sha1, [])], decidedBy: decider)
    }

    @Test(arguments: deciders) func comesBackAsWritten(_ decider: RefIntentFile.Decider?) throws {
        let bytes = file(Self.steps, decidedBy: decider)
        let found = try #require(try RefIntentCoding.decode(bytes))
        #expect(found.intents.map(\.steps) == [Self.steps, []] && found.decider == decider)
        // Who knows nothing of databases must not take it for his.
        #expect(bytes.starts(with: Array("strata-intent \(decider == nil ? 1 : 2)\n".utf8)))
    }

    @Test(arguments: ["", "../lmdb", "a//b", "/a\0b", "a/./b"])
    func aDatabaseIsInsideOrAtAnAbsolutePath(_ path: String) {
        let bytes = file(Self.steps, decidedBy: .init(id: [1], path: Array(path.utf8)))
        #expect(throws: RefIntentError.self) { try RefIntentCoding.decode(bytes) }
    }

    /// A process that died while it wrote has changed nothing yet.
    @Test(arguments: deciders) func whatIsCutIsNoIntent(_ decider: RefIntentFile.Decider?) throws {
        let whole = file(Self.steps, decidedBy: decider)
        for count in whole.indices { #expect(try RefIntentCoding.decode(Array(whole[..<count])) == nil) }
        for index in whole.indices {
            var bytes = whole
            bytes[index] ^= 0x10
            #expect(try RefIntentCoding.decode(bytes) == nil)
        }
    }

    /// Under a checksum that is right, every byte may lie: the answer is an error or another intent, never a trap.
    @Test func liesAreErrors() throws {
        let part = RefIntentCoding.encode(.sha1, Self.steps)
        var random = SplitMix64(seed: 7)
        for index in part.indices {
            for value: UInt8 in [0, 1, 2, 0x7f, 0xff, UInt8.random(in: 0...255, using: &random)] {
                var bytes = part
                bytes[index] = value
                for file in [RefIntentCoding.file([bytes]), RefIntentCoding.file([Array(bytes[..<index])])] {
                    do throws(RefIntentError) { _ = try RefIntentCoding.decode(file) } catch {
                        #expect(error.offset <= file.count)
                    }
                }
            }
        }
    }

    @Test(arguments: ["..", "worktrees/..", "worktrees/a/../../..", "worktrees/", "/etc", "a//b", "worktrees/."])
    func directoriesStayInside(_ directory: String) {
        var step = Self.steps[0]
        step.directory = Array(directory.utf8)
        #expect(throws: RefIntentError.self) { try RefIntentCoding.decode(file([step])) }
    }

    @Test(arguments: ["../x", "refs/../../x", "refs/heads/../../../x"])
    func namesStayInside(_ name: String) {
        var step = Self.steps[0]
        step.name = RefName(unchecked: Array(name.utf8))
        #expect(throws: RefIntentError.self) { try RefIntentCoding.decode(file([step])) }
    }
}
