import StrataModel
import StrataRepository
import SystemPackage
import TestSupport
import Testing

/// Opening from many places and environments, by git and by the library.
@Suite(.enabled(if: gitVersion >= 250, "messages and rules are those of git 2.50")) struct DiscoveryTests {
    /// Repositories of every kind in one directory.
    private final class Places {
        let directory: TemporaryDirectory
        let variables: Variables
        var root: FilePath { directory.path }

        init() throws {
            directory = try TemporaryDirectory()
            variables = Variables(
                home: directory.appending("home"),
                [
                    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a", "GIT_COMMITTER_NAME": "a",
                    "GIT_COMMITTER_EMAIL": "a",
                    "GIT_CEILING_DIRECTORIES": directory.path.removingLastComponent().string,
                ])
            try makeDirectory(root.appending("home"))
            try git(["init", "-q", "-b", "main", "plain"])
            try makeDirectory(root.appending("plain/sub/deep"))
            try git(["-C", "plain", "commit", "-q", "--allow-empty", "-m", "x"])
            try git(["-C", "plain", "worktree", "add", "-q", "../linked"])
            try makeDirectory(root.appending("linked/sub"))
            try git(["init", "-q", "--bare", "bare.git"])
            try git(["init", "-q", "--separate-git-dir", "apart.git", "apart"])
            try makeDirectory(root.appending("apart/sub"))
            try git(["init", "-q", "detached"])
            try git(["-C", "detached", "config", "core.worktree", "\(root.string)/elsewhere"])
            try makeDirectory(root.appending("elsewhere/in"))
            try git(["init", "-q", "relative"])
            try git(["-C", "relative", "config", "core.worktree", "../../elsewhere"])
            try git(["init", "-q", "gone"])
            try git(["-C", "gone", "config", "core.worktree", "../../nowhere"])
            try git(["init", "-q", "nobare"])
            try git(["-C", "nobare", "config", "core.bare", "true"])
            try git(["init", "-q", "versionless"])
            try git(["-C", "versionless", "config", "--unset", "core.repositoryformatversion"])
            try git(["-C", "versionless", "config", "core.bare", "true"])
            try git(["init", "-q", "--bare", "hasworktree.git"])
            try git(["-C", "hasworktree.git", "config", "core.bare", "false"])
            try git(["-C", "hasworktree.git", "config", "core.worktree", "../elsewhere"])
            try git(["init", "-q", "perworktree"])
            try git(["-C", "perworktree", "config", "extensions.worktreeConfig", "true"])
            try git(["-C", "perworktree", "config", "--worktree", "core.worktree", "../../elsewhere"])
            try makeDirectory(root.appending("empty/x"))
            for (name, text) in [
                ("badfile", "nonsense"), ("nopath", "gitdir: \n"), ("nowhere2", "gitdir: ../absent"),
                ("crlf", "gitdir: ../plain/.git\r\n"),
                ("short", "gitdir:"), ("blank", ""),
            ] {
                try makeDirectory(root.appending("\(name)/sub"))
                try write(text, to: root.appending("\(name)/.git"))
            }
            _ = try output("mkfifo", [root.appending("empty/.git").string])
            try makeDirectory(root.appending("badhead/.git/objects"))
            try makeDirectory(root.appending("badhead/.git/refs"))
            try write("nonsense", to: root.appending("badhead/.git/HEAD"))
            try makeDirectory(root.appending("nocommon/.git/objects"))
            try makeDirectory(root.appending("nocommon/.git/refs"))
            try write("ref: refs/heads/x\n", to: root.appending("nocommon/.git/HEAD"))
            try write("", to: root.appending("nocommon/.git/commondir"))
            _ = try output("ln", ["-s", "plain", root.appending("link").string])
            _ = try output("ln", ["-s", "../plain/.git", root.appending("elsewhere/.git").string])
        }

        func git(_ arguments: [String]) throws {
            let result = try variables.runGit(arguments, in: root)
            guard result.status == 0 else { throw Errno.ioError }
        }

        /// Compares git's answers with ours; true when there is a repository.
        @discardableResult
        func compare(_ at: String, _ more: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation)
            throws -> Bool
        {
            var variables = variables
            variables.values.merge(more) { $1 }
            let place = root.appending(at)
            let note = Comment(rawValue: "\(at) \(more)")
            let ours = outcome { () throws(RepositoryError) in
                try RepositoryLocation.discover(environment: try variables.library(place))
            }
            func ask(_ question: String...) throws -> CommandResult {
                try variables.runGit(["rev-parse"] + question, in: place)
            }
            let directory = try ask("--absolute-git-dir")
            switch ours {
            case .failure(let error):
                #expect(directory.status != 0, "\(note): we say \(error)", sourceLocation: sourceLocation)
                var message = fatalMessage(directory)
                // Where git prints a null pointer, we name the directory.
                if message == "not a git repository: (null)", error.description.hasPrefix("not a git repository: /") {
                    message = error.description
                }
                #expect(message == error.description, note, sourceLocation: sourceLocation)
                return false
            case .success(let location):
                #expect(directory.status == 0, "\(note): git says \(directory.errText)", sourceLocation: sourceLocation)
                func real(_ path: FilePath) throws -> [String] { try run("realpath", [path.string]).lines }
                #expect(try real(location.gitDirectory) == directory.lines, note, sourceLocation: sourceLocation)
                let common = try ask("--path-format=absolute", "--git-common-dir")
                #expect(try real(location.commonDirectory) == common.lines, note, sourceLocation: sourceLocation)
                let objects = try ask("--path-format=absolute", "--git-path", "objects")
                #expect(
                    try real(location.objectDirectory) == real(FilePath(objects.lines.first ?? "")), note,
                    sourceLocation: sourceLocation)
                #expect(
                    try ask("--is-bare-repository").lines == ["\(location.isBare)"], note,
                    sourceLocation: sourceLocation)
                let top = try ask("--show-toplevel")
                let isInside = try ask("--is-inside-work-tree").lines == ["true"]
                if isInside {
                    #expect(top.lines == [location.workTree?.string ?? "none"], note, sourceLocation: sourceLocation)
                }
                if location.workTree == nil { #expect(!isInside, note, sourceLocation: sourceLocation) }
                let prefix = try ask("--show-prefix")
                #expect(
                    prefix.lines == (location.prefix.map { [String(decoding: $0, as: UTF8.self)] } ?? [""])
                        || prefix.lines.isEmpty && location.prefix == nil, note, sourceLocation: sourceLocation)
                let format = try ask("--show-object-format", "--show-ref-format")
                #expect(
                    format.lines == [
                        location.format.objectFormat.name, location.format.referenceStorage.format.rawValue,
                    ], note, sourceLocation: sourceLocation)
                let warned = directory.errText.split(separator: "\n").filter { $0.hasPrefix("warning: ") }.map {
                    String($0.dropFirst(9))
                }
                #expect(location.warnings == warned, note, sourceLocation: sourceLocation)
                return true
            }
        }
    }

    @Test func fromManyDirectories() throws {
        let places = try Places()
        var found = 0
        for at in [
            "plain", "plain/sub", "plain/sub/deep", "plain/.git", "plain/.git/refs", "plain/.git/worktrees/linked",
            "linked", "linked/sub", "bare.git",
            "bare.git/refs/heads", "apart", "apart/sub", "apart.git", "detached", "detached/.git", "relative", "gone",
            "nobare", "nobare/.git",
            "versionless", "hasworktree.git", "hasworktree.git/refs", "elsewhere", "elsewhere/in", "perworktree",
            "empty", "empty/x", "badfile",
            "badfile/sub", "nowhere2/sub", "nopath", "crlf", "crlf/sub", "short", "blank", "badhead", "nocommon",
            "home", "link", "link/sub", ".",
        ] where try places.compare(at) {
            found += 1
        }
        #expect(found > 25)
    }

    @Test func withGivenDirectories() throws {
        let places = try Places()
        let root = places.root.string
        let directories = [
            "\(root)/plain/.git", "../plain/.git", ".git", "../linked/.git", "../bare.git", "../apart/.git",
            "../hasworktree.git", "../nobare/.git", "../relative/.git", "../nowhere", "", "../badfile/.git",
            "../nopath/.git", "../nowhere2/.git", "../perworktree/.git", "../gone/.git",
        ]
        for at in ["plain", "elsewhere/in", "home"] {
            for directory in directories {
                try places.compare(at, ["GIT_DIR": directory])
                for workTree in ["\(root)/elsewhere", ".", "..", "\(root)/absent", "\(root)/no/where", ""] {
                    if directories.firstIndex(of: directory) ?? 0 < 9 {
                        try places.compare(at, ["GIT_DIR": directory, "GIT_WORK_TREE": workTree])
                    }
                }
            }
            for workTree in ["\(root)/plain", "..", "\(root)/absent"] {
                try places.compare(at, ["GIT_WORK_TREE": workTree])
            }
        }
        try places.compare("bare.git", ["GIT_WORK_TREE": "\(root)/elsewhere"])
        try places.compare("bare.git/refs", ["GIT_WORK_TREE": "\(root)/bare.git"])
        try places.compare("plain/sub", ["GIT_WORK_TREE": "\(root)/plain/sub"])
        try places.compare("plain", ["GIT_COMMON_DIR": "\(root)/bare.git"])
        try places.compare("plain", ["GIT_COMMON_DIR": "\(root)/absent"])
        try places.compare("plain", ["GIT_OBJECT_DIRECTORY": "\(root)/bare.git/objects"])
        try places.compare("plain", ["GIT_OBJECT_DIRECTORY": "\(root)/absent"])
        try places.compare("home", ["GIT_DIR": "\(root)/plain/.git", "GIT_IMPLICIT_WORK_TREE": "0"])
        try places.compare("home", ["GIT_DIR": String(repeating: "x", count: 4100)])
    }

    @Test func ceilings() throws {
        let places = try Places()
        let root = places.root.string
        for ceiling in [
            "\(root)/plain", "\(root)/plain/", "\(root)/plain/sub", "\(root)/plain/sub/deep", "\(root)", "\(root)/link",
            ":\(root)/link", ":\(root)/plain", "relative", "/", "", "\(root)/absent/x:\(root)/plain/sub", "\(root)/pla",
        ] {
            for at in ["plain/sub/deep", "plain/sub", "plain", "home"] {
                try places.compare(at, ["GIT_CEILING_DIRECTORIES": ceiling])
            }
        }
        try places.compare("home", ["GIT_CEILING_DIRECTORIES": "", "GIT_DISCOVERY_ACROSS_FILESYSTEM": "1"])
        try places.compare("home", ["GIT_DISCOVERY_ACROSS_FILESYSTEM": "perhaps"])
    }

    @Test func ownership() throws {
        let places = try Places()
        let root = places.root.string
        let foreign = ["GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"]
        let rules = [
            "*", "\(root)/plain", "\(root)/plain/", "\(root)/*", "\(root)/pl*", "\(root)/link", ".", "plain",
            "~/../plain", "~/../*", "\(root)/absent", "", ":(optional)\(root)/plain", ":(optional)\(root)/absent",
            "~nosuchuser/x",
        ]
        for at in ["plain", "plain/sub", "bare.git", "apart", "linked"] { try places.compare(at, foreign) }
        for rule in rules {
            try write("[safe]\n\tdirectory = \(rule)\n", to: places.root.appending("home/.gitconfig"))
            for at in ["plain", "plain/sub", "bare.git"] { try places.compare(at, foreign) }
        }
        try write("[safe]\n\tdirectory = *\n\tdirectory\n", to: places.root.appending("home/.gitconfig"))
        try places.compare("plain", foreign)
        try write(
            "[safe]\n\tdirectory = *\n\tdirectory =\n\tdirectory = \(root)/plain\n",
            to: places.root.appending("home/.gitconfig"))
        try places.compare("plain", foreign)
        try places.compare("apart", foreign)
        try write("", to: places.root.appending("home/.gitconfig"))
        // The repository's own configuration does not count; the command's does.
        try places.git(["-C", "plain", "config", "safe.directory", "*"])
        try places.compare("plain", foreign)
        let command = ["GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"]
        try places.compare("plain", foreign.merging(command) { $1 })
        try makeDirectory(places.root.appending("it's here"))
        try places.git(["init", "-q", "it's here"])
        try places.compare("it's here", foreign)
        // Only root can give files away.
        guard try output("id", ["-u"]) == "0" else { return }
        _ = try output("chown", ["12345", "\(root)/plain/.git"])
        try places.compare("plain")
        try places.compare("plain", ["SUDO_UID": "12345"])
        try places.compare("plain", ["SUDO_UID": "1x"])
        try places.compare("plain", ["GIT_DIR": "\(root)/plain/.git"])
    }

    @Test func bareRepositoriesThatMustBeNamed() throws {
        let places = try Places()
        for value in ["explicit", "all", "bogus"] {
            try write("[safe]\n\tbareRepository = \(value)\n", to: places.root.appending("home/.gitconfig"))
            for at in [
                "bare.git", "bare.git/refs", "plain", "plain/.git", "plain/.git/refs", "plain/.git/worktrees/linked",
                "apart.git",
            ] { try places.compare(at) }
            try places.compare("home", ["GIT_DIR": "\(places.root.string)/bare.git"])
        }
    }

    @Test func names() throws {
        let places = try Places()
        func location(_ at: String) throws -> RepositoryLocation {
            try RepositoryLocation.discover(environment: try places.variables.library(places.root.appending(at)))
        }
        for at in ["plain", "plain/sub"] {
            let found = try location(at)
            #expect(String(decoding: found.gitDirectoryName, as: UTF8.self) == ".git")
            #expect(FilePath(String(decoding: found.workingDirectory, as: UTF8.self)) == places.root.appending("plain"))
            #expect(!found.isLinkedWorktree)
        }
        let linked = try location("linked/sub")
        #expect(linked.isLinkedWorktree)
        #expect(linked.gitDirectory == places.root.appending("plain/.git/worktrees/linked"))
        #expect(linked.commonDirectory == places.root.appending("plain/.git"))
        #expect(linked.workTree == places.root.appending("linked"))
        #expect(linked.prefix == Array("sub/".utf8))
    }
}
