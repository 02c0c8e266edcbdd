import StrataModel
import StrataObjects
import StrataRefs
import SystemPackage
import TestSupport

@testable import StrataCommand

/// A small repository made by git, and its references once more in memory, for verbs that run in this process.
final class Scratch: Sendable {
    let directory: TemporaryDirectory
    let commit: ObjectID
    let second: ObjectID
    let tag: ObjectID
    let blob: ObjectID

    init() throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        func git(_ arguments: [String], stdin: Bytes = []) throws -> String {
            try TestSupport.git(arguments, in: directory.path, stdin: stdin)
        }
        func make(_ arguments: String...) throws { _ = try git(arguments) }
        try make("init", "-q", "-b", "main", ".")
        try make("commit", "-q", "--allow-empty", "-m", "one")
        try make("commit", "-q", "--allow-empty", "-m", "two")
        func id(_ text: String) throws -> ObjectID {
            guard let id = ObjectID(hex: text) else { throw Errno.invalidArgument }
            return id
        }
        commit = try id(try git(["rev-parse", "HEAD"]))
        second = try id(try git(["rev-parse", "HEAD~1"]))
        try make("tag", "-a", "-m", "a tag", "v1.0")
        try make("tag", "v1.10-rc1", "HEAD~1")
        try make("tag", "v1.9")
        tag = try id(try git(["rev-parse", "v1.0"]))
        blob = try id(try git(["hash-object", "-w", "--stdin"], stdin: Bytes("text\n")))
        try make("tag", "blob", blob.hex)
        for name in ["side", "topic/a", "topic/b", "Upper", "\u{e9}t\u{e9}"] {
            try make("branch", name, "HEAD~1")
        }
        try make("update-ref", "refs/remotes/origin/main", "HEAD")
        try make("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
        try make("symbolic-ref", "refs/heads/link", "refs/heads/side")
        try make("symbolic-ref", "refs/heads/dangling", "refs/heads/nowhere")
        try make("update-ref", "ORIG_HEAD", "HEAD~1")
    }

    /// What git prints and how it ends.
    func git(_ arguments: [String], stdin: Bytes = []) throws -> Outcome {
        let result = try run(gitPath, arguments, stdin: stdin, environment: gitEnvironment, directory: directory.path)
        return Outcome(status: result.status, out: result.out, err: result.err)
    }

    /// The references in a memory store.
    func repository() throws -> CommandRepository {
        let store = MemoryRefStore()
        var edits: [RefEdit] = []
        for line in try git(["for-each-ref", "--format=%(refname) %(objectname)%(if)%(symref)%(then) %(symref)%(end)"])
            .lines
        {
            let words = line.split(separator: " ")
            guard words.count > 1, let id = ObjectID(hex: words[1]) else { throw Errno.invalidArgument }
            if words.count == 2 { edits.append(.create(try RefName(words[0]), at: id)) }
        }
        for (name, target) in [
            ("HEAD", "refs/heads/main"), ("refs/remotes/origin/HEAD", "refs/remotes/origin/main"),
            ("refs/heads/link", "refs/heads/side"), ("refs/heads/dangling", "refs/heads/nowhere"),
        ] {
            edits.append(.symbolic(try RefName(name), to: try RefName(target)))
        }
        edits.append(.create(try RefName("ORIG_HEAD"), at: second))
        try store.commit(RefTransaction(edits), RefTransactionContext())
        let objects = FilesObjectStore(
            objectDirectory: directory.path.appending(".git/objects"), algorithm: .sha1)
        let names = [Bytes("HEAD"): commit, Bytes("main"): commit, Bytes("HEAD~1"): second, Bytes("v1.0"): tag]
        return CommandRepository(
            references: store, objects: objects, transactions: RefTransactionContext(objects: objects),
            find: { text throws(CommandExit) in
                (text.count == 40 ? ObjectID(hex: text.span) : names[text]).map { .found($0, mode: nil) } ?? .missing
            },
            uniqueDigits: { id, minimum throws(CommandExit) in
                try asking { () throws(ObjectError) in
                    try objects.abbreviationLength(of: id, minimum: minimum.map(Int.init))
                }
            },
            pack: { _ throws(CommandExit) in }, sweep: { () throws(CommandExit) in ([], []) })
    }

    /// Runs `strata` in this process, on `repository` or a fresh copy of the references.
    func strata(_ arguments: [String], stdin: Bytes = [], on repository: CommandRepository? = nil) throws -> Outcome {
        let repository = try repository ?? self.repository()
        let console = Console.memory(input: stdin)
        let status = StrataMain.run(arguments: arguments.map { Bytes($0) }, console: console) {
            _ throws(CommandExit) in repository
        }
        return Outcome(status: status.rawValue, out: console.output.collected, err: console.errors.collected)
    }
}

/// What a run of git or of `strata` left behind.
struct Outcome {
    let status: Int32
    let out: Bytes
    let err: Bytes

    var outText: String { String(decoding: out, as: UTF8.self) }
    var errText: String { String(decoding: err, as: UTF8.self) }
    var lines: [String] { outText.split(separator: "\n").map(String.init) }
    /// Status, output and errors in one text, for comparing.
    var all: String { "\(status)\n\(outText)\n\(errText)" }
}

/// Git's text as `strata` says it: its own name instead of git's, the lines of a synopsis moved along.
func asStrata(_ text: String) -> String {
    var inSynopsis = false
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
        var line = String(line)
        for head in ["usage: git ", "   or: git "] where line.hasPrefix(head) {
            line = String(head.dropLast(4)) + "strata " + String(line.dropFirst(head.count))
            inSynopsis = true
            return line
        }
        if line.isEmpty { inSynopsis = false }
        return inSynopsis ? "   " + line : line
    }.joined(separator: "\n")
}
