import StrataModel
import StrataRefs

/// Reading reflogs in both directions, their names, and changing them by hand.
extension LawBook {
    mutating func addReflogAccess() {
        begin("reflogs", needs: [.writes, .reflogs])
        add("are read oldest first and newest first") { t in
            try t.writeLines("refs/heads/x", 40)
            let oldest = try t.entries("refs/heads/x")
            try t.expect(oldest.map { escaped($0.message) }, (0..<40).map { "line \($0)" }, "the lines")
            try t.expect(t.entries("refs/heads/x", newestFirst: true), oldest.reversed(), "the lines backwards")
        }
        for count in [1, 2, 7] {
            add("reading stops after \(count) when the reader has enough") { t in
                try t.writeLines("refs/heads/x", 8)
                let all = try t.entries("refs/heads/x")
                try t.expect(t.entries("refs/heads/x", atMost: count), Array(all.prefix(count)), "the oldest")
                try t.expect(
                    t.entries("refs/heads/x", newestFirst: true, atMost: count), Array(all.reversed().prefix(count)),
                    "the newest")
            }
        }
        add("one that is absent has no lines and does not exist") { t in
            try t.seed(["refs/heads/x": "a"])
            for name in ["refs/heads/x", "refs/heads/none", "refs/heads"] {
                try t.expect(t.entries(name), [], "the lines of \(name)")
                try t.expect(try t.logs().exists(ref(name)), false, "whether that of \(name) exists")
            }
            try t.expect(t.logs().names(), [], "the names")
        }
        add("names are sorted by their bytes") { t in
            let names = ["HEAD", "refs/heads/a-b", "refs/heads/a.b", "refs/heads/a/b", "refs/heads/a0", "refs/tags/t"]
                .filter { t.keeps(ref($0)) }
            for name in names.reversed() { try t.writeLines(name, 1) }
            try t.expect(t.logs().names().map { escaped($0.bytes) }, names, "the names")
        }
        add("one can be made, empty, and deleted") { t in
            try t.seed(["refs/heads/x": "a"])
            try t.seedLogs("refs/heads/x")
            try t.expectLogs(["refs/heads/x": []])
            try t.seedLogs("refs/heads/x")
            try t.expectLogs(["refs/heads/x": []], "made twice")
            try t.underHold("refs/heads/x") { logs, name in try logs.delete(name) }
            try t.expectLogs([:])
            try t.expectReferences(["refs/heads/x": "a"])
            try t.underHold("refs/heads/x") { logs, name in try logs.delete(name) }
        }
        add("making one that is there leaves its lines") { t in
            try t.writeLines("refs/heads/x", 2)
            try t.seedLogs("refs/heads/x")
            try t.expect(t.entries("refs/heads/x").count, 2, "the number of lines")
        }
        addExpiry()
    }

    private mutating func addExpiry() {
        let cases: [(what: String, keeps: @Sendable (Int) -> Bool)] = [
            ("all lines", { _ in true }), ("none", { _ in false }), ("the first", { $0 == 0 }),
            ("the last", { $0 == 5 }),
            ("every second one", { $0 % 2 == 0 }), ("all but the first", { $0 != 0 }),
            ("all but the last", { $0 != 5 }),
        ]
        for (what, keeps) in cases {
            for rewrites in [false, true] {
                add("expiry that keeps \(what)\(rewrites ? ", rewriting," : "") keeps those") { t in
                    try t.writeLines("refs/heads/x", 6)
                    let before = try t.entries("refs/heads/x")
                    var expected = before.enumerated().filter { keeps($0.offset) }.map(\.element)
                    if rewrites {
                        for index in expected.indices {
                            expected[index].old = index == 0 ? t.zero : expected[index - 1].new
                        }
                    }
                    var number = 0
                    var dropped = -1
                    try t.underHold("refs/heads/x") { logs, name in
                        dropped = try logs.expire(name, rewrite: rewrites) { _ throws(RefError) in
                            number += 1
                            return keeps(number - 1)
                        }
                    }
                    try t.expect(dropped, 6 - expected.count, "the number of lines dropped")
                    try t.expect(t.entries("refs/heads/x"), expected, "the lines")
                    try t.expect(try t.logs().exists(ref("refs/heads/x")), true, "whether it exists")
                    try t.mustCommit([t.update("refs/heads/x", "o", message: "after")], .atomic, t.context(.never))
                    try t.expect(t.entries("refs/heads/x").count, expected.count + 1, "the lines after another commit")
                }
            }
        }
        add("who decides what expires sees rewritten ids") { t in
            try t.writeLines("refs/heads/x", 4)
            var seen: [String] = []
            try t.underHold("refs/heads/x") { logs, name in
                try logs.expire(name, rewrite: true) { entry throws(RefError) in
                    seen.append(t.letters.text(entry.old))
                    return t.letters.text(entry.new) != "b"
                }
            }
            try t.expect(seen, ["0", "a", "a", "c"], "the old ids")
        }
        add("expiry that fails changes nothing") { t in
            try t.writeLines("refs/heads/x", 4)
            let before = try t.entries("refs/heads/x")
            var count = 0
            do {
                try t.underHold("refs/heads/x") { logs, name in
                    try logs.expire(name, rewrite: true) { _ throws(RefError) in
                        count += 1
                        if count == 3 { throw RefError(.refused, "enough") }
                        return false
                    }
                }
                throw LawBroken("the error is not passed on")
            } catch let error as RefError {
                try t.expect(error.code, .refused, "the code of the error")
            }
            try t.expect(t.entries("refs/heads/x"), before, "the lines")
        }
        add("expiry of one that is absent drops nothing and makes none") { t in
            try t.seed(["refs/heads/x": "a"])
            try t.underHold("refs/heads/x") { logs, name in
                let dropped = try logs.expire(name, rewrite: true) { _ throws(RefError) in false }
                try t.expect(dropped, 0, "the number of lines dropped")
            }
            try t.expectLogs([:])
        }
    }
}

extension Trial {
    func logs() throws -> any ReflogStore {
        guard let logs = store.reflogs else { throw LawBroken("a store that declares reflogs has none") }
        return logs
    }

    /// Updates `name` so that its reflog has `count` lines: to `a`, `b` and so on.
    func writeLines(_ name: String, _ count: Int) throws {
        let letters = Array("abcdefghijklmn")
        for number in 0..<count {
            try mustCommit(
                [direct(update(name, letters[number % letters.count], message: "line \(number)"))], .atomic,
                context(.always))
        }
    }

    /// Changes the reflog of `name` while the name is held.
    func underHold(_ name: String, _ body: (any ReflogStore, RefName) throws -> Void) throws {
        let held = try store.hold([ref(name)])
        defer { held.abort() }
        try body(logs(), ref(name))
    }
}
