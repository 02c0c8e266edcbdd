import Glibc
import SystemPackage

/// `index-pack`, `verify-pack` and `hash-object -w` beside git's and libgit2's, as processes. Programs and clocks as in
/// ``ObjectCommandsBenchmark``. libgit2 indexes with one thread, writes the pack anew, and has nothing that verifies a pack.
enum PackCommandsBenchmark {
    private static let fileCount = 20_000

    static func run() throws {
        let sets = try ObjectSets()
        let scratch = try Scratch(in: sets.directory)
        let pack = try pack(of: sets.one)
        let index = scratch.path.appending("pack.idx")
        for threads in [1, 2] {
            try compare("index-pack with \(threads) thread\(threads == 1 ? "" : "s")", rounds: 3) { program in
                for name in ["pack.idx", "pack.rev"] { removeTree(scratch.path.appending(name)) }
                try program.run(["index-pack", "--threads=\(threads)", "-o", index.string, pack.string])
            }
        }
        // Git takes as many threads as the configuration says.
        try compare("verify-pack", rounds: 3, [("git", Git.program), ("strata", ObjectCommandsBenchmark.strata)]) {
            program in
            try program.run(["-C", sets.one.string, "-c", "pack.threads=1", "verify-pack", pack.string])
        }
        try threads(sets.one, pack)
        try hashObject("on the disk of the sets", in: scratch.path)
        if let memory = try? Scratch(in: "/dev/shm") { try hashObject("in memory", in: memory.path) }
    }

    private static func hashObject(_ place: String, in directory: FilePath) throws {
        let (repository, names) = try files(in: directory)
        try compare("hash-object -w of \(fileCount) files, \(place)", rounds: 3) { program in
            removeTree(repository)
            try Git.run(["init", "-q", "--bare", repository.string])
            try program.run(["-C", repository.string, "hash-object", "-w", "--stdin-paths"], input: names)
        }
    }

    /// Two threads on one pack, beside two programs with one thread each: they do twice the work.
    private static func threads(_ repository: FilePath, _ pack: FilePath) throws {
        let verify: @Sendable (Int) throws -> Void = { threads in
            try ObjectCommandsBenchmark.strata.run([
                "-C", repository.string, "-c", "pack.threads=\(threads)", "verify-pack", pack.string,
            ])
        }
        try Comparison(
            rounds: 5, units: 1, clock: .wall,
            [
                Way("one thread") { try verify(1) },
                Way("two programs of one thread") { try onThreads(2) { _ in try verify(1) } },
                Way("two threads") { try verify(2) },
            ]
        ).print("verify-pack on threads")
    }

    private static func compare(
        _ title: String, rounds: Int,
        _ programs: [(name: String, program: Program)] = LibGit2.programs(strata: ObjectCommandsBenchmark.strata),
        _ body: @escaping (Program) throws -> Void
    ) throws {
        let ways = programs.map { name, program in Way(name) { try body(program) } }
        try Comparison(rounds: rounds, units: 1, clock: .ofCommands, ways).print(title)
    }

    private static func pack(of repository: FilePath) throws -> FilePath {
        let directory = repository.appending("objects/pack")
        guard let stream = unsafe opendir(directory.string) else { throw Errno(rawValue: errno) }
        defer { unsafe closedir(stream) }
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name.hasSuffix(".pack") { return directory.appending(name) }
        }
        throw Errno.noSuchFileOrDirectory
    }

    /// Makes files of some kilobytes of text, no two the same; the path of a list of them, and that of a repository to be.
    private static func files(in directory: FilePath) throws -> (repository: FilePath, list: FilePath) {
        let top = directory.appending("files")
        guard unsafe mkdir(top.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
        var names = ""
        for number in 0..<fileCount {
            let path = top.appending("\(number)")
            let line = "line of file \(number), \(number &* 2_654_435_761 % 1_000_003)\n"
            try write(String(repeating: line, count: 20 + number % 100), to: path)
            names += path.string + "\n"
        }
        let list = directory.appending("names")
        try write(names, to: list)
        return (directory.appending("written.git"), list)
    }

    private static func write(_ text: String, to path: FilePath) throws {
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
        try file.closeAfter { _ = try file.writeAll(Array(text.utf8)) }
    }
}
