import StrataModel
import SystemPackage
import TestSupport
import Testing

/// Git calls the same function through `includeIf "hasconfig:remote.*.url:<pattern>"` (with `pathname`, any bytes) and
/// through `tag --list` (without, on tag names).
@Suite struct WildMatchGitTests {
    @Test func pathnamePatternsMatchAsInGit() throws {
        guard gitVersion >= 236 else { return }
        let directory = try TemporaryDirectory()
        let variables = Variables(home: directory.path)
        _ = try variables.runGit(["init", "-q", "repo"], in: directory.path)
        let repository = directory.appending("repo")
        let hit = directory.appending("hit")
        try write("[hit]\n\tyes\n", to: hit)
        var random = SplitMix64(seed: 1)
        let alphabet = Array("aabbc//**??[]!^-\\:.A".utf8)
        let classes = ["[:alpha:]", "[:digit:]", "[:upper:]", "[:bogus:]", "[a-c]", "[!b]", "**/", "/**", "[]a]"]
        var matches = 0
        for round in 0..<40 {
            let text = (0..<Int.random(in: 1...10, using: &random)).map { _ in
                Array("aabbc//.A]\\-*".utf8).randomElement(using: &random) ?? 0
            }
            let patterns = (0..<300).map { _ -> [UInt8] in
                var pattern: [UInt8] = []
                for _ in 0..<Int.random(in: 1...7, using: &random) {
                    switch Int.random(in: 0..<6, using: &random) {
                    case 0: pattern += Array((classes.randomElement(using: &random) ?? "").utf8)
                    case 1: pattern += text.suffix(Int.random(in: 1...3, using: &random))
                    default: pattern.append(alphabet.randomElement(using: &random) ?? 0)
                    }
                }
                return pattern
            }
            var config = Array("[core]\n\trepositoryformatversion = 0\n[remote \"o\"]\n\turl = \"".utf8)
            config += escaped(text) + Array("\"\n".utf8)
            for pattern in patterns {
                config += Array("[includeIf \"hasconfig:remote.*.url:".utf8) + escaped(pattern)
                config += Array("\"]\n\tpath = \(hit.string)\n".utf8)
            }
            try write(config, to: repository.appending(".git/config"))
            let list = try variables.runGit(["config", "--list", "--name-only", "-z"], in: repository)
            #expect(list.status == 0, "\(list.errText)")
            let keys = list.out.split(separator: 0).map { Array($0) }
            var verdicts: [Bool] = []
            for key in keys {
                if key.starts(with: Array("includeif.".utf8)) { verdicts.append(false) }
                if key == Array("hit.yes".utf8) { verdicts[verdicts.count - 1] = true }
            }
            try #require(verdicts.count == patterns.count, "round \(round)")
            for (pattern, verdict) in zip(patterns, verdicts) {
                matches += verdict ? 1 : 0
                #expect(
                    WildMatch(pattern, options: .pathname).matches(text) == verdict,
                    "\(String(decoding: pattern, as: UTF8.self)) on \(String(decoding: text, as: UTF8.self)): git says \(verdict)"
                )
            }
        }
        #expect(matches > 200)
    }

    /// A quoted string of the configuration.
    private func escaped(_ bytes: [UInt8]) -> [UInt8] {
        bytes.flatMap { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\"") ? [UInt8(ascii: "\\"), $0] : [$0] }
    }

    @Test(arguments: [false, true]) func plainPatternsMatchAsInGit(foldsCase: Bool) throws {
        let directory = try TemporaryDirectory()
        let variables = Variables(home: directory.path)
        _ = try variables.runGit(["init", "-q", "--bare", "repo"], in: directory.path)
        let repository = directory.appending("repo")
        var random = SplitMix64(seed: 2)
        let letters = ["a", "b", "A", "B", "a/x", "1", "-", "_", "é", "ab"]
        var names = Set<String>()
        for _ in 0..<300 {
            names.insert(
                "t"
                    + (0..<Int.random(in: 1...6, using: &random)).map { _ in letters.randomElement(using: &random) ?? ""
                    }.joined())
        }
        let object = try variables.runGit(["hash-object", "-w", "--stdin"], in: repository).lines[0]
        // Names that are also directories of others cannot exist; git says which do.
        for name in names { _ = try variables.runGit(["update-ref", "refs/tags/\(name)", object], in: repository) }
        let existing = try variables.runGit(["tag", "--list"], in: repository).lines
        #expect(existing.count > 100)
        let parts = [
            "*", "?", "a", "b", "A", "[ab]", "[!a]", "[A-Z]", "[[:alpha:]]", "[[:digit:]_]", "/", "x", "t", "\\a", "**",
            "[",
        ]
        for _ in 0..<60 {
            let pattern =
                "t"
                + (0..<Int.random(in: 1...5, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }
                .joined()
            let options = (foldsCase ? ["--ignore-case"] : []) + ["--list", pattern]
            let listed = Set(try variables.runGit(["tag"] + options, in: repository).lines)
            let glob = WildMatch(pattern, options: foldsCase ? .casefold : [])
            for name in existing {
                #expect(glob.matches(name) == listed.contains(name), "\(pattern) on \(name)")
            }
        }
    }
}
