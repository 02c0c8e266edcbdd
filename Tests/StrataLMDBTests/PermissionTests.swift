import Glibc
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataLMDB

/// What a user is told who may not use a file of a database, and that nothing is lost by it. Only root can be another user.
@Suite(.enabled(if: geteuid() == 0, "not root: there is no other user to be"))
struct PermissionTests {
    private static let nobody = 65534

    /// Permissions of the directory and the three files, what is tried, and the file that may not be used; nil = it works.
    struct Case: Sendable, CustomStringConvertible {
        var directory = 0o755, data = 0o666, lock = 0o666, writer = 0o666
        let verb: String
        let refused: String?

        var description: String { "\(verb), \(refused ?? "allowed")" }
    }

    static let cases = [
        Case(verb: "write", refused: nil), Case(verb: "read", refused: nil),
        Case(directory: 0o700, verb: "read", refused: ""), Case(directory: 0o700, verb: "create", refused: ""),
        Case(data: 0o600, verb: "read", refused: "data.mdb"), Case(data: 0o600, verb: "only-read", refused: "data.mdb"),
        Case(data: 0o644, verb: "read", refused: "data.mdb"), Case(data: 0o644, verb: "only-read", refused: nil),
        Case(lock: 0o644, verb: "read", refused: "lock.mdb"), Case(lock: 0o600, verb: "write", refused: "lock.mdb"),
        Case(lock: 0o644, verb: "only-read", refused: "lock.mdb"),
        Case(writer: 0o644, verb: "write", refused: "writer"), Case(writer: 0o600, verb: "read", refused: nil),
    ]

    @Test(arguments: cases) func theFileIsNamed(_ one: Case) throws {
        let sample = try SampleEnvironment(branches: 5)
        try set(0o755, sample.path)
        let lmdb = sample.path
        let before = try readFile(sample.data)
        for (name, mode) in [("data.mdb", one.data), ("lock.mdb", one.lock), ("writer", one.writer)] {
            try set(mode, sample.directory.appending(name))
        }
        try set(one.directory, lmdb)
        let said = try LimitTests.use(lmdb, as: Self.nobody, one.verb)
        if let refused = one.refused {
            let path = refused.isEmpty ? lmdb.appending("data.mdb") : lmdb.appending(refused)
            #expect(said.hasPrefix("no permission for '\(lmdb)"), "\(said)")
            if !refused.isEmpty { #expect(said == "no permission for '\(path)'") }
            #expect(try readFile(sample.data) == before)
        } else {
            #expect(said == "done")
        }
        #expect(try LMDBCheck.check(lmdb).isSound)
        #expect(try LimitTests.use(lmdb, as: 0, "write") == "done")
    }

    @Test func aDirectoryThatMayNotBeWrittenGetsNone() throws {
        let directory = try TemporaryDirectory()
        try set(0o755, directory.path)
        #expect(
            try LimitTests.use(directory.path, as: Self.nobody, "create").hasPrefix(
                "no permission for '\(directory.path)"))
        #expect(
            try LimitTests.use(directory.appending("below"), as: Self.nobody, "create").hasPrefix(
                "no permission for '\(directory.path)"))
        #expect(try LimitTests.use(directory.path, as: Self.nobody, "read") == "\(LMDBFailure.absent)")
        #expect(try LimitTests.use(directory.path, as: 0, "create") == "done")
    }

    private func set(_ mode: Int, _ path: FilePath) throws {
        try Disk.chmod(path, FilePermissions(rawValue: CModeT(mode)))
    }
}
