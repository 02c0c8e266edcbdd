import StrataRepository
import SystemPackage
import TestSupport
import Testing

/// Every file of a repository, read by git and by the library.
@Suite(.enabled(if: gitVersion >= 250, "messages and rules are those of git 2.50")) struct ConfigReaderTests {
    private struct Place {
        let directory: TemporaryDirectory
        var variables: Variables
        var repository: FilePath { directory.appending("repo") }

        init() throws {
            directory = try TemporaryDirectory()
            variables = Variables(home: directory.appending("home"))
            try makeDirectory(directory.appending("home"))
            _ = try variables.runGit(["init", "-q", "-b", "main", "repo"], in: directory.path)
        }

        /// Lines "scope NUL origin NUL key [newline value]" of git, and ours.
        func compare(
            _ options: [String] = [], in at: FilePath? = nil, sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let at = at ?? repository
            let result = try variables.runGit(
                options + ["config", "--list", "--show-scope", "--show-origin", "-z"], in: at)
            let ours = outcome { () throws(RepositoryError) -> [String] in
                var environment = try variables.library(at)
                environment.commandLineConfig = zip(options, options.dropFirst()).filter { $0.0 == "-c" }.map {
                    Array($0.1.utf8)
                }
                let location = try RepositoryLocation.discover(environment: environment)
                let config = try Config.read(location: location, environment: environment) { Array("main".utf8) }
                return config.entries.flatMap { entry -> [String] in
                    let origin = entry.file.map { "file:" + String(decoding: $0, as: UTF8.self) } ?? "command line:"
                    let value = entry.value.map { "\n" + String(decoding: $0, as: UTF8.self) } ?? ""
                    return ["\(entry.scope)", origin, String(decoding: entry.key, as: UTF8.self) + value]
                }
            }
            switch ours {
            case .success(let fields):
                #expect(result.status == 0, "git says \(result.errText)", sourceLocation: sourceLocation)
                let expected = result.out.split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
                    String(decoding: $0, as: UTF8.self)
                }
                #expect(fields == expected, sourceLocation: sourceLocation)
            case .failure(let error):
                #expect(result.status != 0, "we say \(error)", sourceLocation: sourceLocation)
                #expect(fatalMessage(result) == error.description, sourceLocation: sourceLocation)
                let errors = result.errText.split(separator: "\n").filter { $0.hasPrefix("error: ") }.map {
                    String($0.dropFirst(7))
                }
                #expect(
                    error.causes.map { String(decoding: $0, as: UTF8.self) } == errors, sourceLocation: sourceLocation)
            }
        }
    }

    @Test func scopesInTheirOrder() throws {
        var place = try Place()
        try write("[system]\n\ta = 1\n", to: place.directory.appending("system"))
        try write("[user]\n\tname = Global\n[dup]\n\tx = 1\n", to: place.directory.appending("home/.gitconfig"))
        try makeDirectory(place.directory.appending("home/.config/git"))
        try write("[xdg]\n\ty\n", to: place.directory.appending("home/.config/git/config"))
        place.variables.values["GIT_CONFIG_NOSYSTEM"] = "0"
        place.variables.values["GIT_CONFIG_SYSTEM"] = place.directory.appending("system").string
        _ = try place.variables.runGit(["config", "dup.x", "2"], in: place.repository)
        try place.compare(["-c", "dup.x=3", "-c", "cmd.flag", "-c", "A.B.c=x=y"])
        place.variables.values["GIT_CONFIG_COUNT"] = "2"
        place.variables.values["GIT_CONFIG_KEY_0"] = "Env.a.B"
        place.variables.values["GIT_CONFIG_VALUE_0"] = "1"
        place.variables.values["GIT_CONFIG_KEY_1"] = "env.c"
        place.variables.values["GIT_CONFIG_VALUE_1"] = ""
        place.variables.values["GIT_CONFIG_PARAMETERS"] = "'old.a=it'\\''s'  'new.b'='v '\\!'' 'flag.c' 'flag.d'= "
        try place.compare(["-c", "dup.x=3"])
        place.variables.values["XDG_CONFIG_HOME"] = place.directory.appending("nowhere").string
        try place.compare()
        place.variables.values["GIT_CONFIG_GLOBAL"] = place.directory.appending("home/.config/git/config").string
        try place.compare()
        place.variables.values["GIT_CONFIG_NOSYSTEM"] = "maybe"
        try place.compare()
    }

    @Test func badParameters() throws {
        for parameters in [
            "x", "'a.b", "'a.b'c", "'a.b'='c'd", "'a.b'=c", "'nodot'", "'a.'='b'", "'.b'='c'", "'a.1b'=''", "'=x'",
            "'a.b=c' 'a.b_c'",
        ] {
            var place = try Place()
            place.variables.values["GIT_CONFIG_PARAMETERS"] = parameters
            try place.compare()
        }
        for count in ["1", "x", "-1", "", " 0", "99999999999", "0"] {
            var place = try Place()
            place.variables.values["GIT_CONFIG_COUNT"] = count
            try place.compare()
            place.variables.values["GIT_CONFIG_KEY_0"] = "a.b"
            try place.compare()
        }
        let place = try Place()
        for option in ["nodot", "a.b", "a.b=", "=x", "a..b=1", "a.b c.d=1", "a b.c=1", "core.bare=maybe"] {
            try place.compare(["-c", option])
        }
    }

    @Test func includes() throws {
        let place = try Place()
        let git = place.repository.appending(".git")
        try makeDirectory(git.appending("more"))
        try write("[inc]\n\tone = 1\n[include]\n\tpath = two\n\tpath = absent\n", to: git.appending("more/one"))
        try write("[inc]\n\ttwo = 2\n", to: git.appending("more/two"))
        try write("[home]\n\tx = 1\n", to: place.directory.appending("home/inc"))
        let base = "[core]\n\trepositoryformatversion = 0\n"
        let rest = "[after]\n\tx = 1\n"
        let files = [
            "[include]\n\tpath = more/one\n\tpath = ~/inc\n", "[include]\n\tpath = \(git.string)/more/one\n",
            "[include]\n\tpath\n",
            "[include]\n\tpath = ~nosuchuser/x\n", "[include]\n\tpath = \"\"\n", "[include]\n\tpath = more\n",
            "[include \"x\"]\n\tpath = more/one\n",
            "[includeIf]\n\tpath = more/one\n", "[includeIf \"bogus:x\"]\n\tpath = more/one\n",
            "[includeIf \"onbranch:main\"]\n\tpath = more/one\n",
            "[includeIf \"onbranch:m*\"]\n\tpath = more/one\n", "[includeIf \"onbranch:x/\"]\n\tpath = more/one\n",
            "[includeIf \"onbranch:main\"]\n\tpath\n", "[includeIf \"gitdir:repo/\"]\n\tpath = more/one\n",
            "[includeIf \"gitdir:repo/.git\"]\n\tpath = more/one\n",
            "[includeIf \"gitdir:REPO/.git\"]\n\tpath = more/one\n",
            "[includeIf \"gitdir/i:REPO/\"]\n\tpath = more/one\n",
            "[includeIf \"gitdir:\(place.repository.string)/\"]\n\tpath = more/one\n",
            "[includeIf \"gitdir:./\"]\n\tpath = more/one\n",
            "[includeIf \"gitdir:./x\"]\n\tpath = more/one\n", "[includeIf \"gitdir:.\"]\n\tpath = more/one\n",
            "[includeIf \"gitdir:~/\"]\n\tpath = more/one\n",
            "[includeIf \"gitdir:**/.git\"]\n\tpath = more/one\n", "[includeIf \"gitdir:\"]\n\tpath = more/one\n",
            "[includeIf \"gitdir:main\"]\n\tother = more/one\n",
            "[remote \"o\"]\n\turl = https://x/y\n[includeIf \"hasconfig:remote.*.url:https://x/**\"]\n\tpath = more/one\n",
            "[includeIf \"hasconfig:remote.*.url:https://x/*\"]\n\tpath = more/one\n[remote \"o\"]\n\turl = https://x/y\n",
            "[includeIf \"hasconfig:remote.*.url:z\"]\n\tpath = more/one\n[remote \"o\"]\n\turl = https://x/y\n",
            "[include]\n\tpath = ../.git/config\n", "[include]\n\tpath = bad\n",
            "[includeIf \"hasconfig:remote.*.url:*\"]\n\tpath = withurl\n",
            "[includeIf \"hasconfig:remote.*.url:*\"]\n\tpath = more/one\n[includeIf \"gitdir:repo/\"]\n\tpath = withurl\n",
        ]
        try write("[x]\n\ny = 1\n = 2\n", to: git.appending("bad"))
        try write("[remote \"p\"]\n\turl = p\n", to: git.appending("withurl"))
        for file in files {
            try write(base + file + rest, to: git.appending("config"))
            try place.compare()
        }
        try write(base, to: git.appending("config"))
        for option in [
            "include.path=more/one", "include.path=\(git.string)/more/one", "include.path",
            "includeIf.gitdir:repo/.path=\(git.string)/more/one",
        ] {
            try place.compare(["-c", option])
        }
    }

    @Test func includeDepth() throws {
        let place = try Place()
        let git = place.repository.appending(".git")
        for depth in 1...11 {
            try write("[d]\n\tx = \(depth)\n[include]\n\tpath = d\(depth + 1)\n", to: git.appending("d\(depth)"))
        }
        for start in 1...3 {
            try write(
                "[core]\n\trepositoryformatversion = 0\n[include]\n\tpath = d\(start)\n", to: git.appending("config"))
            try place.compare()
        }
    }

    /// Files that include each other more and more often: bounded, where git would go on for hours.
    @Test(.timeLimit(.minutes(2))) func includeExplosion() throws {
        let place = try Place()
        let git = place.repository.appending(".git")
        for depth in 1...10 {
            try write(
                String(repeating: "[include]\n\tpath = d\(depth + 1)\n", count: 40), to: git.appending("d\(depth)"))
        }
        try write("[core]\n\trepositoryformatversion = 0\n[include]\n\tpath = d1\n", to: git.appending("config"))
        try write("", to: git.appending("d11"))
        let environment = try place.variables.library(place.repository)
        let location = try RepositoryLocation.discover(environment: environment)
        try write("[a]\n\tb = 1\n", to: git.appending("d10"))
        #expect(throws: RepositoryError.self) { try Config.read(location: location, environment: environment) }
    }

    @Test func worktreeConfig() throws {
        let place = try Place()
        _ = try place.variables.runGit(["config", "extensions.worktreeConfig", "true"], in: place.repository)
        _ = try place.variables.runGit(["config", "--worktree", "a.b", "main"], in: place.repository)
        _ = try place.variables.runGit(
            ["commit-tree", "-m", "x", "4b825dc642cb6eb9a060e54bf8d69288fbee4904"], in: place.repository)
        var variables = place.variables
        variables.values.merge([
            "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a",
        ]) { $1 }
        _ = try variables.runGit(["commit", "-q", "--allow-empty", "-m", "x"], in: place.repository)
        _ = try variables.runGit(["worktree", "add", "-q", "../linked"], in: place.repository)
        _ = try place.variables.runGit(
            ["config", "--worktree", "a.b", "linked"], in: place.directory.appending("linked"))
        try place.compare()
        try place.compare(in: place.directory.appending("linked"))
        try place.compare(in: place.repository.appending(".git"))
    }
}
