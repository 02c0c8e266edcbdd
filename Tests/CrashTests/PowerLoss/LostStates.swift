import StrataIO

/// What a loss of power can leave of a recorded operation.
struct LostState: Hashable {
    let image: DiskImage
    /// Whether the commit had been acknowledged.
    let isAcknowledged: Bool
}

/// States, each once, in the order in which they were found.
private struct LostStates {
    private(set) var inOrder: [LostState] = []
    private var seen: Set<LostState> = []

    mutating func insert(_ state: LostState) { if seen.insert(state).inserted { inOrder.append(state) } }
}

extension RecordedDisk {
    /// Where names change on the medium in the order in which they were changed, as in a file system with a journal: all up to some
    /// moment, and contents as far as they were synced.
    func statesInOrder(at indices: [Int]) -> [LostState] {
        let moments = moments
        let lastSync = moments.lastIndex(where: \.isSync) ?? 0
        var states = LostStates()
        for index in indices {
            let moment = moments[index]
            var image = moment.current
            image.files = moment.durable.files
            // A later sync of anything takes everything before it along.
            image = image.reachable
            states.insert(LostState(image: image, isAcknowledged: false))
            if index >= lastSync { states.insert(LostState(image: image, isAcknowledged: true)) }
        }
        return states.inOrder
    }

    /// Where the names of a directory may last or be lost one by one until the directory is synced: none, all, each alone, and all but each, of
    /// those that differ.
    func statesInAnyOrder(at indices: [Int]) -> [LostState] {
        let moments = moments
        let closed = closedOwners
        var states = LostStates()
        for index in indices {
            let moment = moments[index]
            let changes = Change.pending(moment)
            var choices: [[Change]] = [[], changes]
            for i in changes.indices {
                choices += [[changes[i]], changes.indices.filter { $0 != i }.map { changes[$0] }]
            }
            for choice in choices {
                var image = moment.durable
                for change in choice { image.directories[change.directory, default: [:]][change.name] = change.id }
                image = image.withoutLocks(of: closed)
                let isLast = index == moments.count - 1
                states.insert(LostState(image: image.reachable, isAcknowledged: isLast))
            }
        }
        return states.inOrder
    }

    /// The files of owners who have let go of all their locks and of the file itself, in that order, which a journal keeps. Where it is not kept
    /// such a lock may last longer than its owner's file; it is in nobody's way but as one of git's is, and is not looked for.
    private var closedOwners: Set<Int> {
        var seen: Set<Int> = []
        for moment in moments { seen.formUnion(moment.current.owners) }
        return seen.subtracting(moments.last?.current.owners ?? [])
    }

    /// A name that is on the medium another, or not there, or not yet gone.
    private struct Change {
        let directory: Int
        let name: String
        let id: Int?

        static func pending(_ moment: Moment) -> [Change] {
            var changes: [Change] = []
            for (directory, entries) in moment.current.directories {
                let before = moment.durable.directories[directory] ?? [:]
                for name in Set(entries.keys).union(before.keys) where entries[name] != before[name] {
                    changes.append(Change(directory: directory, name: name, id: entries[name]))
                }
            }
            return changes.sorted { ($0.directory, $0.name) < ($1.directory, $1.name) }
        }
    }
}

extension DiskImage {
    /// Without locks that are nobody's: the owner's file has not come to be on the medium. As with git's, somebody must remove those.
    var withoutStrayLocks: DiskImage {
        var image = self
        let owners = owners
        for (id, entries) in directories {
            image.directories[id] = entries.filter { !$0.key.hasSuffix(".lock") || owners.contains($0.value) }
        }
        return image
    }

    /// The owners' files, as far as their names are there.
    var owners: Set<Int> {
        Set(directories.values.flatMap { entries in entries.filter { $0.key.hasPrefix("owner-") }.map(\.value) })
    }

    /// Without the locks that are links of some owners' files.
    func withoutLocks(of owners: Set<Int>) -> DiskImage {
        if owners.isEmpty { return self }
        var image = self
        for (id, entries) in directories {
            image.directories[id] = entries.filter { !($0.key.hasSuffix(".lock") && owners.contains($0.value)) }
        }
        return image
    }
}
