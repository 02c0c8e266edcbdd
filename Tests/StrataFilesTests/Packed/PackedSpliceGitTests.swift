import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@Suite("changed packed-refs beside git's", .enabled(if: gitIsCurrent, "the format is that of git 2.50"))
struct PackedSpliceGitTests {
    /// Names of which none is a directory of another.
    private static let names = (0..<40).map { i in
        switch i % 4 {
        case 0: "refs/tags/v\(i).\(i % 3)"
        case 1: "refs/heads/n\(i)/x"
        case 2: "refs/notes/\(String(repeating: "long-", count: i))\(i)"
        default: "refs/heads/\(i)ä"
        }
    }

    @Test("hundreds of random changes, by git and by us: the same bytes")
    func sameBytes() throws {
        let theirs = try PackedRepository(objects: 4)
        let ours = try PackedRepository()
        let store = ours.store()
        var random = SplitMix64(seed: 31)
        for round in 0..<150 {
            var commands = ""
            var changes: [PackedRefChange] = []
            let present = try walk(store.current())
            let few = Int.random(in: 0..<10, using: &random) > 0
            for name in Self.names where Int.random(in: 0..<(few ? 12 : 2), using: &random) == 0 {
                let refName = try RefName(name)
                if Bool.random(using: &random) && present.contains(name) {
                    commands += "delete \(name)\n"
                    changes.append(.remove(refName))
                    continue
                }
                let tag = Bool.random(using: &random) || name.hasPrefix("refs/tags/")
                if tag && !name.hasPrefix("refs/heads/"), let tag = theirs.tags.randomElement(using: &random) {
                    commands += "update \(name) \(tag.id)\n"
                    changes.append(.set(refName, to: tag.id, peeled: tag.peeled))
                } else if let commit = theirs.commits.randomElement(using: &random) {
                    commands += "update \(name) \(commit)\n"
                    changes.append(.set(refName, to: commit, peeled: nil))
                }
            }
            let update = try theirs.run(["update-ref", "--stdin"], stdin: Array(commands.utf8))
            #expect(update.status == 0, "\(update.errText)")
            // Every other time deletions alone, which git does without pack-refs.
            try #require(try theirs.run(["pack-refs", "--all"]).status == 0)
            let lock = try store.lock()
            try lock.stage(changes.shuffled(using: &random))
            try lock.commit()
            lock.release()
            #expect(try ours.bytes == theirs.bytes, "round \(round)")
        }
    }

    @Test("deletions alone")
    func deletions() throws {
        let theirs = try PackedRepository(objects: 2)
        let ours = try PackedRepository()
        var random = SplitMix64(seed: 32)
        let all = Self.names.map { name in
            let tag = theirs.tags.randomElement(using: &random)
            return name.hasPrefix("refs/heads/")
                ? "update \(name) \(theirs.commits[0])" : "update \(name) \(tag?.id.hex ?? "")"
        }
        try #require(
            try theirs.run(["update-ref", "--stdin"], stdin: Array((all.joined(separator: "\n") + "\n").utf8)).status
                == 0)
        try #require(try theirs.run(["pack-refs", "--all"]).status == 0)
        try ours.write(try #require(try theirs.bytes))
        let store = ours.store()
        var left = Self.names
        while !left.isEmpty {
            let count = min(left.count, Int.random(in: 1...3, using: &random))
            left.shuffle(using: &random)
            let gone = left.suffix(count)
            left.removeLast(count)
            let commands = gone.map { "delete \($0)\n" }.joined()
            try #require(try theirs.run(["update-ref", "--stdin"], stdin: Array(commands.utf8)).status == 0)
            let lock = try store.lock()
            try lock.stage(gone.map { try .remove(RefName($0)) })
            try lock.commit()
            lock.release()
            #expect(try ours.bytes == theirs.bytes)
        }
        #expect(try ours.bytes == Array(PackedLines.header.utf8))
    }

    @Test(
        "files without git's header are written as git writes them",
        arguments: [
            "", "{a} refs/heads/b\n{b} refs/heads/a\n", "{A} refs/heads/a\n{b}\trefs/heads/b\n",
            "# pack-refs with: peeled \n{a} refs/tags/t\n^{B}\n{b} refs/heads/b\n",
            "# pack-refs with: sorted\n{a} refs/heads/a\n{b} refs/tags/t\n^{c}\n{c} refs/tags/u\n",
            "{a} refs/heads/a\r\n", "{a} refs/heads/c\n^{b}\n{c} refs/heads/a\n^{a}\n",
        ])
    func rewritten(_ template: String) throws {
        var text = template
        for (mark, id) in [("a", PackedLines.a), ("b", PackedLines.b), ("c", PackedLines.c)] {
            text.replaceAll("{\(mark)}", with: id)
            text.replaceAll("{\(mark.uppercased())}", with: id.uppercased())
        }
        let theirs = try PackedRepository()
        let ours = try PackedRepository()
        try theirs.write(Array(text.utf8))
        try ours.write(Array(text.utf8))
        let packed = try theirs.run(["pack-refs"])
        let lock = try ours.store().lock()
        try lock.stage([])
        try lock.commit()
        lock.release()
        #expect(packed.status == 0, "\(packed.errText)")
        // A carriage return makes a name malformed, and git forgets what it holds.
        if text.utf8.contains(0x0d) {
            #expect(try ours.bytes == Array((PackedLines.header + text).utf8))
        } else {
            #expect(try ours.bytes == theirs.bytes)
        }
    }

    private func walk(_ snapshot: PackedRefSnapshot) throws -> Set<String> {
        var names: Set<String> = []
        var cursor = try snapshot.packedCursor(over: .all)
        while let view = try cursor.next() { names.insert(view.refName.description) }
        return names
    }
}

extension String {
    fileprivate mutating func replaceAll(_ mark: String, with text: String) {
        self = split(separator: mark, omittingEmptySubsequences: false).joined(separator: text)
    }
}
