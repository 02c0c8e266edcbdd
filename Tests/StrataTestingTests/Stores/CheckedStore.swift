import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import StrataTesting
import Synchronization
import SystemPackage
import TestSupport

/// A kind of store that the kit is run on.
struct CheckedStore: Sendable, CustomStringConvertible {
    let description: String
    let isOnDisk: Bool
    var options = RefStoreCheckOptions()
    let make: @Sendable (Place) throws -> SharedReferences

    /// - Parameter isOnDisk: whether it is so slow that fewer histories must do.
    init(
        _ name: String, isOnDisk: Bool = false, keeps: @escaping @Sendable (RefName) -> Bool = { _ in true },
        sharing make: @escaping @Sendable (Place) throws -> SharedReferences
    ) {
        description = name
        self.make = make
        self.isOnDisk = isOnDisk
        options.keeps = keeps
        options.histories = isOnDisk ? 6 : 20
        options.stepsPerHistory = 25
        options.concurrentHistories = isOnDisk ? 2 : 4
        options.threads = 3
        options.stepsPerThread = 8
        options.longListing = isOnDisk ? 300 : 2000
    }

    init(
        _ name: String, isOnDisk: Bool = false, keeps: @escaping @Sendable (RefName) -> Bool = { _ in true },
        make: @escaping @Sendable (Place) throws -> any RefStore
    ) {
        self.init(name, isOnDisk: isOnDisk, keeps: keeps, sharing: { SharedReferences([try make($0)]) })
    }
}

extension CheckedStore {
    /// The same, with some of the laws only: what is made of stores that keep all of them can break fewer. Which ones follows from the name, so
    /// that together the kinds of a list are held to all. With `STRATA_KIT=all` in the environment, all of them.
    func sampled(oneIn count: Int) -> CheckedStore {
        if processEnvironment()["STRATA_KIT"] == "all" { return self }
        let own = Self.sum(description) % count
        var some = self
        some.options.includes = { Self.sum($0) % count == own }
        return some
    }

    private static func sum(_ text: String) -> Int { text.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xffff } }
}

/// Where stores on disk are made, each in a directory of its own; all go with the place.
final class Place: Sendable {
    private let directory: TemporaryDirectory
    private let count = Atomic<Int>(0)

    init() throws { directory = try TemporaryDirectory() }

    /// A new directory that is as much of a git dir as stores need.
    func gitDirectory() throws -> FilePath {
        let path = directory.appending("\(count.add(1, ordering: .relaxed).newValue)")
        try Disk.makeDirectories(path.appending("refs"))
        return path
    }

    func files(_ algorithm: HashAlgorithm = .sha1) throws -> FilesRefStore {
        try filesStore(gitDirectory(), algorithm: algorithm)
    }

    func loose(_ algorithm: HashAlgorithm = .sha1) throws -> LooseRefStore {
        let path = try gitDirectory()
        return LooseRefStore(
            directory: path, hashAlgorithm: algorithm, locks: LockSpace(directory: path.appending("strata")))
    }

    func packed(_ algorithm: HashAlgorithm = .sha1) throws -> PackedRefStore {
        let path = try gitDirectory()
        return PackedRefStore(
            path.appending("packed-refs"), hashAlgorithm: algorithm,
            locks: LockSpace(directory: path.appending("strata")))
    }
}
