import SystemPackage
import TestSupport

/// What must be equal, beside what the programs say and how they end.
enum Comparison: Sendable {
    /// Every file.
    case files
    /// What git reads from the files: one program may put references into other files than git would.
    case listings
    /// What each program reads: the second one's references are in a database.
    case database
}

/// Two copies of a template, one for each program: byte-identical, or with the same references in two kinds of storage.
final class RepositoryPair {
    let template: TemplateRepository
    /// What the second copy is made from.
    private let second: TemplateRepository
    private let peers: [Peer]
    private let roots: [FilePath]
    private let comparison: Comparison
    private var steps = 0
    /// The first copy's files after the last step.
    private(set) var files: TreeSnapshot

    /// Copies the template into `directory`, which must be fresh.
    init(
        _ template: TemplateRepository, _ second: TemplateRepository? = nil, _ peers: [Peer], in directory: FilePath,
        _ comparison: Comparison
    ) throws {
        self.template = template
        self.second = second ?? template
        self.peers = peers
        self.comparison = comparison
        roots = ["A", "B"].map { directory.appending($0) }
        try Self.copy(template.directory, to: roots[0], template.shape)
        try Self.copy(self.second.directory, to: roots[1], template.shape)
        files = Self.snapshot(roots[0], template.shape)
    }

    private static func copy(_ from: FilePath, to root: FilePath, _ shape: RepositoryShape) throws {
        _ = try output("cp", ["-a", from.string, root.string])
        guard shape.linkedWorktree else { return }
        // The two files in which a worktree and its repository name each other.
        for path in ["wt/.git", shape.commonDir + "/worktrees/wt/gitdir"] {
            let bytes = readFile(root.appending(path)) ?? []
            try writeFile(
                root.appending(path), replacing(Array(from.string.utf8), with: Array(root.string.utf8), in: bytes))
        }
    }

    /// Makes the second copy equal to the first again, so that one difference does not hide the next. Where that cannot be copied, both
    /// begin anew.
    func level() throws {
        removeTree(roots[1])
        guard case .database = comparison else { return try Self.copy(roots[0], to: roots[1], template.shape) }
        removeTree(roots[0])
        try Self.copy(template.directory, to: roots[0], template.shape)
        try Self.copy(second.directory, to: roots[1], template.shape)
        files = Self.snapshot(roots[0], template.shape)
    }

    /// All that git keeps, but the other program's own directory and the one file that holds the copy's path.
    private static func snapshot(_ root: FilePath, _ shape: RepositoryShape) -> TreeSnapshot {
        TreeSnapshot("\(root.string)/\(shape.commonDir)", skipping: ["strata", "objects/pack", "worktrees/wt/gitdir"])
    }

    var state: ReferenceState { ReferenceState(files) }

    /// Runs the step on both copies; what differs afterwards, or nil.
    func run(_ operation: Operation) throws -> Difference? {
        steps += 1
        switch operation {
        case .command(let command): if let difference = try runBoth(command) { return difference }
        case .write(let path, let bytes):
            for root in roots {
                // Empty directories may stand there in one copy and not in the other.
                removeTree(root.appending(path))
                try? writeFile(root.appending(path), bytes)
            }
        case .link(let path, let target):
            for root in roots { _ = try run("ln", ["-s", target, root.appending(path).string]) }
        case .makeDirectory(let path): for root in roots { try? makeDirectories(root.appending(path)) }
        case .remove(let path): for root in roots { removeTree(root.appending(path)) }
        }
        files = Self.snapshot(roots[0], template.shape)
        if case .files = comparison {
            let others = Self.snapshot(roots[1], template.shape)
            return files.firstDifference(from: others).map {
                Difference(what: "files: \($0.path)", mine: $0.mine, others: $0.others)
            }
        }
        return steps % 5 == 0 ? try compareListings() : nil
    }

    private func run(_ program: String, _ arguments: [String]) throws -> CommandResult {
        try TestSupport.run(program, arguments, environment: gitEnvironment)
    }

