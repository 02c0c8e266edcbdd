import StrataIO
import StrataModel
import StrataObjects
import StrataTesting

extension CheckedObjects {
    /// With some of the laws: what is made of stores that keep all of them can break fewer.
    static let compositions: [CheckedObjects] = HashAlgorithm.allCases.flatMap { algorithm in
        let few = algorithm == .sha1 ? 3 : 9
        return [
            CheckedObjects("overlay", algorithm, oneIn: few) { _, algorithm in
                try overlay(MemoryObjectStore(algorithm), MemoryObjectStore(algorithm))
            },
            CheckedObjects("overlay of memory over files", algorithm, cost: 1, oneIn: 6 * few) { place, algorithm in
                try overlay(MemoryObjectStore(algorithm), place.repository(algorithm).store())
            },
            CheckedObjects("overlay of files over memory", algorithm, cost: 1, oneIn: 6 * few) { place, algorithm in
                try overlay(place.repository(algorithm).store(), MemoryObjectStore(algorithm))
            },
            CheckedObjects("cached over memory", algorithm, oneIn: few) { _, algorithm in
                let inner = MemoryObjectStore(algorithm)
                return SharedObjects([CachedObjectStore(inner, limit: 5000), inner])
            },
            CheckedObjects("cached over packed files", algorithm, cost: 2, oneIn: 10 * few) { place, algorithm in
                let objects = try place.repository(algorithm)
                let store = objects.store()
                return SharedObjects([CachedObjectStore(store), store], upkeep: objects.packing())
            },
            CheckedObjects("verifying over memory", algorithm, oneIn: few) { _, algorithm in
                SharedObjects([VerifyingObjectStore(MemoryObjectStore(algorithm))])
            },
            CheckedObjects("verifying over files", algorithm, cost: 1, oneIn: 6 * few) { place, algorithm in
                let objects = try place.repository(algorithm)
                return SharedObjects([VerifyingObjectStore(objects.store())], damage: objects.damage)
            },
            CheckedObjects("replaced", algorithm, oneIn: few) { _, algorithm in
                // What replaces, and is replaced, does not come up.
                let (from, to) = (ObjectID.zero(algorithm), ObjectID(algorithm: algorithm, words: (1, 2, 3, 4)))
                return SharedObjects([ReplacedObjectStore(MemoryObjectStore(algorithm), replacements: [to: from])])
            },
            CheckedObjects("read-only", algorithm, oneIn: few) { _, algorithm in
                let inner = MemoryObjectStore(algorithm)
                return SharedObjects([ReadOnlyObjectStore(inner), inner])
            },
            CheckedObjects("read-only over packed files", algorithm, cost: 2, oneIn: 10 * few) { place, algorithm in
                let objects = try place.repository(algorithm)
                return SharedObjects(
                    [ReadOnlyObjectStore(objects.store()), objects.store()], upkeep: objects.packing())
            },
            CheckedObjects("quarantine", algorithm, cost: 1, oneIn: 6 * few) { place, algorithm in
                SharedObjects([try QuarantinedStore(place.repository(algorithm).store())])
            },
            CheckedObjects("through quarantines", algorithm, cost: 1, oneIn: 6 * few) { place, algorithm in
                let objects = try place.repository(algorithm)
                return SharedObjects([MigratingStore(objects.store()), objects.store()])
            },
            CheckedObjects("cached over verifying over an overlay", algorithm, oneIn: few) { _, algorithm in
                let (front, back) = (MemoryObjectStore(algorithm), MemoryObjectStore(algorithm))
                return SharedObjects([
                    CachedObjectStore(VerifyingObjectStore(try OverlayObjectStore(front: front, over: back))),
                    try OverlayObjectStore(front: back, over: front),
                ])
            },
        ]
    }

    /// An overlay, and one of the same stores the other way round, which writes into the back of the first.
    private static func overlay(_ front: any ObjectStore, _ back: any ObjectStore) throws -> SharedObjects {
        SharedObjects([
            try OverlayObjectStore(front: front, over: back), try OverlayObjectStore(front: back, over: front),
        ])
    }
}

/// The store of a quarantine, which lasts as long.
private final class QuarantinedStore: WrappingObjectStore {
    private let quarantine: ObjectQuarantine
    var base: any ObjectStore { quarantine.store }

    init(_ main: FilesObjectStore) throws(ObjectError) { quarantine = try ObjectQuarantine(of: main) }

    func pinned() throws(ObjectError) -> any ObjectStore { try base.pinned() }
}

/// A store that lets each object in through a quarantine of its own.
private struct MigratingStore: WrappingObjectStore {
    let main: FilesObjectStore
    var base: any ObjectStore { main }

    init(_ main: FilesObjectStore) { self.main = main }

    func write(
        _ kind: ObjectKind, _ bytes: Span<UInt8>, durability: Durability?
    ) throws(ObjectError) -> ObjectID {
        let quarantine = try ObjectQuarantine(of: main)
        let id = try quarantine.store.write(kind, bytes, durability: durability)
        try quarantine.migrate(durability: durability)
        return id
    }

    func write(_ stream: any ObjectStream, durability: Durability?) throws(ObjectError) -> ObjectID {
        let quarantine = try ObjectQuarantine(of: main)
        let id = try quarantine.store.write(stream, durability: durability)
        try quarantine.migrate(durability: durability)
        return id
    }

    func pinned() throws(ObjectError) -> any ObjectStore { try main.pinned() }
}
