import SystemPackage
import TestSupport
import Testing

/// Two repositories of git's that are the same, one for git and one for strata, so that each finds what it made itself.
struct ObjectScratch {
    let root: TemporaryDirectory

    init(_ options: String...) throws {
        root = try (try? TemporaryDirectory(in: "/dev/shm")) ?? TemporaryDirectory()
        for name in ["git", "strata"] {
            try TestSupport.git(["init", "-q", "--template=", "-b", "main"] + options + [name], in: root.path)
        }
    }

    /// Does the same in both repositories.
    func shell(_ script: String) throws {
        for name in ["git", "strata"] {
            _ = try output(
                "/bin/sh", ["-ec", script], environment: gitEnvironment.merging(["GIT": gitPath]) { $1 },
                directory: root.appending(name))
        }
    }

    struct Answer: Equatable, CustomStringConvertible {
        var status: Int32
        var out: String
        var err: String
        var description: String { "\(status)\n\(out)\n\(err)" }
    }

    func git(_ arguments: [String], stdin: [UInt8] = [], in place: String = "", _ environment: [String: String?] = [:])
        throws -> Answer
    {
        try answer(gitPath, "git", arguments, stdin, place, environment)
    }

    func strata(
        _ arguments: [String], stdin: [UInt8] = [], in place: String = "", _ environment: [String: String?] = [:]
    ) throws -> Answer {
        try answer(productPath("strata"), "strata", arguments, stdin, place, environment)
    }

    private func answer(
        _ program: String, _ name: String, _ arguments: [String], _ stdin: [UInt8], _ place: String,
        _ environment: [String: String?]
    ) throws -> Answer {
        let directory = root.appending(name)
        let result = try run(
            program, arguments, stdin: stdin, environment: gitEnvironment.merging(environment) { $1 },
            directory: place.isEmpty ? directory : directory.appending(place))
        // Where each is, is no difference.
        return Answer(
            status: result.status, out: result.outText.replacing(directory.string, with: "HERE"),
            err: result.errText.replacing(directory.string, with: "HERE"))
    }

    /// Makes sure that both say the same, the command's name aside.
    func compare(
        _ line: String, stdin: String = "", in place: String = "", _ environment: [String: String?] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let arguments = line.split(separator: " ").map(String.init)
        var gits = try git(arguments, stdin: Array(stdin.utf8), in: place, environment)
        gits.err = asStrata(gits.err)
        gits.out = asStrata(gits.out)
        let ours = try strata(arguments, stdin: Array(stdin.utf8), in: place, environment)
        #expect(ours == gits, "\(line)", sourceLocation: sourceLocation)
    }
}