    private func runBoth(_ command: CommandOperation) throws -> Difference? {
        var environment = gitEnvironment
        for (name, value) in command.environment { environment[name] = value }
        // Both run at the same time, each in a copy of its own.
        let children = try zip(peers, roots).map { peer, root in
            try ChildProcess(
                peer.executable, peer.options + command.arguments, environment: environment,
                directory: root.appending(command.place.rawValue))
        }
        let input = command.inputBytes
        let results = zip(children, zip(peers, roots)).map { child, place in
            var result = normalised(child.communicate(input), place.0, place.1)
            if command.arguments.contains(where: { $0.hasPrefix("--exclude") }) {
                // Git reads loose references that are excluded too, and complains of broken ones; Strata skips them.
                result.err = lines(
                    result.err,
                    where: { !$0.starts(with: "warning: ignoring ".utf8) && !$0.ends(with: "valid object!") })
            }
            if case .database = comparison { result.err = StorageMessages.withoutFiles(result.err) }
            return result
        }
        if Self.traces { print("\(results[0].status) \(command.shellLine)\n  \(readable(results[0].err))") }
        if case .database = comparison, StorageMessages.isFailureToPack(results[0]) { return nil }
        if results[0].status != results[1].status {
            return Difference(
                what: "exit status", mine: "\(results[0].status) \(results[0].errText)",
                others: "\(results[1].status) \(results[1].errText)")
        }
        for (what, stream) in [("stdout", \CommandResult.out), ("stderr", \.err)]
        where results[0][keyPath: stream] != results[1][keyPath: stream] {
            return Difference(
                what: what, mine: readable(results[0][keyPath: stream]), others: readable(results[1][keyPath: stream]))
        }
        return nil
    }

    /// `STRATA_INTEROP_TRACE=1` prints every command with git's exit status and complaint.
    private static let traces = environmentNumber("STRATA_INTEROP_TRACE", default: 0) != 0

    /// The outputs without the copy's path, and with git's name where the other program names itself.
    private func normalised(_ result: CommandResult, _ peer: Peer, _ root: FilePath) -> CommandResult {
        var result = result
        result.out = replacing(Array(root.string.utf8), with: Array("<copy>".utf8), in: result.out)
        result.err = replacing(Array(root.string.utf8), with: Array("<copy>".utf8), in: result.err)
        // Git says a path of the git dir as it came to it: whole, or from where it stands.
        for (way, short) in [("<copy>/\(template.shape.commonDir)/", ""), (".git/", ""), (" ./", " "), ("'./", "'")] {
            result.err = replacing(Array(way.utf8), with: Array(short.utf8), in: result.err)
        }
        for lead in ["usage: ", "   or: "] where peer.name != "git" {
            let (own, gits) = (Array((lead + peer.name + " ").utf8), Array((lead + "git ").utf8))
            result.out = replacing(own, with: gits, in: result.out)
            result.err = replacing(own, with: gits, in: result.err)
        }
        // Usage is set out in columns that begin behind the program's name.
        result.out = withoutIndentation(result.out, after: "usage: ")
        result.err = withoutIndentation(result.err, after: "usage: ")
        return result
    }

    /// Values and reflogs, as git reads them or, from a database, the program that keeps them there.
    func compareListings() throws -> Difference? {
        let format = "--format=%(refname) %(objectname) %(symref) %(*objectname)"
        let readers = if case .database = comparison { peers } else { [Peer.git, .git] }
        for place in template.shape.linkedWorktree ? ["repo", "wt"] : ["repo"] {
            let results = try zip(readers, roots).map { reader, root in
                let result = try TestSupport.run(
                    reader.executable, reader.options + ["for-each-ref", "--include-root-refs", format],
                    environment: gitEnvironment, directory: root.appending(place))
                return normalised(result, reader, root)
            }
            if results[0].out != results[1].out || results[0].err != results[1].err {
                return Difference(
                    what: "listing in \(place)", mine: readable(results[0].out + results[0].err),
                    others: readable(results[1].out + results[1].err))
            }
        }
        if case .database = comparison {
            let second = try ReflogText.ofDatabase(at: roots[1], template.shape)
            return ReflogText.firstDifference(ReflogText.ofFiles(files), second)
        }
        let logs = roots.map { root in
            TreeSnapshot(
                "\(root.string)/\(template.shape.commonDir)",
                skipping: ["strata", "objects", "refs", "packed-refs", "worktrees/wt/gitdir", "worktrees/wt/refs"])
        }
        return logs[0].firstDifference(from: logs[1]).map {
            Difference(what: "files: \($0.path)", mine: $0.mine, others: $0.others)
        }
    }
}

/// What was not equal after a step.
struct Difference: Sendable {
    let what: String
    let mine: String
    let others: String

    /// The same for differences that are likely to have one cause: without ids and names.
    var kind: String {
        if what.hasPrefix("files: ") { return what }
        return "\(what): \(Self.gist(mine)) / \(Self.gist(others))"
    }

    /// The first line, with everything between quotes and every long hexadecimal number left out.
    private static func gist(_ text: String) -> String {
        let line = text.split(separator: "\n").first ?? ""
        var result = ""
        var inQuotes = false
        for word in line.split(separator: " ") {
            let opens = word.first == "'"
            if opens || inQuotes {
                inQuotes = !word.dropFirst(opens ? 1 : 0).contains("'")
                result += opens ? " '" : ""
            } else if word.count < 39 && !word.contains("/") {
                result += " \(word)"
            }
        }
        return result
    }
}
