import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport

/// A bare repository of git's, of which tests see and write the `packed-refs` file.
final class PackedRepository: Sendable {
    private let directory: TemporaryDirectory
    let path: FilePath
    /// Commits, for tests that need objects which exist.
    let commits: [ObjectID]
    /// Tags, each with what it peels to.
    let tags: [(id: ObjectID, peeled: ObjectID)]

    init(objects count: Int = 0) throws {
        directory = try TemporaryDirectory()
        path = directory.appending("repo.git")
        try git(["init", "-q", "--bare", path.string], in: directory.path)
        var commits: [ObjectID] = []
        var tags: [(ObjectID, ObjectID)] = []
        if count > 0 {
            let tree = try git(["mktree"], in: path)
            for i in 0..<count {
                let commit = try PackedRepository.id(git(["commit-tree", "-m", "c\(i)", tree], in: path))
                commits.append(commit)
                let body = "object \(commit)\ntype commit\ntag t\(i)\ntagger A <a@b> 1112911993 +0000\n\nt\n"
                let tag = try PackedRepository.id(git(["mktag"], in: path, stdin: Array(body.utf8)))
                tags.append((tag, commit))
                let outer = "object \(tag)\ntype tag\ntag o\(i)\ntagger A <a@b> 1112911993 +0000\n\nt\n"
                tags.append((try PackedRepository.id(git(["mktag"], in: path, stdin: Array(outer.utf8))), commit))
            }
        }
        self.commits = commits
        self.tags = tags
    }

    private static func id(_ text: String) throws -> ObjectID {
        guard let id = ObjectID(hex: text) else { throw CommandMisread(text: text) }
        return id
    }

    var file: FilePath { path.appending("packed-refs") }

    /// The file's contents; nil = there is none.
    var bytes: [UInt8]? { get throws { try readFile(file) } }

    func write(_ bytes: [UInt8]) throws {
        let fd = try FileDescriptor.open(
            file, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
        try fd.closeAfter { _ = try fd.writeAll(bytes) }
    }

    func store(lockTimeout: Int = 1000) -> PackedRefStore {
        PackedRefStore(
            file, hashAlgorithm: .sha1, locks: LockSpace(directory: path.appending("strata")), lockTimeout: lockTimeout)
    }

    /// Runs git on this repository, named by its whole path as messages show it.
    func run(_ arguments: [String], stdin: [UInt8] = []) throws -> CommandResult {
        try TestSupport.run(
            gitPath, ["--git-dir=\(path)"] + arguments, stdin: stdin, environment: gitEnvironment, directory: path)
    }

    /// What git lists, or its complaint.
    func listing() throws -> Listing {
        let result = try run(["for-each-ref", "--format=%(objectname) %(refname)"])
        if result.status != 0 {
            return .failure(String(result.errText.split(separator: "\n").last?.dropFirst("fatal: ".count) ?? ""))
        }
        let broken = result.errText.split(separator: "\n").compactMap { line in
            line.hasPrefix("warning: ignoring ref with broken name ")
                ? String(line.dropFirst("warning: ignoring ref with broken name ".count)) : nil
        }
        return .references(result.lines, malformed: broken)
    }
}

struct CommandMisread: Error { let text: String }

/// The outcome of walking all references.
enum Listing: Equatable {
    case references([String], malformed: [String])
    case failure(String)

    /// What our reader makes of the file, written as git would write it.
    init(_ store: PackedRefStore) {
        do throws(RefError) {
            self = try Listing(store.current())
        } catch {
            self = .failure(Listing.shown(error.message))
        }
    }

    init(_ snapshot: PackedRefSnapshot) throws(RefError) {
        var references: [String] = []
        var malformed: [String] = []
        var cursor = try snapshot.packedCursor(over: .all)
        while let view = try cursor.next() {
            switch view.value {
            // Git leaves out what does not begin with refs/ if it looks like HEAD.
            case .object where view.refName == .head: break
            case .object(let id, _): references.append("\(id) \(view.refName)")
            default: malformed.append(Listing.shown(view.refName.description))
            }
        }
        self = .references(references, malformed: malformed)
    }

    /// As git prints messages: control characters become question marks.
    static func shown(_ text: String) -> String {
        let bytes = text.utf8.map { ($0 < 0x20 && $0 != 9 && $0 != 10) || $0 == 0x7f ? UInt8(ascii: "?") : $0 }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Lines of a `packed-refs` file.
enum PackedLines {
    static let header = "# pack-refs with: peeled fully-peeled sorted \n"
    static let a = String(repeating: "a1", count: 20)
    static let b = String(repeating: "b2", count: 20)
    static let c = String(repeating: "c3", count: 20)
}
