import Glibc
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataFiles

/// Listing beside git.
@Suite struct LooseScanTests {
    private func names(_ repository: LooseRepository, _ scope: RefScope) throws -> [String] {
        var cursor = try repository.store().snapshot().cursor(over: scope)
        var names: [String] = []
        while let view = try cursor.next() { names.append(view.refName.description) }
        return names
    }

    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func listsAsGitDoes() throws {
        let repository = try LooseRepository()
        for name in [
            "refs/heads/a/b", "refs/heads/a-b", "refs/heads/a.b", "refs/heads/a0", "refs/tags/é", "refs/x/y/z",
        ] {
            try repository.git("update-ref", name, "HEAD")
        }
        try repository.git("update-ref", "ORIG_HEAD", "HEAD~1")
        try repository.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/a/b")
        try repository.write("FETCH_HEAD", repository.first.hex + "\t\tbranch\n")
        try repository.write("refs/heads/.hidden", repository.first.hex + "\n")
        try repository.write("refs/heads/.dir/x", repository.first.hex + "\n")
        try repository.write("refs/heads/held.lock", repository.first.hex + "\n")
        try repository.write("refs/heads/dir.lock/x", repository.first.hex + "\n")
        repository.makeDirectory("refs/heads/empty")
        repository.link("refs/heads/followed", to: "../heads/main")
        repository.link("refs/heads/linked", to: "a")
        repository.link("refs/heads/dangling", to: "refs/heads/nowhere")
        repository.link("refs/heads/up", to: "..")
        // git follows links that lead up as far as the kernel lets it; here they are passed over.
        let theirs = try repository.listing().split(separator: "\n").filter { !$0.contains("/up/") }
        #expect(try repository.ourListing() == theirs.joined(separator: "\n"))
    }

    @Test func malformedNamesAreMarked() throws {
        let repository = try LooseRepository()
        try repository.write("refs/heads/bad name", repository.first.hex + "\n")
        try repository.write("refs/heads/worse..", repository.first.hex + "\n")
        try repository.write("refs/heads/zbroken", "junk\n")
        var cursor = try repository.store().snapshot().cursor(over: RefScope(prefix: Array("refs/heads/".utf8)))
        var seen: [String: RefValue] = [:]
        while let view = try cursor.next() {
            seen[view.refName.description] = view.value
            #expect(view.flags.contains(.badName) == (view.value == .broken(.badName)))
        }
        #expect(
            seen == [
                "refs/heads/bad name": .broken(.badName), "refs/heads/worse..": .broken(.badName),
                "refs/heads/zbroken": .broken(.content), "refs/heads/main": .object(repository.second, peeled: nil),
            ])
    }

    @Test func scopes() throws {
        let repository = try LooseRepository()
        for name in ["refs/heads/ma", "refs/heads/maa/x", "refs/heads/mb", "refs/tags/t", "refs/x/heads/ma"] {
            try repository.write(name, repository.first.hex + "\n")
        }
        func scope(_ prefix: String, after: String? = nil, excluding: [String] = []) -> RefScope {
            var scope = RefScope(prefix: Array(prefix.utf8))
            if let after { scope.start(after: Array(after.utf8)) }
            scope.exclude(excluding.map { Array($0.utf8) })
            return scope
        }
        #expect(
            try names(repository, scope("refs/heads/ma")) == ["refs/heads/ma", "refs/heads/maa/x", "refs/heads/main"])
        #expect(try names(repository, scope("refs/heads/maa/")) == ["refs/heads/maa/x"])
        #expect(try names(repository, scope("refs/heads/ma/")) == [])
        #expect(try names(repository, scope("refs/x/heads")) == ["refs/x/heads/ma"])
        #expect(try names(repository, scope("HE")) == ["HEAD"])
        #expect(
            try names(repository, scope("refs/heads/", after: "refs/heads/maa/x")) == [
                "refs/heads/main", "refs/heads/mb",
            ])
        #expect(
            try names(repository, scope("", after: "refs/heads/main", excluding: ["refs/x"])) == [
                "refs/heads/mb", "refs/tags/t",
            ])
        #expect(try names(repository, scope("re", excluding: ["refs/heads"])) == ["refs/tags/t", "refs/x/heads/ma"])
        for prefix in ["refs/../", "refs//", "refs/heads/../../", "refs/a.lock/", "refs/.x/", "refs/\0/", "objects/"] {
            #expect(try names(repository, scope(prefix)) == [], "\(prefix)")
        }

        var cursor = try repository.store().snapshot().cursor(over: scope("refs/tags/"))
        #expect(try cursor.next()?.refName == .known("refs/tags/t"))
        try cursor.seek(scope("refs/heads/mb"))
        #expect(try cursor.next()?.refName == .known("refs/heads/mb"))
        #expect(try cursor.next() == nil)
    }

    /// What a scope does not need is not looked at: a directory that cannot be read does not disturb its neighbours.
    @Test func readsNoMoreThanItMust() throws {
        let repository = try LooseRepository()
        try repository.write("refs/tags/t", repository.first.hex + "\n")
        repository.makeDirectory("refs/deep")
        // A directory whose path is too long to be opened.
        var directory = try FileDescriptor.open(repository.path("refs/deep"), .readOnly, options: [.directory]).rawValue
        let long = String(repeating: "d", count: 250)
        for _ in 0..<17 {
            #expect(unsafe mkdirat(directory, long, 0o777) == 0)
            let next = unsafe openat(directory, long, O_RDONLY | O_DIRECTORY)
            close(directory)
            directory = next
        }
        close(directory)
        defer { _ = try? run("rm", ["-rf", "refs/deep"], directory: repository.gitDirectory) }
        #expect { try names(repository, .refs) } throws: { ($0 as? RefError)?.code == .unavailable }
        #expect(try names(repository, RefScope(prefix: Array("refs/t".utf8))) == ["refs/tags/t"])
        var scope = RefScope.refs
        scope.exclude([Array("refs/deep".utf8)])
        #expect(try names(repository, scope) == ["refs/heads/main", "refs/tags/t"])
    }
}
