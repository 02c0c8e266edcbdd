import StrataIO
import StrataModel
import SystemPackage
import TestSupport
import Testing

/// Two empty repositories, one for git and one for strata, and packs to put there.
struct PackScratch {
    let scratch: ObjectScratch

    init(_ format: HashAlgorithm = .sha1) throws { scratch = try ObjectScratch("--object-format=\(format.name)") }

    /// Writes a file into both.
    func write(_ name: String, _ bytes: [UInt8]) throws {
        for place in ["git", "strata"] {
            let path = scratch.root.appending(place).appending(name)
            let file = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
            try file.closeAfter { _ = try file.writeAll(bytes) }
        }
    }

    func shell(_ script: String) throws { try scratch.shell(script) }

    /// What lies in the repository of one of them, temporary files aside: of loose objects the names, of all else the bytes and permissions too.
    func files(_ name: String) throws -> [String] {
        let root = scratch.root.appending(name)
        return try Self.list(root.appending(".git/objects"), "objects/") + Self.list(root, "")
    }

    private static func list(_ directory: FilePath, _ prefix: String) throws -> [String] {
        guard var reader = try DirectoryReader(directory) else { return [] }
        var names: [String] = []
        while try reader.next() { names.append(String(decoding: reader.name, as: UTF8.self)) }
        var found: [String] = []
        for name in names.sorted() where name != ".git" && !name.hasPrefix("tmp_") {
            let path = directory.appending(name)
            guard let stat = try FileStat.lstat(path) else { continue }
            if stat.kind == .directory {
                found += try list(path, prefix + name + "/")
            } else if prefix.hasPrefix("objects/"), prefix.utf8.count == 11 {
                found.append(prefix + name)
            } else {
                let bytes = try readFile(path) ?? []
                found.append("\(prefix)\(name) \(stat.permissions) \(bytes.count) \(bytes.hashValue)")
            }
        }
        return found
    }

    /// Whether a temporary file is left in strata's repository.
    private func leftovers() throws -> [String] {
        var left: [String] = []
        for place in ["", ".git/objects", ".git/objects/pack"] {
            guard var reader = try DirectoryReader(scratch.root.appending("strata").appending(place)) else { continue }
            while try reader.next() { left.append(String(decoding: reader.name, as: UTF8.self)) }
        }
        return left.filter { $0.hasPrefix("tmp_") }
    }

    /// Makes sure that both say the same and leave the same.
    ///
    /// - Parameter leavesNothing: where git leaves something of what failed, and strata is to leave what was there.
    func compare(
        _ line: String, _ stdin: [UInt8] = [], in place: String = "", leavesNothing: Bool = false,
        _ comment: String = "", sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let arguments = line.split(separator: " ").map(String.init)
        let before = try files("strata")
        var gits = try scratch.git(arguments, stdin: stdin, in: place)
        gits.err = asStrata(gits.err)
        gits.out = asStrata(gits.out)
        let ours = try scratch.strata(arguments, stdin: stdin, in: place)
        #expect(ours == gits, "\(comment) \(line)", sourceLocation: sourceLocation)
        if leavesNothing {
            #expect(ours.status != 0, "\(comment) \(line)", sourceLocation: sourceLocation)
            #expect(try files("strata") == before, "\(comment) \(line)", sourceLocation: sourceLocation)
        } else {
            #expect(try files("strata") == files("git"), "\(comment) \(line)", sourceLocation: sourceLocation)
        }
        #expect(try leftovers() == [], "\(comment) \(line)", sourceLocation: sourceLocation)
    }
}

/// Packs of a small history, by what `git pack-objects` is asked for.
struct HistoryPacks: Sendable {
    let offsets: [UInt8]
    let references: [UInt8]
    /// Lacks bases that ``before`` has.
    let thin: [UInt8]
    let before: [UInt8]

    static let sha1 = Result { try HistoryPacks(.sha1) }
    static let sha256 = Result { try HistoryPacks(.sha256) }

    static func of(_ algorithm: HashAlgorithm) throws -> HistoryPacks {
        try (algorithm == .sha1 ? sha1 : sha256).get()
    }

    private init(_ algorithm: HashAlgorithm) throws {
        let directory = try TemporaryDirectory()
        try git(["init", "-q", "--template=", "--object-format=\(algorithm.name)", "."], in: directory.path)
        _ = try output(
            "/bin/sh",
            [
                "-ec",
                """
                for i in 1 2 3 4 5 6 7 8; do
                    seq 1 20$i > file; seq 1 5$i > other; mkdir -p d/e; echo $i > d/e/$i; ln -sf $i link
                    $GIT add .; $GIT commit -qm "commit $i"
                done
                $GIT tag -a -m tag v1
                """,
            ], environment: gitEnvironment.merging(["GIT": gitPath]) { $1 }, directory: directory.path)
        func pack(_ revisions: String, _ options: String...) throws -> [UInt8] {
            let result = try run(
                gitPath, ["pack-objects", "--stdout", "-q", "--revs"] + options, stdin: Array(revisions.utf8),
                environment: gitEnvironment, directory: directory.path)
            guard result.status == 0 else { throw CommandFailure(command: "git pack-objects", result: result) }
            return result.out
        }
        offsets = try pack("v1\n", "--delta-base-offset")
        references = try pack("v1\n")
        thin = try pack("HEAD\n^HEAD~2\n", "--thin", "--delta-base-offset")
        before = try pack("HEAD~2\n", "--delta-base-offset")
    }
}
