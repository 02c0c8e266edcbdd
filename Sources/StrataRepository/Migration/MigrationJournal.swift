import StrataIO
import StrataRefs
import SystemPackage

/// The file that stands while references are being switched from one store to the other: which way, and where the new and the old are.
///
/// It is there from before the first step until after the last. Which steps are done, the steps themselves tell; which way it goes on after
/// the process died, the one that cannot be undone tells:
///
///     to lmdb   `config` names the database: on, the database is filled anew from the files that were moved aside; else back
///     to files  the database has been moved aside: on; else back
struct MigrationJournal: Equatable {
    let storage: ReferenceStorage.Format
    /// The name of the directory in `<common dir>/strata` in which the move was prepared.
    let staging: String
    /// Where the database is, or is to be, as `extensions.refStorage` says it; nil = in its usual place.
    let payload: [UInt8]?
    /// Whether reflogs are moved, too.
    let keepsReflogs: Bool

    private static let magic = "strata-migration 1"

    var bytes: [UInt8] {
        var parts: [[UInt8]] = [Self.magic, storage.rawValue, staging, keepsReflogs ? "reflogs" : "none"].map {
            Array($0.utf8)
        }
        if let payload { parts.append(payload) }
        // No path holds a NUL.
        return Array(parts.joined(separator: [0]))
    }

    init(storage: ReferenceStorage.Format, staging: String, payload: [UInt8]?, keepsReflogs: Bool) {
        self.storage = storage
        self.staging = staging
        self.payload = payload
        self.keepsReflogs = keepsReflogs
    }

    /// nil = it is malformed.
    init?(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: 0, omittingEmptySubsequences: false)
        guard parts.count == 4 || parts.count == 5, parts[0].elementsEqual(Self.magic.utf8),
            let storage = ReferenceStorage.Format(rawValue: String(decoding: parts[1], as: UTF8.self)),
            parts[2].starts(with: "migrate-".utf8), !parts[2].contains(UInt8(ascii: "/"))
        else { return nil }
        self.storage = storage
        staging = String(decoding: parts[2], as: UTF8.self)
        keepsReflogs = parts[3].elementsEqual("reflogs".utf8)
        payload = parts.count == 5 ? Array(parts[4]) : nil
    }

    /// The journal of `place`; nil = nothing is under way.
    ///
    /// - Throws: ``RefError/Code/corrupt`` for one that is none.
    static func read(_ place: MigrationPlace) throws(RefError) -> MigrationJournal? {
        guard let bytes = try filing({ () throws(FileError) in try readFile(place.journal, limit: 1 << 16) }) else {
            return nil
        }
        guard let journal = MigrationJournal(bytes) else {
            throw RefError(.corrupt, "'\(place.journal)' is malformed", path: place.journal.string)
        }
        return journal
    }

    /// Writes it, durably: what it tells of is on the medium before, and it is before the first step.
    func write(_ place: MigrationPlace) throws(RefError) {
        try filing { () throws(FileError) in
            try Disk.syncFileSystem(of: place.common)
            try Disk.replace(place.journal, with: bytes, durability: .full, sharing: place.sharing)
        }
    }

    /// Removes it: the move is done, or undone, and what was done is on the medium.
    ///
    /// - Parameter directories: where names have come and gone, if nothing else is to be synced yet; nil = all of the file system.
    static func remove(_ place: MigrationPlace, syncing directories: [FilePath]? = nil) throws(RefError) {
        try filing { () throws(FileError) in
            if let directories {
                // Of worktrees that have gone meanwhile there is nothing to sync.
                try Disk.syncDirectories(directories)
            } else {
                try Disk.syncFileSystem(of: place.common)
            }
            try Disk.unlinkIfPresent(place.journal)
            try Disk.syncDirectory(place.strata)
        }
    }

    func staging(_ place: MigrationPlace) -> FilePath { place.strata.appending(staging) }

    /// Where the database is, or is to be.
    func database(_ place: MigrationPlace) -> FilePath { LMDBStoreMaker.directory(place.common, payload: payload) }

    /// Where it goes when it is left: into the staging directory, or beside itself where that may be another file system.
    func databaseAside(_ place: MigrationPlace) -> FilePath {
        payload == nil || payload == []
            ? staging(place).appending("lmdb") : database(place).sibling(suffix: ".\(staging)")
    }
}
