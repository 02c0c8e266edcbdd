import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// A repository whose references are being moved: its directories, and the one in which the move is prepared.
struct MigrationPlace: Sendable {
    let common: FilePath
    let hashAlgorithm: HashAlgorithm
    let sharing: FileSharing
    /// The locks of the repository; the migration's own is among them.
    let intents: RefIntents
    /// How long locks are waited for, in milliseconds.
    let lockTimeout: Int

    init(common: FilePath, hashAlgorithm: HashAlgorithm, sharing: FileSharing, lockTimeout: Int = 10_000) {
        self.lockTimeout = lockTimeout
        self.common = common
        self.hashAlgorithm = hashAlgorithm
        self.sharing = sharing
        intents = RefIntents(commonDirectory: common, sharing: sharing, sweepsFirst: true)
    }

    var strata: FilePath { common.appending("strata") }

    /// Where the directories of linked worktrees are.
    var worktreesDirectory: FilePath { common.appending("worktrees") }

    /// What says that a move is under way: ``MigrationJournal``. The file `migration.lock` beside it is the migration's lock.
    var journal: FilePath { strata.appending(RefIntents.moveName) }

    /// Until when a lock is waited for.
    var patience: Deadline { .after(milliseconds: lockTimeout) }

    /// The names of the linked worktrees' directories, in order; also of those that git would prune.
    func worktrees() throws(RefError) -> [[UInt8]] {
        try filing { () throws(FileError) in
            var names: [[UInt8]] = []
            if var reader = try DirectoryReader(worktreesDirectory) {
                while try reader.next() { if try reader.kind() == .directory { names.append(reader.name) } }
            }
            return names.sorted { RefNameOrder.compare($0.span, $1.span) < 0 }
        }
    }

    /// The git dir of each worktree, the main one's first, and where it is in a tree that is laid out as the common dir.
    func directories(beside tree: FilePath) throws(RefError) -> [(own: FilePath, other: FilePath)] {
        try [(common, tree)]
            + worktrees().map { id in
                (
                    worktreesDirectory.appending(bytes: id),
                    tree.appending("worktrees").appending(bytes: id)
                )
            }
    }

    /// Gives `carrier` everything that `refs` has of the worktrees that there are.
    func carry(_ refs: some CarriedRefs, to carrier: any RefCarrier) throws(RefError) {
        try carrier.begin(nil)
        try refs.carry(nil, to: carrier)
        for id in try worktrees() {
            try carrier.begin(id)
            try refs.carry(id, to: carrier)
        }
    }

    /// The digest of all that `refs` has.
    func digest(_ refs: some CarriedRefs, keepingLogs: Bool) throws(RefError) -> (CarriedRefDigest.Value, count: Int) {
        let digest = CarriedRefDigest()
        try carry(refs, to: keepingLogs ? digest : LoglessCarrier(digest))
        return (digest.value, digest.count)
    }

    /// Takes the lock of the migration, which one process has at a time, and removes what earlier ones left.
    func lock(until deadline: Deadline) throws(RefError) -> FileLock {
        do throws(LockError) {
            return try intents.locks.acquire(journal, until: deadline)
        } catch {
            throw RefError(.locked, "references are being migrated: \(error)", path: journal.string, cause: error)
        }
    }

    /// The directory of a new migration.
    func makeStaging() throws(RefError) -> FilePath {
        try filing { () throws(FileError) in
            let path = strata.appending("migrate-" + randomHex())
            try Disk.makeDirectories(path, sharing: sharing)
            return path
        }
    }

    /// Removes what is left of migrations that have ended. The caller has the lock, and there is no journal.
    func sweepStaging() throws(RefError) {
        try filing { () throws(FileError) in
            guard var reader = try DirectoryReader(strata) else { return }
            var found: [[UInt8]] = []
            while try reader.next() { if reader.name.starts(with: "migrate-".utf8) { found.append(reader.name) } }
            for name in found { try Disk.removeTree(strata.appending(bytes: name)) }
        }
    }
}

/// Runs `body`; what fails of files is told as the migration's failure.
func filing<T>(_ body: () throws(FileError) -> T) throws(RefError) -> T {
    do throws(FileError) { return try body() } catch {
        throw RefError(.unavailable, "\(error)", path: error.path.string, cause: error)
    }
}

/// Hands on references without their reflogs.
final class LoglessCarrier: RefCarrier {
    private let carrier: any RefCarrier

    init(_ carrier: any RefCarrier) { self.carrier = carrier }

    func begin(_ worktree: [UInt8]?) throws(RefError) { try carrier.begin(worktree) }

    func add(_ ref: CarriedRef) throws(RefError) {
        guard ref.value != nil else { return }
        try carrier.add(CarriedRef(ref.name, ref.value, content: ref.content, hasLog: false))
    }

    func add(line: [UInt8]) {}
}
