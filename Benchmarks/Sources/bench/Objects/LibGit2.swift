import CGit2Probe
import Glibc
import StrataModel
import SystemPackage

/// libgit2 beside Strata, where it was installed (Debian: `libgit2-dev`) when the benchmarks were built.
enum LibGit2 {
    static let version = unsafe git2_probe_version().map { unsafe String(cString: $0) }

    /// This program as libgit2's command: libgit2 has none of its own. Nil without libgit2.
    static let program = version.map { _ in Program(path: "/proc/self/exe", first: [commandName]) }
    static let commandName = "libgit2"

    /// What `bench libgit2 …` does.
    static func command(_ arguments: [String]) -> Int32 {
        let words = unsafe arguments.map { unsafe UnsafePointer(strdup($0)) }
        return unsafe git2_probe_command(Int32(words.count), words)
    }

    /// The programs that a command is measured with: git, libgit2 where it is, and `strata`.
    static func programs(strata: Program) -> [(name: String, program: Program)] {
        [("git", Git.program)] + (program.map { [("libgit2 \(version ?? "")", $0)] } ?? []) + [("strata", strata)]
    }
}

/// The objects of a repository through libgit2. For one thread.
@safe final class Git2Objects {
    private let probe: OpaquePointer

    /// Nil without libgit2, or without the repository.
    init?(_ repository: FilePath) {
        guard let probe = unsafe git2_probe_open(repository.appending("objects").string) else { return nil }
        unsafe self.probe = unsafe probe
    }

    deinit { unsafe git2_probe_close(probe) }

    // How many of some objects were found.
    func contains(_ ids: RawIDs) -> Int { unsafe git2_probe_contains(probe, ids.bytes, ids.count) }
    func header(_ ids: RawIDs) -> Int { unsafe git2_probe_header(probe, ids.bytes, ids.count) }
    func read(_ ids: RawIDs) -> Int { unsafe git2_probe_read(probe, ids.bytes, ids.count) }
    func abbreviated(_ ids: RawIDs, digits: Int) -> Int {
        unsafe git2_probe_abbreviated(probe, ids.bytes, ids.count, digits)
    }
}

/// Ids as C takes them: 20 bytes each, one behind the other.
struct RawIDs {
    let bytes: [UInt8]
    let count: Int

    init(_ ids: [ObjectID]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(ids.count * 20)
        for id in ids { id.appendBytes(to: &bytes) }
        self.bytes = bytes
        count = ids.count
    }
}
