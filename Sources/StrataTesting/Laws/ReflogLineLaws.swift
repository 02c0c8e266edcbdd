import StrataModel
import StrataRefs

/// What stands in a line: ids, committer, message.
extension LawBook {
    private static let messages: [(what: String, given: String, kept: String)] = [
        ("is empty", "", ""), ("is white space", " \t\n ", ""), ("is one word", "push", "push"),
        ("has a line feed at its end", "push\n", "push"), ("has lines", "one\ntwo\n\nthree", "one two three"),
        ("has white space at both ends", "  push \t", "push"), ("has runs of it", "a \t b\r\n c", "a b c"),
        ("has a NUL", "push\0more", "push"), ("has letters with accents", "réf ✓", "réf ✓"),
        ("looks like a line of its own", "0 1 A <a> 1 +0000\tx", "0 1 A <a> 1 +0000 x"),
        ("has control characters", "a\u{1b}[1mb\u{7f}c", "a\u{1b}[1mb\u{7f}c"),
        ("is long", String(repeating: "long ", count: 500), String(repeating: "long ", count: 499) + "long"),
    ]

    private static let committers: [(what: String, committer: Signature)] = [
        ("west of Greenwich", signature("A U Thor", "a@example.com", 1_112_911_993, -420)),
        ("at an odd offset", signature("A U Thor", "a@example.com", 1_700_000_000, 345)),
        ("without a name", signature("", "a@example.com", 7, 0)),
        ("without a mail address", signature("A", "", 7, 0)),
        ("with letters with accents", signature("Ä Ö Ü", "ä@example.com", 4_102_444_800, 840)),
        ("of 1970", signature("A", "a@example.com", 1, 0)),
    ]

    private static func signature(_ name: String, _ email: String, _ seconds: Int64, _ offset: Int32) -> Signature {
        Signature(name: Array(name.utf8), email: Array(email.utf8), seconds: seconds, offsetMinutes: offset)
    }

    mutating func addReflogLines() {
        begin("reflog lines", needs: [.writes, .reflogs])
        for (what, given, kept) in Self.messages {
            add("a message that \(what)") { t in
                try t.mustCommit([t.create("refs/heads/x", "a", message: given)], .atomic, t.context(.always))
                try t.mustCommit([t.update("refs/heads/x", "b", message: "next")], .atomic, t.context(.always))
                let entries = try t.entries("refs/heads/x")
                try t.expect(entries.map { escaped($0.message) }, [escaped(Array(kept.utf8)), "next"], "the messages")
                try t.expect(entries.map(\.committer), [Trial.committer, Trial.committer], "the committers")
            }
        }
        for (what, committer) in Self.committers {
            add("a committer \(what)") { t in
                var edit = t.create("refs/heads/x", "a", message: "m")
                edit.committer = committer
                try t.mustCommit([edit, t.create("refs/heads/y", "a")], .atomic, t.context(.always))
                try t.expect(t.entries("refs/heads/x").map(\.committer), [committer], "who is said")
                try t.expect(t.entries("refs/heads/y").map(\.committer), [Trial.committer], "who is said beside it")
            }
        }
        add("a message that is no UTF-8") { t in
            var edit = t.create("refs/heads/x", "a")
            edit.message = [0x66, 0xfc, 0x72, 0xff]
            try t.mustCommit([edit], .atomic, t.context(.always))
            try t.expect(t.entries("refs/heads/x").map { escaped($0.message) }, [escaped(edit.message)], "the message")
        }
        add("ids follow one another") { t in
            for letter: Character in ["a", "b", "c", "a"] {
                try t.mustCommit([t.update("refs/heads/x", letter)], .atomic, t.context(.always))
            }
            try t.expectLogs(["refs/heads/x": ["0 a", "a b", "b c", "c a"]])
        }
        add("the zero id has the store's length") { t in
            try t.mustCommit([t.create("refs/heads/x", "a")], .atomic, t.context(.always))
            try t.expect(t.entries("refs/heads/x").map(\.old), [t.zero], "the old id")
        }
        add("a line can be added by itself") { t in
            try t.seed(["refs/heads/x": "c"])
            let line = RefEdit(
                ref("refs/heads/x"), .log(old: t.a, new: t.b), message: Array("by hand".utf8), logging: .force)
            try t.mustCommit([line], .atomic, t.context(.never))
            try t.expectLogs(["refs/heads/x": ["a b by hand"]])
            try t.expectReferences(["refs/heads/x": "c"])
        }
        add("a line that the policy does not ask for is not added by itself") { t in
            try t.seed(["refs/heads/x": "c"])
            try t.mustCommit([RefEdit(ref("refs/heads/x"), .log(old: t.a, new: t.b))], .atomic, t.context(.never))
            try t.expectLogs([:])
        }
        add("each reference of a transaction has its own") { t in
            try t.seed(["refs/heads/x": "a", "refs/heads/y": "b"])
            try t.mustCommit(
                [
                    t.update("refs/heads/x", "c", message: "one"), t.update("refs/heads/y", "c", message: "two"),
                    t.create("refs/heads/z", "c", message: "three"),
                ], .atomic, t.context(.always))
            try t.expectLogs([
                "refs/heads/x": ["a c one"], "refs/heads/y": ["b c two"], "refs/heads/z": ["0 c three"],
            ])
        }
    }
}

extension Trial {
    /// The lines of the reflog of `name`, oldest first.
    func entries(_ name: String, newestFirst: Bool = false, atMost count: Int = .max) throws -> [ReflogEntry] {
        var entries: [ReflogEntry] = []
        try store.reflogs?.read(ref(name), newestFirst: newestFirst) { entry throws(RefError) in
            entries.append(entry)
            return entries.count < count
        }
        return entries
    }
}
