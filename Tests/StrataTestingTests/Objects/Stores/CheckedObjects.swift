import StrataModel
import StrataObjects
import StrataTesting
import TestSupport

/// A kind of store of objects that the kit is run on.
struct CheckedObjects: Sendable, CustomStringConvertible {
    let description: String
    var options = ObjectStoreCheckOptions()
    let make: @Sendable (ObjectPlace, HashAlgorithm) throws -> SharedObjects
    let algorithm: HashAlgorithm

    /// - Parameters:
    ///   - cost: 0 in memory; 1 on disk, where fewer histories must do; 2 with git beside it, with fewer still.
    ///   - share: one law in so many is checked.
    init(
        _ name: String, _ algorithm: HashAlgorithm = .sha1, cost: Int = 0, oneIn share: Int = 1,
        make: @escaping @Sendable (ObjectPlace, HashAlgorithm) throws -> SharedObjects
    ) {
        description = "\(name), \(algorithm.name)"
        self.make = make
        self.algorithm = algorithm
        options.histories = [8, 3, 2][cost]
        options.stepsPerHistory = 25
        options.concurrentHistories = [2, 1, 1][cost]
        options.threads = 3
        options.stepsPerThread = [30, 20, 15][cost]
        options.manyObjects = [150, 50, 50][cost]
        options.largeObject = 300_000
        guard share > 1 else { return }
        let own = Self.sum(description) % share
        options.includes = { Self.sum($0) % share == own }
    }

    private static func sum(_ text: String) -> Int { text.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xffff } }

    /// The same, held to laws that begin so, and to no histories.
    func only(_ laws: String...) -> CheckedObjects {
        var some = self
        some.options.includes = { law in laws.contains { law.hasPrefix($0) } }
        (some.options.histories, some.options.concurrentHistories) = (0, 0)
        return some
    }

    /// Runs the kit.
    func check() throws -> StoreReport {
        let place = try ObjectPlace()
        let (make, algorithm) = (make, algorithm)
        return checkObjectStore(options, sharing: { try make(place, algorithm) })
    }
}
