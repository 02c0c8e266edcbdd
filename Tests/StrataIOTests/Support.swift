import Glibc
import StrataIO
import Synchronization
import SystemPackage
import TestSupport

let probe = productPath("StrataProbe")

func text(_ path: FilePath) throws -> String? {
    try readFile(path).map { String(decoding: $0, as: UTF8.self) }
}

func put(_ text: String, at path: FilePath) throws {
    try Disk.replace(path, with: Array(text.utf8), durability: .none)
}

/// The names in a directory, sorted; none when it is absent.
func listing(_ path: FilePath) throws -> [String] {
    var names: [String] = []
    guard var reader = try DirectoryReader(path) else { return [] }
    while try reader.next() {
        names.append(reader.withName { name in String(decoding: (0..<name.count).map { name[$0] }, as: UTF8.self) })
    }
    return names.sorted()
}

/// A directory with a lock space and a file to protect.
struct Place {
    let directory: TemporaryDirectory
    var root: FilePath { directory.path }
    var file: FilePath { root.appending("value") }
    var lockFile: FilePath { root.appending("value.lock") }
    var spacePath: FilePath { root.appending("strata") }

    init(in parent: FilePath? = nil) throws {
        directory = try TemporaryDirectory(in: parent)
    }

    func space(linksPerOwner: Int = 30_000, recover: @escaping LockSpace.Recovery = { _ in }) -> LockSpace {
        LockSpace(directory: spacePath, linksPerOwner: linksPerOwner, recover: recover)
    }

    /// Starts a process that holds the locks of the files.
    func holder(_ files: [FilePath]) throws -> ChildProcess {
        let child = try ChildProcess(probe, ["hold", spacePath.string] + files.map(\.string))
        guard let line = child.readLine(), line == "held \(child.pid)" else {
            throw CommandFailure(command: "hold", result: child.communicate())
        }
        return child
    }

    /// Leaves the locks of a dead process behind.
    func leaveDeadLocks(_ files: [FilePath]) throws {
        let child = try holder(files)
        child.kill()
        _ = child.wait()
    }

    /// What stands in the directory of the space, without the directory `tmp`; and in that.
    func litter() throws -> [String] {
        try listing(spacePath).filter { $0 != "tmp" } + listing(spacePath.appending("tmp"))
    }
}

func milliseconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let span = try clock.measure(body)
    return Double(span.components.seconds) * 1000 + Double(span.components.attoseconds) / 1e15
}

/// A number that tasks share.
final class Counter: Sendable {
    private let value = Atomic<Int>(0)

    /// The number before.
    func add(_ n: Int) -> Int { value.add(n, ordering: .sequentiallyConsistent).oldValue }
}

func makeFIFO(_ path: FilePath) throws {
    let result = unsafe path.withPlatformString { unsafe mkfifo($0, 0o666) }
    if result != 0 { throw Errno(rawValue: errno) }
}
