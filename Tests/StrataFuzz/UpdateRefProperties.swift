import StrataCommand
import StrataIO
import StrataModel
import StrataRefs

/// The language of `update-ref --stdin`, in lines and with NULs: commands written in either form read the same and do the same, and
/// whatever is said, references stay well formed, nothing stays locked, and what is refused changes nothing.
func fuzzUpdateRef(_ bytes: [UInt8]) throws {
    for nulTerminated in [false, true] {
        let (commands, isWhole) = UpdateRefDialogue.commands(in: bytes, nulTerminated: nulTerminated, .sha1)
        let lines = commands.flatMap { UpdateRefWriting(nulTerminated: false).bytes(of: $0.action) }
        let strings = commands.flatMap { UpdateRefWriting(nulTerminated: true).bytes(of: $0.action) }
        for (text, isNul) in [(lines, false), (strings, true)] {
            let again = UpdateRefDialogue.commands(in: text, nulTerminated: isNul, .sha1)
            try require(again.commands == commands && again.isWhole, "'\(shown(text))' is not what it was written for")
        }
        for batch in [false, true] {
            let first = try Dialogue(bytes, nulTerminated: nulTerminated, batch: batch)
            guard isWhole else { continue }
            for other in [
                try Dialogue(lines, nulTerminated: false, batch: batch),
                try Dialogue(strings, nulTerminated: true, batch: batch),
            ] {
                try require(
                    other.outcome.status == first.outcome.status && other.outcome.output == first.outcome.output
                        && other.references == first.references, "the same commands in another form do something else")
            }
        }
    }
}

/// One dialogue with a store of its own.
private struct Dialogue {
    let outcome: UpdateRefDialogue.Outcome
    let references: [[UInt8]: RefValue]

    init(_ input: [UInt8], nulTerminated: Bool, batch: Bool) throws {
        let store = MemoryRefStore()
        let one = ObjectID(algorithm: .sha1, words: (0x1111_1111_1111_1111, 0x1111_1111_1111_1111, .max / 15, 0))
        let signature = Signature(name: Array("A".utf8), email: Array("a@b".utf8), seconds: 1, offsetMinutes: 0)
        let context = RefTransactionContext(reflogs: .always, deadline: .now) { () throws(RefError) in signature }
        try store.commit(
            RefTransaction([
                RefEdit(.head, .write(.symbolic(RefName("refs/heads/main"))), followsSymbolic: false),
                .create(RefName("refs/heads/main"), at: one), .create(RefName("refs/heads/side"), at: one),
                .create(RefName("refs/tags/v1"), at: one),
            ]), context)
        let before = try Self.references(of: store)
        outcome = UpdateRefDialogue.run(input, nulTerminated: nulTerminated, batch: batch, on: store, context)
        references = try Self.references(of: store)
        try require([0, 128].contains(outcome.status), "status \(outcome.status)")
        let hasCommitted = String(decoding: outcome.output, as: UTF8.self).contains("commit: ok")
        if outcome.status != 0 && !hasCommitted {
            try require(references == before, "refused, and changed: \(shown(outcome.errors))")
        }
        for stream in [outcome.output, outcome.errors] {
            try require(stream.isEmpty || stream.last == 0x0a, "'\(shown(stream))' ends within a line")
        }
        try checkNames()
        try checkLocks(store)
    }

    private static func references(of store: MemoryRefStore) throws(RefError) -> [[UInt8]: RefValue] {
        var cursor = try store.snapshot().cursor(over: .all)
        var references: [[UInt8]: RefValue] = [:]
        while let view = try cursor.next() { references[view.refName.bytes] = view.value }
        return references
    }

    private func checkNames() throws {
        for name in references.keys {
            let isWellFormed = RefnameRules.isWellFormed(name, oneLevel: true, pattern: false)
            try require(isWellFormed, "'\(shown(name))' was written")
            for (at, byte) in name.enumerated() where byte == UInt8(ascii: "/") {
                let parent = Array(name[..<at])
                try require(references[parent] == nil, "'\(shown(parent))' and '\(shown(name))' both exist")
            }
        }
    }

    private func checkLocks(_ store: MemoryRefStore) throws {
        let hold = try store.makeHold()
        defer { hold.abort() }
        let names = references.keys.map { RefName(unchecked: $0) }.sorted()
        let failures = try hold.hold(names, until: .now)
        try require(failures.allSatisfy { $0 == nil }, "a reference stays locked")
    }
}

/// Writes commands in one of the language's two forms.
private struct UpdateRefWriting {
    let nulTerminated: Bool

    func bytes(of action: UpdateRefCommand.Action) -> [UInt8] {
        switch action {
        case .update(let name, let new, let old): return command("update", name, [id(new), id(old)])
        case .create(let name, let new): return command("create", name, [id(new)])
        case .delete(let name, let old): return command("delete", name, [id(old)])
        case .verify(let name, let old): return command("verify", name, [id(old)])
        case .symrefUpdate(let name, let target, let old):
            switch old {
            case .oid(let old): return command("symref-update", name, [word(target), Array("oid".utf8), id(old)])
            case .target(let old): return command("symref-update", name, [word(target), Array("ref".utf8), word(old)])
            case nil: return command("symref-update", name, [word(target), nil, nil])
            }
        case .symrefCreate(let name, let target): return command("symref-create", name, [word(target)])
        case .symrefDelete(let name, let target): return command("symref-delete", name, [target.map(word)])
        case .symrefVerify(let name, let target): return command("symref-verify", name, [target.map(word)])
        case .optionNoDeref: return command("option", Array("no-deref".utf8), [])
        case .start: return bare("start")
        case .prepare: return bare("prepare")
        case .abort: return bare("abort")
        case .commit: return bare("commit")
        }
    }

    private var terminator: UInt8 { nulTerminated ? 0 : 0x0a }

    private func bare(_ keyword: String) -> [UInt8] { Array(keyword.utf8) + [terminator] }

    private func command(_ keyword: String, _ name: RefName, _ arguments: [[UInt8]?]) -> [UInt8] {
        command(keyword, word(name), arguments)
    }

    /// What is not there is left out of a line, and an empty string before a NUL.
    private func command(_ keyword: String, _ first: [UInt8], _ arguments: [[UInt8]?]) -> [UInt8] {
        let head = Array(keyword.utf8) + [0x20] + first
        if nulTerminated { return head + arguments.flatMap { [0] + ($0 ?? []) } + [0] }
        return head + arguments.flatMap { argument in argument.map { [0x20] + $0 } ?? [] } + [0x0a]
    }

    private func id(_ id: ObjectID) -> [UInt8] { Array(id.hex.utf8) }
    private func id(_ id: ObjectID?) -> [UInt8]? { id.map { Array($0.hex.utf8) } }

    /// A name, in a line always in double quotes and every byte that is no letter as an octal number.
    private func word(_ name: RefName) -> [UInt8] {
        if nulTerminated { return name.bytes }
        let quote = UInt8(ascii: "\"")
        return [quote]
            + name.bytes.flatMap { byte -> [UInt8] in
                if (0x61...0x7a).contains(byte) || byte == UInt8(ascii: "/") { return [byte] }
                return [UInt8(ascii: "\\"), 0x30 + byte >> 6, 0x30 + byte >> 3 & 7, 0x30 + byte & 7]
            } + [quote]
    }
}
