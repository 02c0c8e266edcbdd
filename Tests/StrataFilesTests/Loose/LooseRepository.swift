import Glibc
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport

@testable import StrataFiles

/// A repository made by git, with two commits to point references at.
struct LooseRepository {
    let directory: TemporaryDirectory
    let first: ObjectID
    let second: ObjectID

    init(_ options: [String] = []) throws {
        directory = try TemporaryDirectory()
        try TestSupport.git(["init", "-q", "-b", "main"] + options, in: directory.path)
        try TestSupport.git(["commit", "-q", "--allow-empty", "-m", "one"], in: directory.path)
        let one = try TestSupport.git(["rev-parse", "HEAD"], in: directory.path)
        try TestSupport.git(["commit", "-q", "--allow-empty", "-m", "two"], in: directory.path)
        let two = try TestSupport.git(["rev-parse", "HEAD"], in: directory.path)
        guard let first = ObjectID(hex: one), let second = ObjectID(hex: two) else { throw Errno.badMessage }
        (self.first, self.second) = (first, second)
    }

    var gitDirectory: FilePath { directory.appending(".git") }

    @discardableResult
    func git(_ arguments: String..., stdin: String = "") throws -> String {
        try TestSupport.git(arguments, in: directory.path, stdin: Array(stdin.utf8))
    }

    /// The standard output of a git that may fail, or nil.
    func tryGit(_ arguments: String...) throws -> String? {
        let result = try run(gitPath, arguments, environment: gitEnvironment, directory: directory.path)
        return result.status == 0 ? result.lines.joined(separator: "\n") : nil
    }

    func path(_ name: String) -> FilePath { gitDirectory.appending(name) }

    /// Writes a file below the git directory, and the directories that lead to it.
    func write(_ name: String, _ bytes: [UInt8]) throws {
        var parent = FilePath()
        for component in name.split(separator: "/").dropLast() {
            parent.append(String(component))
            _ = unsafe mkdir(path(parent.string).string, 0o777)
        }
        let file = try FileDescriptor.open(
            path(name), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
        try file.closeAfter { _ = try file.writeAll(bytes) }
    }

    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    func makeDirectory(_ name: String) { _ = unsafe mkdir(path(name).string, 0o777) }

    func link(_ name: String, to text: String) { _ = unsafe symlink(text, path(name).string) }

    func contents(_ name: String) throws -> [UInt8]? {
        guard let file = try? FileDescriptor.open(path(name), .readOnly) else { return nil }
        return try file.closeAfter {
            var bytes: [UInt8] = []
            try unsafe withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { buffer in
                while true {
                    let count = try unsafe file.read(into: buffer)
                    if count == 0 { return }
                    unsafe bytes.append(contentsOf: buffer[..<count])
                }
            }
            return bytes
        }
    }

    func text(_ name: String) throws -> String? { try contents(name).map { String(decoding: $0, as: UTF8.self) } }

    func exists(_ name: String) -> Bool {
        var status = stat()
        return unsafe lstat(path(name).string, &status) == 0
    }

    var reader: LooseRefReader {
        LooseRefReader(root: Array(gitDirectory.string.utf8) + [UInt8(ascii: "/")], algorithm: first.algorithm)
    }
}

extension RefName {
    /// A name that is known to be good.
    static func known(_ text: String) -> RefName { RefName(unchecked: Array(text.utf8)) }
}

extension LooseRepository {
    func store(_ name: String = "", timeout: Int = 0, durability: Durability = .none) -> LooseRefStore {
        LooseRefStore(
            directory: gitDirectory.appending(name), hashAlgorithm: first.algorithm,
            locks: LockSpace(directory: gitDirectory.appending("strata")),
            lockTimeout: timeout, durability: durability)
    }

    /// Who the reflogs name, as git does in the tests.
    static let committer = Signature(
        name: Array("C O Mitter".utf8), email: Array("committer@example.com".utf8), seconds: 1_112_911_993,
        offsetMinutes: -420)

    static let context = RefTransactionContext(reflogs: .standard) { () throws(RefError) in committer }

    /// Runs one transaction on the loose store and gives its outcome.
    @discardableResult
    func submit(
        _ edits: RefEdit..., on store: LooseRefStore? = nil, _ context: RefTransactionContext = Self.context
    ) throws(RefError) -> RefTransactionResult {
        try (store ?? self.store()).submit([RefTransaction(edits)], context)[0].get()
    }

    /// What git lists: every reference with its value, `HEAD` too.
    func listing() throws -> String {
        try git("for-each-ref", "--include-root-refs", "--format=%(refname) %(objectname) %(symref)")
    }

    /// The same from the store.
    func ourListing(_ scope: RefScope = .all) throws -> String {
        let snapshot = try store().snapshot()
        var cursor = try snapshot.cursor(over: scope)
        var lines: [String] = []
        while let view = try cursor.next() {
            let target = view.value.target.map { String(decoding: $0, as: UTF8.self) } ?? ""
            let id = try snapshot.objectID(of: view.refName)
            lines.append("\(view.refName) \(id?.hex ?? "") \(target)")
        }
        return lines.joined(separator: "\n")
    }

    /// The paths of all files and directories below `name`, sorted.
    func tree(_ name: String) -> [String] {
        var found: [String] = []
        var waiting = [name]
        while let next = waiting.popLast() {
            guard var entries = try? DirectoryReader(path(next)) else { continue }
            while (try? entries.next()) == true {
                let child = next + "/" + String(decoding: entries.name, as: UTF8.self)
                found.append(child)
                if (try? entries.kind()) == .directory { waiting.append(child) }
            }
        }
        return found.sorted()
    }
}
