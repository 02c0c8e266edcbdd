import Synchronization
import SystemPackage
import TestSupport

/// The one repository that all writers of a soak share, with the commits they write.
final class SoakRepository: Sendable {
    let path: FilePath
    let zero = String(repeating: "0", count: 40)
    /// The commits; value n is the one at n - 1.
    let commits: [String]
    let numbers: [String: SoakValue]
    /// Never deleted, or deleted and created again, or of one writer alone.
    let chains: Range<Int>
    let churned: Range<Int>
    let owned: Range<Int>
    let references: [String]
    let initial: [SoakValue]
    private let scratch: TemporaryDirectory
    /// What the writers believe the values to be.
    private let board: Mutex<[SoakValue]>

    /// In memory unless `onDisk`: git takes a packed-refs of the same size, second and inode number for the one it has
    /// read, and disks use inode numbers anew at once. There git alone, packing twenty times a second, loses one update
    /// of some thousands; tmpfs counts on.
    init(writers: Int, commits count: Int, onDisk: Bool = true) throws {
        scratch = try onDisk ? TemporaryDirectory() : scratchDirectory()
        path = scratch.appending("repo.git")
        chains = 0..<6
        churned = 6..<12
        owned = 12..<(12 + writers)
        references =
            (0..<6).map { "refs/heads/chain/\($0)" } + (0..<6).map { "refs/heads/churn/d\($0 % 2)/\($0)" }
            + (0..<writers).map { "refs/heads/own/\($0)" }
        try git(["init", "-q", "--bare", "--template=", path.string], in: scratch.path)
        try git(["config", "core.logAllRefUpdates", "true"], in: path)
        let marks = scratch.appending("marks")
        var stream = ""
        for number in 1...count {
            stream += "commit refs/soak/all\nmark :\(number)\ncommitter C <c@example.com> \(number) +0000\ndata 0\n"
            // Each is a root: a long history would cost every reader of it.
            stream += "\nreset refs/soak/all\n"
        }
        try git(["fast-import", "--quiet", "--export-marks=\(marks.string)"], in: path, stdin: Array(stream.utf8))
        var commits = [String](repeating: "", count: count)
        for line in String(decoding: readFile(marks) ?? [], as: UTF8.self).split(separator: "\n") {
            let words = line.dropFirst().split(separator: " ")
            if words.count == 2, let number = Int(words[0]) { commits[number - 1] = String(words[1]) }
        }
        self.commits = commits
        numbers = Dictionary(commits.enumerated().map { ($1, SoakValue($0 + 1)) }) { first, _ in first }
        // The last commits are where the chains begin.
        let initial = references.indices.map { $0 < 6 ? SoakValue(count - $0) : 0 }
        self.initial = initial
        board = Mutex(initial)
        let lines = (0..<6).map { "create \(references[$0]) \(commits[Int(initial[$0]) - 1])\n" }
        try git(["update-ref", "--stdin"], in: path, stdin: Array(lines.joined().utf8))
    }

    func id(_ value: SoakValue) -> String { value == 0 ? zero : commits[Int(value) - 1] }

    var believed: [SoakValue] { board.withLock { $0 } }

    func believe(_ reference: Int, _ value: SoakValue) { board.withLock { $0[reference] = value } }

    func believe(_ values: [SoakValue]) { board.withLock { $0 = values } }

    /// Lists all references with `peer`; nil when that failed.
    func read(_ peer: Peer) throws -> (reading: SoakReading?, result: CommandResult) {
        let start = clockNanoseconds()
        let child = try ChildProcess(
            peer.executable, peer.options + ["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads/"],
            environment: gitEnvironment, directory: path)
        child.patience = 60_000
        let result = child.communicate()
        let end = clockNanoseconds()
        guard result.status == 0 else { return (nil, result) }
        var found: [Substring: SoakValue] = [:]
        for line in result.outText.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2 { found[words[1]] = numbers[String(words[0])] ?? -1 }
        }
        let values = references.map { found[Substring($0)] ?? 0 }
        return (SoakReading(values: values, start: start, end: end, reader: peer.name), result)
    }
}
