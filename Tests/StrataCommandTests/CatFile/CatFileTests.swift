import TestSupport
import Testing

@testable import StrataCommand

/// `cat-file` of one object, beside git.
@Suite(.enabled(if: gitVersion >= 255, "compared with git 2.55 or newer")) struct CatFileTests {
    static let repository = try? CatFileRepository()
    static let loose = try? CatFileRepository(packed: false)
    static let sha256 = try? CatFileRepository(algorithm: "sha256")

    static let repositories = [repository, loose, sha256]

    /// `ID` stands for a full id that no object has, `OTHER` for one of the other algorithm.
    @Test(
        arguments: Table.rows(
            """
            -none-
            -t
            -t HEAD HEAD
            -e -t HEAD
            -t -t HEAD
            x
            blob tree HEAD
            foo HEAD
            foo nope
            -t nope
            -t ''
            -t ID
            -s ID
            -e ID
            -p ID
            -t OTHER
            -e OTHER
            commit ID
            blob ID
            -e HEAD
            -e nope
            -t HEAD
            -s HEAD
            -p HEAD
            -t v1
            -s v1
            -p v1
            -p v1-tag
            -p tree-tag
            -p HEAD^{tree}
            -p HEAD:dir
            -p HEAD:dir/
            -p HEAD:
            -p HEAD:numbers
            -s HEAD~2:numbers
            -t HEAD:link
            -p HEAD:link
            -p HEAD:empty
            -s HEAD:empty
            -p HEAD:binary
            -p HEAD:dir/sub/file
            -t HEAD:module
            -t HEAD:elsewhere
            -e HEAD:elsewhere
            -p HEAD:elsewhere
            -t HEAD:nope
            -t HEAD:loose/x
            -t HEAD:dir/sub/file/x
            -t HEAD:/dir
            -t HEAD:dir//sub
            -t HEAD:dir/../dir
            -t HEAD~1:loose
            -t HEAD:./dir
            -t HEAD:../dir
            -t HEAD:dir/sub/../x
            -t HEAD:./dir/../dir//sub/
            -t HEAD:two␣words
            -t v1:dir
            -t v1^{tree}:dir/sub
            -t nope:dir
            -t HEAD:dir:x
            -t blob-tag:x
            -t HEAD:numbers:x
            -t HEAD^{/x}y:z
            -t HEAD@{0}:dir
            -t HEAD@{99}
            -t HEAD^{blob}
            -t HEAD^{tree}~1
            -t main~1^{commit}
            blob HEAD
            blob HEAD:numbers
            blob blob-tag
            blob v1
            tree HEAD
            tree v1
            tree v1-tag
            tree tree-tag
            tree HEAD:numbers
            commit v1-tag
            commit HEAD
            commit tree-tag
            tag v1
            tag v1-tag
            tag HEAD
            --allow-unknown-type -t HEAD
            --no-allow-unknown-type -s HEAD
            --no-use-mailmap -p HEAD
            --no-mailmap -p HEAD
            --buffer -t HEAD
            --no-buffer -t HEAD
            --unordered -t HEAD
            --follow-symlinks -t HEAD
            -z -t HEAD
            -Z -t HEAD
            --batch-all-objects
            --batch-all-objects -t HEAD
            --path=x -t HEAD
            --no-path -t HEAD
            --filter=blob:none -t HEAD
            --filter=tree:0 -t HEAD
            --filter=foo -t HEAD
            --filter=blob:none --no-filter -t HEAD
            --filter
            --mailmap=1
            --batch --batch-check
            --batch-check --batch
            --batch -t
            --batch -e HEAD
            --batch HEAD
            --batch-check --batch-all-objects HEAD
            --no-batch
            --no-textconv
            --textconv --filters HEAD
            --batch=%(foo)
            --batch-check=%(foo
            --batch-check=%(objectname␣)
            --batch-check=%%(foo)
            -x
            --ba
            --batch-c
            """))
    func saysWhatGitSays(_ arguments: [String]) throws {
        // What is refused before anything is read is the same everywhere.
        let readsObjects = arguments.contains { $0.contains("HEAD") || $0.contains("ID") || $0.hasPrefix("v1") }
        for repository in readsObjects ? Self.repositories : [Self.repository] {
            let repository = try #require(repository)
            let digits = try repository.id("HEAD").count
            let one = String(repeating: "1", count: digits)
            let other = String(repeating: "1", count: 104 - digits)
            try repository.compare(
                arguments.map { $0.replacing("ID", with: one).replacing("OTHER", with: other) })
        }
    }

    @Test(arguments: ["-h", "--help-all"]) func usageIsGits(_ option: String) throws {
        try #require(Self.repository).compare([option])
    }

    @Test func pathsAreSeenFromWhereOneStands() throws {
        let repository = try #require(Self.repository)
        for arguments in [
            ["-p", "HEAD:./file"], ["-p", "HEAD:../../numbers"], ["-t", "HEAD:../"], ["-t", "HEAD:./"],
            ["-t", "HEAD:../../../x"], ["-t", "HEAD:file"], ["-t", "HEAD:./nope"], ["-p", "HEAD:dir/sub"],
            ["-t", "HEAD:..//sub/."],
        ] { try repository.compare(arguments, below: "dir/sub") }
        // A bare repository has no place to stand.
        try repository.compare(["-t", "HEAD:./file"], below: ".git")
    }

    @Test func configurationSaysHowNamesAreQuoted() throws {
        let repository = try #require(Self.repository)
        for value in ["true", "false", "maybe"] {
            try repository.compare(
                ["-p", "HEAD^{tree}"],
                environment: [
                    "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.quotePath", "GIT_CONFIG_VALUE_0": value,
                ])
        }
    }

    @Test func abbreviationsAreResolved() throws {
        for repository in Self.repositories {
            let repository = try #require(repository)
            let ids = try repository.all()
            // Ids differ by their first digits often enough for four to do.
            for id in ids.prefix(12) { try repository.compare(["-t", String(id.prefix(8))]) }
            for id in ids.prefix(12) { try repository.compare(["-t", id.prefix(6).uppercased()]) }
        }
    }

    @Test(arguments: [
        ["--use-mailmap", "-p", "HEAD"], ["--mailmap", "--batch"], ["--follow-symlinks", "--batch-check"],
        ["--textconv", "HEAD:numbers"], ["--filters", "HEAD:numbers"], ["--batch", "--textconv"],
    ])
    func whatThereIsNotIsRefusedByName(_ arguments: [String]) throws {
        let (ours, _) = try #require(Self.repository).both(arguments)
        #expect(ours.status == 129)
        let names = arguments.map { $0 == "--mailmap" ? "--use-mailmap" : $0 }
        #expect(names.contains { ours.errText == "error: not supported yet: \($0)\n" }, "\(ours.errText)")
    }
}
