import Glibc
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataFiles

/// What stands in a repository must not lead a writer to files that are no references, nor make it wait.
@Suite struct LooseEscapeTests {
    /// Git follows such targets, and the repository is shallow then, or cannot be read.
    @Test(arguments: ["shallow", "packed-refs", "objects/xx", "config", "index"])
    func aSymbolicReferenceOutsideIsNotFollowed(_ target: String) throws {
        let repository = try LooseRepository()
        try repository.write("refs/heads/s", "ref: \(target)\n")
        let before = try repository.text(target)
        let name = RefName.known("refs/heads/s")
        #expect(throws: RefError.self) { try repository.submit(.update(name, to: repository.first)) }
        #expect(throws: RefError.self) { try repository.submit(.delete(name)) }
        #expect(try repository.text(target) == before)
        #expect(try repository.text("refs/heads/s") == "ref: \(target)\n")
    }

    @Test func aLinkToADirectoryStays() throws {
        let repository = try LooseRepository()
        let outside = repository.directory.appending("outside")
        try Disk.makeDirectories(outside.appending("empty"))
        repository.link("refs/heads/l", to: outside.string)
        #expect(throws: RefError.self) {
            try repository.submit(.update(.known("refs/heads/l"), to: repository.first))
        }
        #expect(try FileStat.lstat(repository.path("refs/heads/l"))?.kind == .symlink)
        #expect(try FileStat.lstat(outside.appending("empty"))?.kind == .directory)
    }

    @Test func aPipeInPlaceOfAReflogIsAnError() throws {
        let repository = try LooseRepository()
        repository.makeDirectory("logs/refs/tags")
        _ = unsafe mkfifo(repository.path("logs/refs/heads/p").string, 0o666)
        let name = RefName.known("refs/heads/p")
        #expect(throws: RefError.self) { try repository.submit(.update(name, to: repository.first)) }
        #expect(try repository.store().snapshot().read(name) == nil)
    }

    @Test func aTimeOutNamesTheHolder() throws {
        let repository = try LooseRepository()
        let name = RefName.known("refs/heads/main")
        let held = try repository.store().hold([name])
        defer { held.abort() }
        let error = #expect(throws: RefError.self) {
            try repository.submit(.update(name, to: repository.first))
        }
        #expect(error?.message.contains("held by process \(getpid()) on ") == true)
    }
}
