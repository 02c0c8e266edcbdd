import StrataModel
import StrataObjects
import StrataTesting
import SystemPackage

extension CheckedObjects {
    /// The stores that keep objects themselves, for both hash functions: in memory with all laws, on disk with some.
    static let physical: [CheckedObjects] = [
        CheckedObjects("memory") { _, algorithm in SharedObjects([MemoryObjectStore(algorithm)]) },
        CheckedObjects("memory", .sha256, oneIn: 4) { _, algorithm in SharedObjects([MemoryObjectStore(algorithm)]) },
        CheckedObjects("loose", cost: 1, oneIn: 4, make: loose),
        CheckedObjects("loose", .sha256, cost: 1, oneIn: 10, make: loose),
        CheckedObjects("files", cost: 1, oneIn: 3, make: files),
        CheckedObjects("files", .sha256, cost: 1, oneIn: 10, make: files),
        CheckedObjects("files with alternates", cost: 1, oneIn: 8, make: alternates),
        CheckedObjects("files with alternates", .sha256, cost: 1, oneIn: 16, make: alternates),
    ]

    /// Files that git packs meanwhile, by two stores, as two processes have them.
    static let packed: [CheckedObjects] = [
        CheckedObjects("packed files", cost: 2, oneIn: 5, make: packed),
        CheckedObjects("packed files", .sha256, cost: 2, oneIn: 16, make: packed),
        CheckedObjects("packed files with alternates", cost: 2, oneIn: 16, make: packedAlternates),
    ]

    private static func loose(_ place: ObjectPlace, _ algorithm: HashAlgorithm) throws -> SharedObjects {
        let objects = try place.repository(algorithm)
        return SharedObjects([objects.loose(), objects.loose()], damage: objects.damage)
    }

    private static func files(_ place: ObjectPlace, _ algorithm: HashAlgorithm) throws -> SharedObjects {
        let objects = try place.repository(algorithm)
        return SharedObjects([objects.store(), objects.store()], damage: objects.damage)
    }

    private static func packed(_ place: ObjectPlace, _ algorithm: HashAlgorithm) throws -> SharedObjects {
        let objects = try place.repository(algorithm)
        return SharedObjects([objects.store(), objects.store()], upkeep: objects.packing())
    }

    /// Two repositories that have each other for alternates: what is written lies in one of them.
    private static func pair(_ place: ObjectPlace, _ algorithm: HashAlgorithm) throws -> [GitObjects] {
        let both = try [place.repository(algorithm), place.repository(algorithm)]
        for (one, other) in zip(both, both.reversed()) {
            try ObjectPlace.put("\(other.directory)\n", at: one.directory.appending("info/alternates"))
        }
        return both
    }

    private static func alternates(_ place: ObjectPlace, _ algorithm: HashAlgorithm) throws -> SharedObjects {
        SharedObjects(try pair(place, algorithm).map { $0.store() })
    }

    /// What is in the one is packed there; what is in the other is left loose.
    private static func packedAlternates(_ place: ObjectPlace, _ algorithm: HashAlgorithm) throws -> SharedObjects {
        let both = try pair(place, algorithm)
        return SharedObjects(both.map { $0.store() }, upkeep: { try both[1].packLoose() })
    }
}
