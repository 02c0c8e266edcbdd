import SystemPackage
import TestSupport
import Testing

@testable import StrataCommand

/// `strata init` beside `git init`: outputs, exit statuses, every file with its permissions and bytes.
@Suite struct InitTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        /// A shell script, run first in both places.
        var setup = ""
        /// Command lines, one after the other, variables before them.
        let steps: [String]
        var testDescription: String { name }

        init(_ name: String, _ setup: String = "", _ steps: String...) {
            (self.name, self.setup, self.steps) = (name, setup, steps)
        }
    }

    static let places: [Case] = [
        Case("here", "", "init"),
        Case("quiet", "", "init -q"),
        Case("a directory", "", "init new"),
        Case("directories above it", "", "init -q -b main a/b/c"),
        Case("bare", "", "init --bare"),
        Case("bare in a directory", "", "init --bare x.git"),
        Case("global bare", "", "--bare init"),
        Case("global bare, a directory", "", "--bare init x"),
        Case("not bare after all", "", "--bare init --no-bare x"),
        Case("-C", "mkdir sub", "-C sub init"),
        Case("GIT_DIR", "", "GIT_DIR=x.git init"),
        Case("GIT_DIR=.", "", "GIT_DIR=. init"),
        Case("GIT_DIR, bare", "", "GIT_DIR=x.git init --bare"),
        Case("GIT_DIR, bare, a directory", "", "GIT_DIR=x.git init --bare y.git"),
        Case("GIT_DIR below a working tree", "mkdir w", "GIT_DIR=w/.git init"),
        Case("--git-dir", "", "--git-dir=deep.git init"),
        Case("GIT_DIR without parents", "", "GIT_DIR=no/such/x.git init"),
        Case("GIT_WORK_TREE alone", "mkdir w", "GIT_WORK_TREE=w init"),
        Case("both", "mkdir w", "GIT_DIR=x.git GIT_WORK_TREE=w init"),
        Case("no such working tree", "", "GIT_DIR=x.git GIT_WORK_TREE=w init"),
        Case("a file in the way", "echo >f", "init f", "init f/g"),
        Case("a file for .git", "echo hello >.git", "init"),
        Case("a gitfile", "git init -q real; echo 'gitdir: real/.git' >.git", "init"),
        Case("a gitfile to nothing", "echo 'gitdir: nowhere' >.git", "init"),
        Case("objects elsewhere", "mkdir o", "GIT_OBJECT_DIRECTORY=o init"),
    ]

    static let options: [Case] = [
        Case("help", "", "init -h", "init --bogus", "init one two"),
        Case("initial branch", "", "init -b trunk"),
        Case("default branch", "", "-c init.defaultBranch=dev init"),
        Case("no advice", "", "-c advice.defaultBranchName=false init"),
        Case("advice", "", "-c advice.defaultBranchName=true init"),
        Case("GIT_ADVICE", "", "GIT_ADVICE=0 init"),
        Case("sha256", "", "init -q --object-format=sha256 x"),
        Case("default hash", "", "-c init.defaultObjectFormat=sha256 init -q"),
        Case("unknown default hash", "", "-c init.defaultObjectFormat=md5 init -q"),
        Case("GIT_DEFAULT_HASH", "", "GIT_DEFAULT_HASH=sha256 init -q"),
        Case("option over variable", "", "GIT_DEFAULT_HASH=sha256 init -q --object-format=sha1"),
        Case("files", "", "init -q --ref-format=files"),
        Case("default format", "", "-c init.defaultRefFormat=files init -q"),
        Case("unknown default format", "", "-c init.defaultRefFormat=cvs init -q"),
        Case("GIT_DEFAULT_REF_FORMAT", "", "GIT_DEFAULT_REF_FORMAT=files init -q"),
        Case("GIT_REFERENCE_BACKEND", "", "GIT_REFERENCE_BACKEND=files init -q"),
        Case("shared", "", "init --shared"),
        Case("shared with all", "", "init --shared=all --bare"),
        Case("shared by number", "", "init --shared=0640", "init --shared=0660"),
        Case("shared numbers", "", "init --shared=1 a", "init --shared=2 b", "init --shared=0 c"),
        Case("shared words", "", "init --shared=true a", "init --shared=false b", "init --shared=umask c"),
        Case("configured to be shared", "", "-c core.sharedRepository=group init x"),
        Case("submodule paths", "", "-c init.defaultSubmodulePathConfig=true init -q"),
    ]

    static let templates: [Case] = [
        Case("no template", "", "init -q --template="),
        Case("a missing template", "", "init -q --template=nowhere"),
        Case("a relative template", "mkdir -p t/info; echo x >t/info/y", "init -q --template=t sub"),
        Case("configured", "mkdir t; echo x >t/y", "GIT_TEMPLATE_DIR= init -q a", "-c init.templateDir=t init -q b"),
        Case(
            "all kinds of files",
            "mkdir -p t/hooks t/.hidden; echo x >t/.dot; echo y >t/hooks/run; chmod +x t/hooks/run;"
                + " ln -s ../nowhere t/hooks/link; mkfifo t/pipe", "init -q --template=t"),
        Case("shared", "mkdir -p t/hooks; echo y >t/hooks/run; chmod +x t/hooks/run", "init -q --shared --template=t"),
        Case("with a HEAD", "mkdir t; echo 'ref: refs/heads/own' >t/HEAD", "init --template=t"),
        Case(
            "with a configuration",
            "mkdir t; printf '# mine\\n[core]\\n\\tlogAllRefUpdates = false ; why\\n\\tbare=true\\n[user]\\n\\tname = me' >t/config",
            "init -q --template=t"),
        Case(
            "of another version", "mkdir t; printf '[core]\\nrepositoryformatversion = 7\\n' >t/config",
            "init --template=t"),
        Case(
            "with default branch", "mkdir t; printf '[init]\\n\\tdefaultBranch = own\\n' >t/config", "init --template=t"
        ),
        Case("shared by it", "mkdir t; printf '[core] sharedRepository = all\\n' >t/config", "init --template=t"),
    ]

    static let again: [Case] = [
        Case("again", "", "init", "init", "init -q"),
        Case(
            "again with options", "", "init -q -b a", "init -b b", "init --object-format=sha256",
            "init --ref-format=files"),
        Case("again, sha256", "", "init -q --object-format=sha256", "init", "init --object-format=sha1"),
        Case("again, shared", "", "init -q", "init --shared"),
        Case("again with references", "git init -q -b x; git commit -q --allow-empty -m m", "init"),
        Case("from bare to not", "", "init -q --bare x/.git", "init x"),
        Case("GIT_DEFAULT_HASH", "", "init -q", "GIT_DEFAULT_HASH=sha256 init"),
        Case("the template's new files", "mkdir t; echo 1 >t/a", "init -q --template=t", "init -q"),
        Case("without HEAD", "git init -q; rm .git/HEAD", "init -q -b new"),
        Case("without refs", "git init -q; rm -r .git/refs .git/objects", "init -q"),
        Case("a newer version", "git init -q; git config core.repositoryFormatVersion 5", "init"),
        Case(
            "an unknown extension",
            "git init -q; printf '[core]\\nrepositoryFormatVersion=1\\n[extensions]\\nx=1\\n' >.git/config", "init"),
        Case(
            "extensions that stay",
            "git init -q; printf '[core]\\nrepositoryFormatVersion=1\\n[extensions]\\nobjectFormat=sha1\\nrelativeWorktrees=1\\n' >.git/config",
            "init"),
        Case(
            "extensions that go",
            "git init -q; printf '[core]\\nrepositoryFormatVersion=1\\n[extensions]\\n\\tobjectFormat=sha1\\n[a]\\n\\tb = c\\n' >.git/config",
            "init"),
        Case(
            "under a comment",
            "git init -q; printf '[core]\\nrepositoryFormatVersion=1\\n# why\\n[extensions]\\n\\tobjectFormat=sha1\\n[a]\\n\\tb = c\\n' >.git/config",
            "init"),
        Case(
            "odd configuration",
            "git init -q; printf '[core] bare = false\\n  filemode = no # x\\n\\n[Core]\\n repositoryformatVERSION = 0' >.git/config",
            "init"),
        Case("a malformed configuration", "git init -q; echo '[core' >>.git/config", "init"),
        Case(
            "a linked worktree",
            "git init -q r; git -C r commit -q --allow-empty -m m; git -C r worktree add -q ../wt; sed -i s,$PWD,.., r/.git/worktrees/wt/gitdir; echo 'gitdir: ../r/.git/worktrees/wt' >wt/.git",
            "-C wt init"),
    ]

    /// Git leaves behind what it has made until then.
    static let failures: [Case] = [
        Case("bad initial branch", "", "init -b ..a"),
        Case("empty initial branch", "", "init -b ''"),
        Case("bad default branch", "", "-c init.defaultBranch=a..b init"),
        Case("no value for the default branch", "", "-c init.defaultBranch init"),
        Case("unknown hash", "", "init --object-format=md5 x"),
        Case("unknown format", "", "init -q --ref-format=cvs"),
        Case("a payload where none is taken", "", "init -q --ref-format=files://x"),
        Case("unknown GIT_REFERENCE_BACKEND", "", "GIT_REFERENCE_BACKEND=cvs init -q"),
        Case("unknown GIT_DEFAULT_HASH", "", "GIT_DEFAULT_HASH=md5 init -q"),
        Case("unknown GIT_DEFAULT_REF_FORMAT", "", "GIT_DEFAULT_REF_FORMAT=cvs init -q"),
        Case("badly shared", "", "init --shared=0200", "init --shared=some"),
        Case("a bad variable", "", "-c core.logAllRefUpdates=sometimes init -q", "-c core.bare init -q x"),
        Case(
            "with a repeated variable", "mkdir t; printf '[core]\\nbare=1\\nbare=0\\n' >t/config", "init --template=t"),
        Case("a locked configuration", "git init -q; echo >.git/config.lock", "init"),
    ]

    /// What a run left: what was said, and the tree unless it failed.
    private func outcome(_ program: String, _ one: Case, tree: Bool = true) throws -> String {
        let scratch = try TemporaryDirectory()
        let work = scratch.appending("work")
        func shell(_ script: String, _ environment: [String: String?]) throws -> CommandResult {
            try run("/bin/sh", ["-c", script], environment: environment, directory: work)
        }
        _ = try output("mkdir", ["-p", work.string, scratch.appending("template/info").string])
        var environment = gitEnvironment
        environment["GIT_TEMPLATE_DIR"] = scratch.appending("template").string
        environment["PATH"] = "\(FilePath(gitPath).removingLastComponent().string):/usr/bin:/bin"
        _ = try shell("echo mine >../template/description; echo '# none' >../template/info/exclude", environment)
        _ = try shell(one.setup, environment)
        var text = ""
        for step in one.steps {
            // Variables stand before the program's name.
            let words = step.split(separator: " ", omittingEmptySubsequences: false)
            let variables = words.prefix { $0.hasPrefix("GIT_") }
            let rest = words.dropFirst(variables.count).joined(separator: " ")
            let result = try shell("\(variables.joined(separator: " ")) '\(program)' \(rest)", environment)
            text += "\(step): \(result.status)\n\(result.outText)\(result.errText)"
        }
        let listing =
            "find . -printf '%P %y %m %l\\n' | LC_ALL=C sort; find . -name objects -prune -o -name logs -prune -o -type f -print | grep -v -e /index -e COMMIT_ED | LC_ALL=C sort | while read f; do echo \"== $f\"; cat \"$f\"; done"
        if tree { text += try shell(listing, environment).outText }
        text = text.split(separator: scratch.path.string, omittingEmptySubsequences: false).joined(separator: "<place>")
        return text
    }

    private func compare(_ one: Case, tree: Bool = true) throws {
        let git = try outcome(gitPath, one, tree: tree)
        let strata = try outcome(productPath("strata"), one, tree: tree)
        #expect(Self.lines(git) == Self.lines(strata))
    }

    /// The lines without the usage text's indentation, which is by the program's name, and without those that git says again, for each
    /// variable that it cannot write.
    private static func lines(_ text: String) -> [String] {
        var result: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let isUsage = line.hasPrefix("usage: ") || line.hasPrefix("         ")
            let words = line.split(separator: " ").filter { $0 != "git" && $0 != "strata" }
            let shown = isUsage ? words.joined(separator: " ") : String(line)
            if !shown.hasPrefix("error: ") || shown != result.last { result.append(shown) }
        }
        return result
    }

    @Test(.enabled(if: gitIsCurrent), arguments: failures) func failure(_ one: Case) throws {
        try compare(one, tree: false)
    }
    @Test(.enabled(if: gitIsCurrent), arguments: places) func place(_ one: Case) throws { try compare(one) }
    @Test(.enabled(if: gitIsCurrent), arguments: options) func option(_ one: Case) throws { try compare(one) }
    @Test(.enabled(if: gitIsCurrent), arguments: templates) func template(_ one: Case) throws { try compare(one) }
    @Test(.enabled(if: gitIsCurrent), arguments: again) func reinitialization(_ one: Case) throws { try compare(one) }
}
