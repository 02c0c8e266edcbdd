import Glibc
public import StrataModel
public import StrataRefs
import StrataTesting
import SystemPackage
public import TestSupport

/// What git makes of scenarios, in a scratch repository whose references are written anew for each.
public final class GitOracle {
    public let directory: TemporaryDirectory
    /// Three commits, in no particular order.
    public let commits: [ObjectID]
    public let tag: ObjectID
    public let blob: ObjectID
    private let hookLog: FilePath

    public init() throws {
        directory = try TemporaryDirectory()
        let path = directory.path
        try git(["init", "-q", "--bare", "--initial-branch=main", "."], in: path)
        let tree = try git(["mktree"], in: path)
        commits = try (1...3).map { try Self.id(git(["commit-tree", "-m", "\($0)", tree], in: path)) }
        blob = try Self.id(git(["hash-object", "-w", "--stdin"], in: path, stdin: Array("blob\n".utf8)))
        let text = "object \(commits[0])\ntype commit\ntag t\ntagger \(testCommitter)\n\nt\n"
        tag = try Self.id(git(["mktag"], in: path, stdin: Array(text.utf8)))
        hookLog = path.appending("hook.log")
    }

    private static func id(_ text: String) throws -> ObjectID {
        guard let id = ObjectID(hex: text) else { throw RefError(.invalid, "'\(text)' is no object id") }
        return id
    }

    /// An id that no object has.
    public var missing: ObjectID { ObjectID(algorithm: .sha1, words: (1, 2, 3 << 32, 0)) }

    /// What git knows of the objects.
    public var objects: KnownObjects {
        var kinds: [ObjectID: ObjectKind] = [blob: .blob, tag: .tag]
        for commit in commits { kinds[commit] = .commit }
        return KnownObjects(kinds: kinds, targets: [tag: TypedObjectID(id: commits[0], kind: .commit)])
    }

    /// What git comes to; nil when `update-ref --stdin` has no words for an edit.
    public func run(_ scenario: RefScenario, hook: Bool = false) throws -> RefOutcome? {
        var input = ""
        for edit in scenario.edits {
            guard let command = Self.command(for: edit) else { return nil }
            if !edit.followsSymbolic { input += "option no-deref\n" }
            input += command + "\n"
        }
        try write(scenario)
        if hook {
            // Written by a process of its own: one that another thread has just forked could still have it open to be written, and then git
            // cannot run it.
            let script = "#!/bin/sh\necho $1 >>hook.log\ncat >>hook.log\n"
            let name = "hooks/reference-transaction"
            _ = try output(
                "sh", ["-c", "mkdir -p hooks && cat >\(name) && chmod +x \(name)"], stdin: Array(script.utf8),
                directory: directory.path)
        }
        let policy =
            switch scenario.policy {
            case .never: "false"
            case .standard: "true"
            case .always: "always"
            }
        var arguments = ["-c", "core.logAllRefUpdates=\(policy)", "update-ref", "--stdin"]
        if scenario.mode == .batched { arguments.append("--batch-updates") }
        if let message = scenario.edits.first?.message, !message.isEmpty {
            arguments += ["-m", String(decoding: message, as: UTF8.self)]
        }
        if scenario.edits.contains(where: { $0.logging == .force }) { arguments.append("--create-reflog") }
        let result = try TestSupport.run(
            gitPath, arguments, stdin: Array(input.utf8), environment: gitEnvironment, directory: directory.path)
        let messages = result.errText.split(separator: "\n").map { line in
            String(line.drop { $0 != " " }.dropFirst())
        }
        return RefOutcome(
            messages: messages.sorted(), references: readReferences(), logs: readLogs(),
            events: (readFile(hookLog) ?? "").split(separator: "\n").map(String.init))
    }

    /// Whether `update-ref --stdin` has words for `edit`.
    public func canSay(_ edit: RefEdit) -> Bool { Self.command(for: edit) != nil }

    private static func command(for edit: RefEdit) -> String? {
        let zero = ObjectID.zero(.sha1)
        switch (edit.change, edit.expected) {
        case (.write(.object(let id)), .any): return "update \(edit.name) \(id)"
        case (.write(.object(let id)), .object(let old)): return "update \(edit.name) \(id) \(old)"
        case (.write(.object(let id)), .mustNotExist): return "update \(edit.name) \(id) \(zero)"
        case (.delete, .any): return "delete \(edit.name)"
        case (.delete, .object(let old)) where !old.isZero: return "delete \(edit.name) \(old)"
        case (.delete, .symbolic(let old)) where !edit.followsSymbolic: return "symref-delete \(edit.name) \(old)"
        case (.verify, .mustNotExist): return "verify \(edit.name)"
        case (.verify, .object(let old)): return "verify \(edit.name) \(old)"
        case (.verify, .symbolic(let old)) where !edit.followsSymbolic: return "symref-verify \(edit.name) \(old)"
        case (.write(.symbolic(let target)), .any): return "symref-update \(edit.name) \(target)"
        case (.write(.symbolic(let target)), .object(let old)):
            return "symref-update \(edit.name) \(target) oid \(old)"
        case (.write(.symbolic(let target)), .mustNotExist):
            return "symref-update \(edit.name) \(target) oid \(zero)"
        case (.write(.symbolic(let target)), .symbolic(let old)):
            return "symref-update \(edit.name) \(target) ref \(old)"
        default: return nil
        }
    }

    // MARK: Files

    private func write(_ scenario: RefScenario) throws {
        for name in ["refs", "logs", "packed-refs", "hook.log", "hooks/reference-transaction"] {
            removeTree(directory.appending(name))
        }
        for name in ["HEAD.lock", "ORIG_HEAD"] { removeTree(directory.appending(name)) }
        try makeDirectories(directory.appending("refs/heads/x"))
        var packed = "# pack-refs with: peeled fully-peeled sorted \n"
        for (name, value) in scenario.references.sorted(by: { $0.key < $1.key }) {
            if scenario.isPacked, case .object(let id, _) = value, name.hasPrefix("refs/") {
                packed += "\(id) \(name)\n"
                if id == tag { packed += "^\(commits[0])\n" }
            } else {
                try writeFile(directory.appending(name.description), value.text + "\n")
            }
        }
        if scenario.isPacked { try writeFile(directory.appending("packed-refs"), packed) }
        for name in scenario.logs { try writeFile(directory.appending("logs/\(name)"), "") }
    }

    private func readReferences() -> [String: String] {
        var all: [String: String] = [:]
        for line in (readFile(directory.appending("packed-refs")) ?? "").split(separator: "\n")
        where line.first != "#" && line.first != "^" {
            all[String(line.dropFirst(41))] = String(line.prefix(40))
        }
        for name in ["HEAD", "ORIG_HEAD"] + filesBelow(directory.path, "refs") {
            if let text = readFile(directory.appending(name)) { all[name] = String(text.dropLast()) }
        }
        return all
    }

    private func readLogs() -> [String: [String]] {
        var all: [String: [String]] = [:]
        for name in filesBelow(directory.path, "logs") {
            let lines = readFile(directory.appending(name)) ?? ""
            all[String(name.dropFirst(5))] = lines.split(separator: "\n").map(String.init)
        }
        return all
    }
}
