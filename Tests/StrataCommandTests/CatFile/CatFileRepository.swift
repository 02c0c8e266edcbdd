import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import StrataCommand

/// A repository of git's with a bit of everything that `cat-file` meets, and both commands beside each other in it.
final class CatFileRepository: Sendable {
    let directory: TemporaryDirectory
    var path: FilePath { directory.path }

    /// - Parameter packed: whether objects lie in a pack, as deltas where that pays, or loose.
    init(algorithm: String = "sha1", packed: Bool = true) throws {
        directory = try TemporaryDirectory()
        let path = directory.path
        try git(["init", "-q", "-b", "main", "--object-format=\(algorithm)", "."], in: path)
        try make("mkdir -p dir/sub; echo hi >dir/sub/file; : >empty; ln -s dir/sub/file link; printf '\\0\\1' >binary")
        try make(
            "echo tab >\"$(printf 'a\\tb')\"; echo quote >'q\"q'; echo e >'é'; echo sp >'two words'; chmod +x empty")
        try make("seq 5000 >numbers; \"$0\" add -A; \"$0\" commit -q -m one")
        try make("\"$0\" update-index --add --cacheinfo 160000,$(\"$0\" rev-parse HEAD),module")
        for change in 1...4 { try make("sed -i 's/^\(change)00$/changed/' numbers; \"$0\" commit -q -am \(change)") }
        // A commit that is not here.
        try make("\"$0\" update-index --add --cacheinfo 160000,$(\"$0\" rev-parse HEAD | tr 0-9a-f 1-9a-f0),elsewhere")
        try make("\"$0\" commit -q -m module; \"$0\" tag -a -m annotated v1; \"$0\" tag -a -m nested v1-tag v1")
        try make("\"$0\" tag -a -m blob blob-tag HEAD:numbers; \"$0\" tag -a -m tree tree-tag HEAD^{tree}")
        try make("\"$0\" tag light HEAD~1; \"$0\" branch side HEAD~2; \"$0\" checkout -q main")
        if packed { try make("\"$0\" repack -adfq --depth=10") }
        // What came after packing.
        try make("echo loose >loose; \"$0\" add loose; \"$0\" commit -q -m loose")
    }

    /// A copy, to be damaged.
    init(copying other: CatFileRepository) throws {
        directory = try TemporaryDirectory()
        _ = try output("cp", ["-a", other.path.string + "/.", directory.path.string])
    }

    /// Runs a line of shell in the repository, with git as `$0`.
    func make(_ script: String) throws {
        _ = try output("bash", ["-ec", script, gitPath], environment: gitEnvironment, directory: path)
    }

    func id(_ revision: String) throws -> String { try git(["rev-parse", revision], in: path) }

    /// What git and `strata` say in the repository, or in a directory of it.
    func both(
        _ arguments: [String], stdin: Bytes = [], below directory: String? = nil,
        environment: [String: String?] = [:]
    ) throws -> (ours: Outcome, gits: Outcome) {
        let place = directory.map { path.appending($0) } ?? path
        let outcomes = try [productPath("strata"), gitPath].map { program in
            let result = try run(
                program, ["cat-file"] + arguments, stdin: stdin,
                environment: gitEnvironment.merging(environment) { $1 }, directory: place)
            return Outcome(status: result.status, out: result.out, err: result.err)
        }
        return (outcomes[0], outcomes[1])
    }

    /// Expects the same output, messages and status.
    func compare(
        _ arguments: [String], stdin: Bytes = [], below directory: String? = nil,
        environment: [String: String?] = [:], location: SourceLocation = #_sourceLocation
    ) throws {
        let (ours, gits) = try both(arguments, stdin: stdin, below: directory, environment: environment)
        let call: Comment = "cat-file \(arguments) <<< \(String(decoding: stdin.prefix(500), as: UTF8.self))"
        #expect(ours.status == gits.status, call, sourceLocation: location)
        #expect(ours.errText == asStrata(gits.errText), call, sourceLocation: location)
        // Usage goes to standard output when it was asked for.
        let isUsage = gits.out.starts(with: "usage: git".utf8)
        let isSame = isUsage ? ours.outText == asStrata(gits.outText) : ours.out == gits.out
        if !isSame { Issue.record("\(call): \(ours.outText.prefix(500)) instead of \(gits.outText.prefix(500))") }
    }

    /// Every object's id, in order.
    func all() throws -> [String] {
        try git(["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"], in: path)
            .split(separator: "\n").map(String.init)
    }
}
