import StrataIO
import StrataModel
import SystemPackage
import TestSupport
import Testing

@testable import StrataCommand

/// `strata store check` and `strata store status`, which git does not have.
@Suite struct StoreCheckTests {
    private let repository: StoreVerbTests.Repository
    private var git: FilePath { repository.directory.appending(".git") }
    private var data: FilePath { git.appending("lmdb/data.mdb") }

    init() throws { repository = try StoreVerbTests.Repository() }

    private func strata(_ arguments: String..., environment: [String: String] = [:]) throws -> CommandResult {
        var all = gitEnvironment
        for (name, value) in environment { all[name] = value }
        return try run(productPath("strata"), arguments, environment: all, directory: repository.directory.path)
    }

    private func migrate(to format: String = "lmdb") throws {
        #expect(try strata("refs", "migrate", "--ref-format=\(format)").status == 0)
    }

    private func value(_ key: String, in outcome: Outcome) -> String? {
        outcome.lines.first { $0.hasPrefix("\(key): ") }.map { String($0.dropFirst(key.utf8.count + 2)) }
    }

    // MARK: Files

    @Test func soundFiles() throws {
        let checked = repository.strata("check")
        #expect(checked.status == 0 && checked.errText == "")
        #expect(checked.outText == "checked 3 references, 3 reflogs\n")
        let status = repository.strata("status")
        #expect(status.status == 0 && status.errText == "")
        #expect(value("kind", in: status) == "files" && value("path", in: status) == "\(git)")
        #expect(value("loose references", in: status) == "2" && value("references", in: status) == "3")
        #expect(value("packed references", in: status)?.hasPrefix("1, in ") == true)
        #expect(value("transactions under way", in: status) == "0")
    }

