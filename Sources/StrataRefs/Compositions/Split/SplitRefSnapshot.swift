import StrataModel
import Synchronization

/// The references of a split store: a snapshot of each part, taken at once or when the part is first read, and then kept.
final class SplitRefSnapshot: RefSnapshot {
    private let store: any SplitRefStore
    private let listed: [RefPart]
    /// The snapshots of the listed parts, by rank; empty where they are taken later.
    private let taken: [any RefSnapshot]
    private let takenWatches: [any RefReadWatch]
    private let later = Mutex<[RefPart: any RefSnapshot]>([:])

    private let shares: DomainShares

    init(_ store: any SplitRefStore, sharing shares: DomainShares = DomainShares()) throws(RefError) {
        self.store = store
        self.shares = shares
        guard store.takesSnapshotsAtOnce else {
            (listed, taken, takenWatches) = ([], [], [])
            return
        }
        listed = store.listedParts
        var taken: [any RefSnapshot] = []
        for part in listed {
            guard let one = try store.store(of: part) else { throw store.missingPart() }
            taken.append(try one.snapshot(sharing: shares))
        }
        self.taken = taken
        takenWatches = taken.flatMap(\.watches).withoutRepeats()
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        guard let place = store.place(of: name) else { return nil }
        return try snapshot(of: place.part)?.read(place.name)
    }

    /// Those of one part together: it looks once at what is under way.
    func read(_ names: [RefName]) throws(RefError) -> [RefValue?] {
        let places = names.map { store.place(of: $0) }
        var parts: [RefPart] = []
        for place in places { if let part = place?.part, !parts.contains(part) { parts.append(part) } }
        // A part alone sees to it itself that nothing comes between.
        let together = parts.count > 1 ? watches : []
        return try together.reading { () throws(RefError) in
            var values = [RefValue?](repeating: nil, count: names.count)
            for part in parts {
                guard let snapshot = try snapshot(of: part) else { continue }
                let indices = places.indices.filter { places[$0]?.part == part }
                let found = try snapshot.read(indices.compactMap { places[$0]?.name })
                for (index, value) in zip(indices, found) { values[index] = value }
            }
            return values
        }
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        try store.mergedCursor(over: scope, watches: watches) { part, scope throws(RefError) in
            guard let snapshot = try self.snapshot(of: part) else { throw self.store.missingPart() }
            return try snapshot.cursor(over: scope)
        }
    }

    /// Those of the listed parts, which are read together.
    var watches: [any RefReadWatch] {
        guard listed.isEmpty else { return takenWatches }
        return store.listedParts.flatMap { part in ((try? snapshot(of: part)) ?? nil)?.watches ?? [] }.withoutRepeats()
    }

    private func snapshot(of part: RefPart) throws(RefError) -> (any RefSnapshot)? {
        if part.rank < taken.count, listed[part.rank] == part { return taken[part.rank] }
        if let known = later.withLock({ $0[part] }) { return known }
        guard let new = try store.store(of: part)?.snapshot(sharing: shares) else { return nil }
        return later.withLock { known in
            if let first = known[part] { return first }
            known[part] = new
            return new
        }
    }
}

extension SplitRefStore {
    func missingPart() -> RefError { RefError(.invalid, "a store that is listed cannot be had") }
}
