import Glibc
import SystemPackage

/// The repositories that objects are read from: the same made-up history in several forms.
///
/// They take some minutes and two gigabytes to make. `STRATA_BENCH_SETS` names a directory that keeps them for the next run.
struct ObjectSets {
    /// More than half a million objects in one pack, with deltas fifty deep.
    var one: FilePath { directory.appending("one.git") }
    /// The same in 100 and in 1000 packs without a multi-pack-index, each what a fetch would have brought.
    var hundred: FilePath { directory.appending("p100.git") }
    var thousand: FilePath { directory.appending("p1000.git") }
    /// The same in four repositories of one pack each, of which each is an alternate of the one before.
    var alternates: FilePath { directory.appending("alternates1.git") }
    /// Some 20,000 loose objects.
    var loose: FilePath { directory.appending("loose20k.git") }

    let directory: FilePath
    /// Goes away with the sets when they are not to be kept.
    private let scratch: Scratch?
    private let commits: Int
    private var tags: Int { commits / HistoryStream.commitsPerTag }

    /// The sets, made as far as they are not there yet. `commits` is a multiple of 100,000; tests of this code may take fewer.
    init(commits: Int = 100_000) throws {
        self.commits = commits
        if let value = unsafe getenv("STRATA_BENCH_SETS") {
            scratch = nil
            directory = unsafe FilePath(String(cString: value))
            if unsafe mkdir(directory.string, 0o755) != 0 && errno != EEXIST { throw Errno(rawValue: errno) }
        } else {
            let scratch = try Scratch()
            directory = scratch.path
            self.scratch = scratch
        }
        try makeOne()
        try makePacks(hundred, count: 100)
        try makePacks(thousand, count: 1000)
        try makeAlternates()
        try makeLoose()
    }

    /// The sets alone, for tuning.
    static func run() throws { print("\(try Self().directory)") }

    // MARK: - Making

    /// Makes a repository beside its place and puts it there when it is whole.
    private func make(_ path: FilePath, _ fill: (FilePath) throws -> Void) throws {
        if unsafe access(path.string, F_OK) == 0 { return }
        print("making \(path)")
        let unfinished = FilePath(path.string + ".unfinished")
        removeTree(unfinished)
        try Git.run(["init", "-q", "--bare", unfinished.string])
        try fill(unfinished)
        guard unsafe rename(unfinished.string, path.string) == 0 else { throw Errno(rawValue: errno) }
    }

    private func importing(_ commits: Int, into repository: FilePath, unpackLimit: Int) throws {
        let history = directory.appending("history")
        defer { unsafe unlink(history.string) }
        let file = try FileDescriptor.open(
            history, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
        try file.closeAfter {
            try HistoryStream.make(commits: commits) { bytes in
                _ = try unsafe bytes.withUnsafeBytes { try unsafe file.writeAll($0) }
            }
        }
        try Git.run(
            [
                "-C", repository.string, "-c", "fastimport.unpackLimit=\(unpackLimit)", "-c", "core.compression=1",
                "fast-import", "--quiet",
            ], input: history)
    }

    // With one thread deltas come out the same every time.

    private func makeOne() throws {
        try make(one) { repository in
            try importing(commits, into: repository, unpackLimit: 1)
            try Git.run(["-C", repository.string, "-c", "pack.threads=1", "repack", "-adfq"])
        }
    }

    private func makeLoose() throws {
        try make(loose) { try importing(commits / 1000 * 36, into: $0, unpackLimit: 1 << 30) }
    }

    private func makePacks(_ path: FilePath, count: Int) throws {
        try make(path) { repository in
            for part in 0..<count { try pack(part, of: count, into: repository) }
        }
    }

    private func makeAlternates() throws {
        for part in (0..<4).reversed() {
            try make(directory.appending("alternates\(part + 1).git")) { repository in
                try pack(part, of: 4, into: repository)
                if part < 3 {
                    try write(
                        "../../alternates\(part + 2).git/objects\n", to: repository.appending("objects/info/alternates")
                    )
                }
            }
        }
    }

    /// Packs what came with a part of the tags.
    private func pack(_ part: Int, of count: Int, into repository: FilePath) throws {
        let (first, last) = (tags * part / count, tags * (part + 1) / count)
        var revisions = (first..<last).map { "refs/tags/v\($0 + 1)\n" }.joined()
        if first > 0 { revisions += "^refs/tags/v\(first)\n" }
        let input = directory.appending("revisions")
        defer { unsafe unlink(input.string) }
        try write(revisions, to: input)
        try Git.run(
            [
                "-C", one.string, "-c", "pack.threads=1", "pack-objects", "-q", "--revs",
                repository.appending("objects/pack/pack").string,
            ], input: input)
    }

    private func write(_ text: String, to path: FilePath) throws {
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
        try file.closeAfter { _ = try file.writeAll(text.utf8) }
    }
}
