import Glibc
import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport

/// An environment with something of everything: branches with reflogs, tags, symbolic references, long names, a linked worktree, a line that
/// needs pages of its own, and pages that deletions have let go. It is closed, so that its file can be changed.
struct SampleEnvironment {
    static let worktree = Array("wt".utf8)
    let directory: TemporaryDirectory

    init(branches: Int = 200) throws {
        directory = try TemporaryDirectory()
        let environment = try LMDBEnvironment.open(directory.path, OpeningTests.options(creates: true))
        try Self.fill(environment, branches)
    }

    var path: FilePath { directory.path }
    var data: FilePath { directory.appending("data.mdb") }

    func open() throws -> LMDBEnvironment { try LMDBEnvironment.open(path, OpeningTests.options()) }

    static func id(_ number: Int) -> ObjectID {
        ObjectID(
            algorithm: .sha1, words: (UInt64(number) &* 0x9e37_79b9_7f4a_7c15 | 1, 2, UInt64(0x8000_0000) << 32, 0))
    }

    static func name(_ text: String) throws -> RefName { try RefName(text) }

    static let context = RefTransactionContext(reflogs: .standard) { () throws(RefError) in
        Signature(
            name: Array("A U Thor".utf8), email: Array("a@example.com".utf8), seconds: 1_112_911_993,
            offsetMinutes: -420)
    }

    private static func fill(_ environment: LMDBEnvironment, _ branches: Int) throws {
        let store = LMDBRefStore(environment)
        let long = "refs/heads/" + String(repeating: "long/", count: 99)
        let names = try (0..<branches).map { try name("refs/heads/topic-\($0)/work") }
        try store.commit(
            RefTransaction(names.map { .create($0, at: id($0.hashValue & 0xffff), message: "made") }), context)
        try store.commit(
            RefTransaction(try (0..<branches / 2).map { .create(try name("refs/tags/v\($0)"), at: id($0)) }), context)
        try store.commit(
            RefTransaction(
                [
                    .symbolic(.head, to: names[0]),
                    .symbolic(try name("refs/remotes/origin/HEAD"), to: try name("refs/remotes/origin/main")),
                    .create(try name(long + "a"), at: id(1), message: "long"), .create(try name(long + "b"), at: id(2)),
                    .create(try name(long + "a-very-much-longer"), at: id(3)),
                    .create(try name(long + "a-very-much-longer/than/that"), at: id(3)),
                    .create(try name("refs/tags/" + String(repeating: "x", count: 900)), at: id(4)),
                ].filter { !$0.name.bytes.ends(with: "that".utf8) }), context)
        let own = LMDBRefStore(environment, worktree: worktree)
        try own.commit(
            RefTransaction([.symbolic(.head, to: names[1]), .create(try name("refs/bisect/bad"), at: id(5))]), context)
        let message = String(repeating: "a line that is long ", count: 600)
        try store.commit(RefTransaction([.update(names[2], to: id(6), message: message)]), context)
        for step in 0..<3 {
            let some = stride(from: step + 3, to: branches, by: 7).map { names[$0] }
            try store.commit(RefTransaction(some.map { .delete($0) }), context)
        }
        try store.commit(RefTransaction([.update(names[2], to: id(7), message: "short")]), context)
    }
}

extension [UInt8] {
    func ends(with suffix: some Collection<UInt8>) -> Bool { self.suffix(suffix.count).elementsEqual(suffix) }
}

/// Writes a file whole, where it lies.
func writeFile(_ path: FilePath, _ bytes: [UInt8]) throws {
    let descriptor = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    try descriptor.closeAfter { _ = try descriptor.writeAll(bytes) }
}

/// Changes bytes of a file where they lie.
final class FileEditor {
    private let descriptor: CInt
    let path: FilePath

    init(_ path: FilePath) {
        self.path = path
        descriptor = unsafe open(path.string, O_RDWR | O_CLOEXEC)
        precondition(descriptor >= 0, "no such file")
    }

    deinit { close(descriptor) }

    var bytes: [UInt8] { get throws { try readFile(path) ?? [] } }

    func write(_ bytes: [UInt8], at offset: Int) {
        let written = unsafe pwrite(descriptor, bytes, bytes.count, off_t(offset))
        precondition(written == bytes.count, "it was not written")
    }

    func resize(to size: Int) { precondition(ftruncate(descriptor, off_t(size)) == 0, "it was not resized") }
}