    @Test func damagedFiles() throws {
        try TestSupport.git(["worktree", "add", "-q", "wt", "loose"], in: repository.directory.path)
        try TestSupport.git(["pack-refs", "--all"], in: repository.directory.path)
        try writeFile(git.appending("refs/heads/broken"), Array("nonsense\n".utf8))
        try writeFile(git.appending("worktrees/wt/refs/bisect/bad"), Array("x".utf8))
        let checked = repository.strata("check")
        #expect(checked.status == 1)
        #expect(
            checked.errText == """
                error: reference broken: 'refs/heads/broken'
                error: reference broken: 'worktrees/wt/refs/bisect/bad'

                """)
        #expect(checked.outText.hasPrefix("checked "))
        if gitIsCurrent {
            let verified = try run(gitPath, ["refs", "verify"], directory: repository.directory.path)
            #expect(verified.status != 0)
        }
        try writeFile(git.appending("packed-refs"), Array("nonsense\n".utf8))
        let again = repository.strata("check")
        #expect(again.status == 1)
        let errors = again.errText.split(separator: "\n")
        // The worktree is looked at all the same.
        #expect(errors.count == 2 && errors[0].contains("packed-refs"))
        #expect(errors.last == "error: reference broken: 'worktrees/wt/refs/bisect/bad'")
    }

    // MARK: A database

    @Test func soundDatabase() throws {
        try TestSupport.git(["worktree", "add", "-q", "wt", "loose"], in: repository.directory.path)
        let inFiles = repository.strata("check").outText.dropLast()
        try migrate()
        let checked = repository.strata("check")
        #expect(checked.status == 0 && checked.errText == "")
        // With the worktree's HEAD, and the ORIG_HEAD that git has made there.
        #expect(inFiles == "checked 5 references, 4 reflogs")
        #expect(checked.outText.hasPrefix("\(inFiles), "), "\(checked.outText)")
        #expect(checked.outText.contains(" pages in use, "))
        let status = repository.strata("status")
        #expect(status.status == 0 && status.errText == "")
        #expect(value("kind", in: status) == "lmdb" && value("path", in: status) == "\(git)/lmdb")
        #expect(value("format", in: status) == "1" && value("object format", in: status) == "sha1")
        #expect(value("references", in: status) == "5" && value("reflogs", in: status) == "4")
        #expect(value("linked worktrees", in: status) == "1" && value("readers", in: status) == "none")
        #expect(value("store id", in: status)?.utf8.count == 32)
        #expect(value("reserved", in: status).flatMap { Int($0.split(separator: " ")[0]) } ?? 0 > 1 << 20)
        let before = value("last change", in: status).flatMap { Int($0) } ?? 0
        #expect(repository.run("update-ref", "refs/heads/new", repository.id).status == 0)
        let after = repository.strata("status")
        #expect(value("references", in: after) == "6" && value("last change", in: after) == "\(before + 1)")
    }

    /// Damage of every kind: findings or one fatal line, never a trap, and the same from the command as from the library in this process.
    @Test func damagedDatabase() throws {
        try migrate()
        let sound = try #require(try readFile(data))
        let pageSize = 4096
        var found = (errors: 0, fatal: 0)
        var random = SplitMix64(seed: 11)
        var variants: [[UInt8]] = []
        for page in 0..<sound.count / pageSize {
            var zeroed = sound
            zeroed.replaceSubrange(page * pageSize..<(page + 1) * pageSize, with: repeatElement(0, count: pageSize))
            variants.append(zeroed)
            for _ in 0..<6 {
                var bytes = sound
                for _ in 0..<20 {
                    let place = page * pageSize + Int(random.next() % UInt64(random.next() % 2 == 0 ? 64 : pageSize))
                    bytes[place] = UInt8(truncatingIfNeeded: random.next())
                }
                variants.append(bytes)
            }
        }
        for length in [1, 100, pageSize, pageSize + 20, 2 * pageSize, sound.count - pageSize, sound.count - 1] {
            variants.append(Array(sound.prefix(length)))
        }
        for (number, variant) in variants.enumerated() {
            try writeFile(data, variant)
            let checked = repository.strata("check")
            switch checked.status {
            case 0: #expect(checked.errText.split(separator: "\n").allSatisfy { $0.hasPrefix("warning: ") })
            case 1:
                found.errors += 1
                #expect(checked.errText.contains("error: ") && checked.outText.hasPrefix("checked "))
            default:
                found.fatal += 1
                #expect(checked.status == 128 && checked.errText.hasPrefix("fatal: cannot check '\(git)/lmdb': "))
            }
            guard number % 16 == 0 else { continue }
            let process = try strata("store", "check")
            #expect(process.status == checked.status && process.errText == checked.errText)
        }
        #expect(found.errors > 20 && found.fatal > 2, "\(found) of \(variants.count)")
        try writeFile(data, sound)
        #expect(repository.strata("check").status == 0)
    }

    @Test func progress() throws {
        try migrate()
        let lines = (0..<20_000).map { "create refs/heads/topic-\($0)/work-on-it \(repository.id)\n" }.joined()
        let made = try run(
            productPath("strata"), ["update-ref", "--stdin"], stdin: Array(lines.utf8), environment: gitEnvironment,
            directory: repository.directory.path)
        #expect(made.status == 0)
        let shown = try strata("store", "check", "--progress", environment: ["GIT_PROGRESS_DELAY": "0"])
        #expect(shown.status == 0)
        #expect(shown.errText.contains("\rChecking references:  "), "\(shown.errText)")
        #expect(shown.errText.hasSuffix("\rChecking references: 20003, done.\n"))
        for arguments in [["--progress"], ["--no-progress"], []] {
            let delay = arguments == ["--progress"] ? "100" : "0"
            let silent = try run(
                productPath("strata"), ["store", "check"] + arguments,
                environment: gitEnvironment.merging(["GIT_PROGRESS_DELAY": delay]) { $1 },
                directory: repository.directory.path)
            #expect(silent.errText == "", "\(arguments)")
        }
    }

    @Test func whatCannotBeChecked() throws {
        for arguments in [["check", "x"], ["check", "--polish"], ["status", "x"]] {
            let refused = repository.run(["store"] + arguments)
            #expect(refused.status == 129, "\(arguments)")
        }
        #expect(repository.strata("check", "-h").outText.hasPrefix("usage: strata store check [--[no-]progress]\n"))
        try migrate()
        _ = try output("/bin/rm", ["-r", git.appending("lmdb").string])
        let gone = repository.strata("check")
        #expect(gone.status == 128)
        #expect(gone.errText == "fatal: cannot check '\(git)/lmdb': there is no reference database\n")
        let outside = try TemporaryDirectory()
        let console = Console.memory()
        let words = ["-C", outside.path.string, "store", "check"].map { Bytes($0) }
        #expect(StrataMain.run(arguments: words, console: console) == .fatal)
        #expect(String(decoding: console.errors.collected, as: UTF8.self).hasPrefix("fatal: not a git repository"))
    }
}
