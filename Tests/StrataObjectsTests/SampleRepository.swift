import Glibc
import StrataModel
import StrataObjects
import SystemPackage
import TestSupport

/// A repository made by git: a line of commits that rewrite one file little by little, a merge, and tags of everything.
final class SampleRepository: Sendable {
    let directory: TemporaryDirectory
    let algorithm: HashAlgorithm

    var path: FilePath { directory.path }
    var objects: FilePath { path.appending("objects") }

    init(_ algorithm: HashAlgorithm, commits: Int = 60) throws {
        self.algorithm = algorithm
        directory = try TemporaryDirectory()
        try git("init", "--quiet", "--bare", "--object-format=\(algorithm.name)", "--initial-branch=main", ".")
        try git(["-c", "fastimport.unpackLimit=1000000", "fast-import", "--quiet"], stdin: Self.history(commits))
        try git("tag", "-a", "-m", "a tag", "v1", "main")
        try git("tag", "-a", "-m", "a tag of a tag", "v1-tag", "v1")
        try git("tag", "-a", "-m", "a third", "v1-tag-tag", "v1-tag")
        try git("tag", "-a", "-m", "a tree", "tree", "main^{tree}")
        try git("tag", "-a", "-m", "a blob", "blob", "main:file")
        try git("tag", "light", "main~1")
    }

    @discardableResult
    func git(_ arguments: String..., stdin: [UInt8] = []) throws -> String {
        try git(arguments, stdin: stdin)
    }

    @discardableResult
    func git(_ arguments: [String], stdin: [UInt8] = []) throws -> String {
        try TestSupport.git(arguments, in: path, stdin: stdin)
    }

    func reader() -> FilesObjectStore { FilesObjectStore(objectDirectory: objects, algorithm: algorithm) }

    /// What `git cat-file --batch-check` says of each expression: the object's id, or "missing", or "ambiguous".
    func resolve(_ expressions: [String]) throws -> [String] {
        let answers = try git(
            ["-c", "core.warnAmbiguousRefs=false", "cat-file", "--batch-check=%(objectname)"],
            stdin: Array((expressions.joined(separator: "\n") + "\n").utf8))
        return answers.split(separator: "\n").map { String($0.split(separator: " ").last ?? $0) }
    }

    struct Object {
        var id: ObjectID
        var header: ObjectHeader
    }

    /// Every object that git finds, with its kind and size.
    func list() throws -> [Object] {
        try git("cat-file", "--batch-all-objects", "--batch-check").split(separator: "\n").map { line in
            let words = line.split(separator: " ")
            guard words.count == 3, let id = ObjectID(hex: words[0]), let kind = ObjectKind(name: words[1].utf8),
                let size = UInt64(words[2])
            else { throw BadOutput(line: String(line)) }
            return Object(id: id, header: ObjectHeader(kind: kind, size: size))
        }
    }

    /// Every object's contents, by id.
    func contents() throws -> [ObjectID: [UInt8]] {
        let result = try run(
            gitPath, ["cat-file", "--batch-all-objects", "--batch"], environment: gitEnvironment, directory: path)
        var found: [ObjectID: [UInt8]] = [:]
        var rest = result.out[...]
        while let newline = rest.firstIndex(of: 0x0a) {
            let words = String(decoding: rest[..<newline], as: UTF8.self).split(separator: " ")
            guard words.count == 3, let id = ObjectID(hex: words[0]), let size = Int(words[2]) else {
                throw BadOutput(line: words.joined(separator: " "))
            }
            found[id] = Array(rest[(newline + 1)...].prefix(size))
            rest = rest[(newline + 1)...].dropFirst(size + 1)
        }
        return found
    }

    struct BadOutput: Error {
        var line: String
    }

    private static func history(_ commits: Int) -> [UInt8] {
        var generator = SplitMix64(seed: 7)
        var lines = (0..<80).map { "line \($0) \(generator.next())" }
        var stream = ""
        func data(_ text: String) { stream += "data \(text.utf8.count)\n\(text)\n" }
        func commit(_ branch: String, _ number: Int, mark: Int, from: String) {
            stream += "commit refs/heads/\(branch)\nmark :\(mark)\n"
            stream += "committer C O Mitter <committer@example.com> \(1_112_911_993 + number) -0700\n"
            data("change \(number)")
            stream += from
            lines[Int(generator.next() % 80)] = "line changed \(generator.next())"
            stream += "M 100644 inline file\n"
            data(lines.joined(separator: "\n"))
            stream += "M 100644 inline dir/\(number % 9)\n"
            data("small \(number) \(generator.next())")
        }
        for number in 1...commits { commit("main", number, mark: number, from: "") }
        commit("side", commits + 1, mark: commits + 1, from: "from :\(commits / 2)\n")
        commit("main", commits + 2, mark: commits + 2, from: "from :\(commits)\nmerge :\(commits + 1)\n")
        return Array(stream.utf8)
    }
}

extension ObjectStore {
    /// What the first digits of an id stand for.
    func resolve(_ count: Int, digitsOf id: ObjectID) throws(ObjectError) -> Abbreviation {
        let digits = Array(id.hex.utf8.prefix(count))
        return try resolveAbbreviation(digits.span)
    }
}

/// The bytes of a file.
func contents(of path: FilePath) throws -> [UInt8] {
    let file = try FileDescriptor.open(path, .readOnly)
    defer { try? file.close() }
    var bytes = [UInt8](repeating: 0, count: Int(try file.seek(offset: 0, from: .end)))
    let count = try unsafe bytes.withUnsafeMutableBytes { try unsafe file.read(fromAbsoluteOffset: 0, into: $0) }
    bytes.removeLast(bytes.count - count)
    return bytes
}

/// Puts a file with `bytes` in the place of whatever is at `path`; who has that one mapped keeps it.
func replace(_ path: FilePath, with bytes: [UInt8]) throws {
    let fresh = FilePath(path.string + ".new")
    let file = try FileDescriptor.open(
        fresh, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    defer { try? file.close() }
    try file.writeAll(bytes)
    guard unsafe rename(fresh.string, path.string) == 0 else { throw Errno(rawValue: errno) }
}

/// The names in a directory.
func names(in path: FilePath) -> [String] {
    guard let stream = unsafe opendir(path.string) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
            unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
}
