import Glibc
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataFiles

/// Writing beside git: what one writes the other reads.
@Suite struct LooseTransactionTests {
    private let feature = RefName.known("refs/heads/topic/feature")

    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func writesWhatGitReads() throws {
        let repository = try LooseRepository()
        let (one, two) = (repository.first, repository.second)
        try repository.submit(.create(feature, at: one, message: "made"))
        #expect(try repository.text("refs/heads/topic/feature") == "\(one)\n")
        #expect(try repository.git("rev-parse", "topic/feature") == one.hex)
        try repository.submit(.update(feature, to: two, expecting: .object(one), message: "  moved\non "))
        #expect(
            try repository.git("reflog", "show", "--format=%H %gn <%ge> %gs", "topic/feature").split(separator: "\n")
                == [
                    "\(two) C O Mitter <committer@example.com> moved on",
                    "\(one) C O Mitter <committer@example.com> made",
                ])
        try repository.submit(.symbolic(.head, to: feature, message: "switch"))
        #expect(try repository.text("HEAD") == "ref: refs/heads/topic/feature\n")
        #expect(try repository.git("symbolic-ref", "HEAD") == "refs/heads/topic/feature")
        // The branch that HEAD names: its own line, and one for HEAD.
        try repository.submit(.update(.head, to: one, message: "through HEAD"))
        #expect(try repository.git("rev-parse", "topic/feature") == one.hex)
        #expect(try repository.git("reflog", "-1", "--format=%gs", "HEAD") == "through HEAD")
        try repository.submit(.symbolic(.head, to: .known("refs/heads/main")))
        try repository.submit(.delete(feature, expecting: .object(one)))
        #expect(!repository.exists("refs/heads/topic") && !repository.exists("logs/refs/heads/topic"))
        #expect(try repository.git("fsck") == "")
        #expect(try repository.listing() == repository.ourListing())
    }

    @Test func rejectsInGitsWords() throws {
        let repository = try LooseRepository()
        let (one, two) = (repository.first, repository.second)
        let main = RefName.known("refs/heads/main")
        func message(_ edit: RefEdit) -> String {
            do throws(RefError) {
                try repository.submit(edit)
                return "done"
            } catch {
                return error.message
            }
        }
        #expect(message(.create(main, at: one)) == "cannot lock ref 'refs/heads/main': reference already exists")
        #expect(
            message(.update(main, to: one, expecting: .object(one)))
                == "cannot lock ref 'refs/heads/main': is at \(two) but expected \(one)")
        #expect(
            message(.create(.known("refs/heads/main/x"), at: one))
                == "cannot lock ref 'refs/heads/main/x': 'refs/heads/main' exists; cannot create 'refs/heads/main/x'")
        #expect(
            message(.create(.known("refs/heads"), at: one))
                == "cannot lock ref 'refs/heads': 'refs/heads/main' exists; cannot create 'refs/heads'")
        try repository.write("refs/heads/dir/x.lock", "")
        #expect(
            message(.create(.known("refs/heads/dir"), at: one))
                == "cannot lock ref 'refs/heads/dir': there is a non-empty directory '\(repository.path("refs/heads/dir"))' "
                + "blocking reference 'refs/heads/dir'")
        try repository.write("refs/obstacle", "")
        try repository.write("refs/heads/broken", "junk")
        #expect(
            message(.update(.known("refs/heads/broken"), to: one))
                == "cannot lock ref 'refs/heads/broken': unable to resolve reference 'refs/heads/broken': reference broken"
        )
        #expect(repository.tree("refs").filter { $0.hasSuffix(".lock") } == ["refs/heads/dir/x.lock"])
    }

    @Test func timesOutInGitsWords() throws {
        let repository = try LooseRepository()
        try repository.write("refs/heads/held.lock", "")
        let clock = ContinuousClock()
        let start = clock.now
        #expect {
            try repository.submit(
                .create(.known("refs/heads/held"), at: repository.first), on: repository.store(timeout: 50))
        } throws: {
            guard let error = $0 as? RefError else { return false }
            return error.code == .locked
                && error.message == """
                    cannot lock ref 'refs/heads/held': Unable to create '\(repository.path("refs/heads/held")).lock': File exists.

                    Another git process seems to be running in this repository, or the lock file may be stale
                    """
        }
        #expect(clock.now - start < .seconds(20))
        // git meets our locks in the same way.
        let hold = try repository.store().makeHold()
        #expect(try hold.hold([.known("refs/heads/ours")], until: nil)[0] == nil)
        let result = try run(
            gitPath, ["-c", "core.filesRefLockTimeout=0", "update-ref", "refs/heads/ours", "HEAD"],
            environment: gitEnvironment, directory: repository.directory.path)
        #expect(result.status == 128 && result.errText.contains("refs/heads/ours.lock': File exists"))
        hold.abort()
        try repository.git("update-ref", "refs/heads/ours", "HEAD")
    }

    @Test func leavesNothingBehind() throws {
        let repository = try LooseRepository()
        repository.makeDirectory("refs/x")
        let before = repository.tree("refs")
        let store = repository.store()
        let hold = try store.makeHold()
        let names = ["refs/heads/a/b/c", "refs/heads/a/b/d", "refs/x/y/z", "refs/heads/main"].map(RefName.known)
        #expect(try hold.hold(names, until: nil).allSatisfy { $0 == nil })
        #expect(try hold.hold(names, until: nil).allSatisfy { $0 == nil }, "held already")
        #expect(try hold.read(names[3]) == .object(repository.second, peeled: nil))
        hold.abort()
        hold.abort()
        #expect(repository.tree("refs") == before)
        #expect { try hold.hold(names, until: nil) } throws: { ($0 as? RefError)?.code == .invalid }
        do {
            let dropped = try store.makeHold()
            _ = try dropped.hold(names, until: nil)
        }
        #expect(repository.tree("refs") == before)
    }

    @Test func replacesEmptyDirectories() throws {
        let repository = try LooseRepository()
        for name in ["refs/heads/e", "refs/heads/e/f", "refs/heads/e/f/g", "logs/refs/heads/e", "logs/refs/heads/e/f"] {
            repository.makeDirectory(name)
        }
        try repository.submit(.create(.known("refs/heads/e"), at: repository.first))
        #expect(
            try repository.git("rev-parse", "refs/heads/e", "refs/heads/e@{0}")
                == "\(repository.first)\n\(repository.first)")
    }

    @Test func staleLogsAreInTheWay() throws {
        let repository = try LooseRepository()
        let before = repository.tree("refs")
        repository.makeDirectory("logs/refs/heads/e")
        try repository.write("logs/refs/heads/e/f", "")
        let path = repository.path("logs/refs/heads/e")
        #expect {
            try repository.submit(.create(.known("refs/heads/e"), at: repository.first))
        } throws: {
            "\($0)" == "cannot update the ref 'refs/heads/e': there are still logs under '\(path)'"
        }
        #expect {
            try repository.submit(.create(.known("refs/heads/e/f/g"), at: repository.first))
        } throws: {
            "\($0)" == "cannot update the ref 'refs/heads/e/f/g': unable to append to '\(path)/f/g': Not a directory"
        }
        #expect(repository.tree("refs") == before)
    }

    @Test func deletesWhatDangles() throws {
        let repository = try LooseRepository()
        repository.link("refs/heads/link", to: "refs/heads/nowhere")
        repository.link("refs/heads/lost", to: "nowhere")
        try repository.write("refs/heads/symref", "ref: refs/heads/nowhere\n")
        for name in ["refs/heads/link", "refs/heads/lost", "refs/heads/symref", "refs/heads/none"] {
            var edit = RefEdit.delete(.known(name))
            edit.followsSymbolic = false
            try repository.submit(edit)
            #expect(!repository.exists(name))
        }
        // A link that is read as a symbolic reference is written as a file.
        repository.link("refs/heads/link", to: "refs/heads/main")
        try repository.submit(.symbolic(.known("refs/heads/link"), to: .known("refs/tags/t")))
        #expect(try repository.text("refs/heads/link") == "ref: refs/tags/t\n")
        #expect(try repository.git("rev-parse", "main") == repository.second.hex)
    }

    @Test func prunesWhatHasNotMoved() throws {
        let repository = try LooseRepository()
        let name = RefName.known("refs/heads/a/b")
        try repository.git("update-ref", "--create-reflog", "refs/heads/a/b", repository.first.hex)
        #expect(try !repository.store().prune(name, ifStill: repository.second))
        #expect(repository.exists("refs/heads/a/b"))
        #expect(try repository.store().prune(name, ifStill: repository.first))
        #expect(!repository.exists("refs/heads/a") && repository.exists("logs/refs/heads/a/b"))
    }
}
