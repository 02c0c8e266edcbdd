import StrataIO
import StrataRefs
import SystemPackage

/// Finishing, or taking back, what a process left that died while it switched the stores: by whoever opens the repository next.
enum MigrationRecovery {
    /// Looks whether the references of `location` are being switched, waits for who does it, and does the rest where that one has died. One look
    /// at a name where nothing is under way.
    ///
    /// - Returns: the repository as it is then.
    static func settled(_ location: RepositoryLocation) throws(RepositoryError) -> RepositoryLocation {
        let journal = location.commonDirectory.appending("strata").appending("migration")
        guard FileAccess.exists(pathBytes(journal)) else { return location }
        var location = location
        do throws(RefError) {
            let place = MigrationPlace(
                common: location.commonDirectory, hashAlgorithm: location.format.objectFormat,
                sharing: sharing(location))
            let lock = try place.lock(until: place.patience)
            defer { lock.release() }
            if let journal = try MigrationJournal.read(place) {
                try MigrationSwitch(place: place, journal: journal).recover()
            }
            location.format.adopt(try MigrationConfig(place: place).format())
        } catch {
            throw RepositoryError(.unavailable, "a migration of references is not finished: \(error.message)")
        }
        return location
    }

    private static func sharing(_ location: RepositoryLocation) -> FileSharing {
        let name = PathBytes.child(pathBytes(location.commonDirectory), "config")
        guard case .bytes(let bytes) = FileAccess.readFile(name, limit: 256 << 20),
            let config = try? Config.parse(bytes, name: name, scope: .local)
        else { return .umask }
        return (try? FileSharing(config)) ?? .umask
    }
}

extension RepositoryFormat {
    /// Takes over from `other` what a migration changes.
    mutating func adopt(_ other: RepositoryFormat) {
        version = other.version
        referenceStorage = other.referenceStorage
    }
}
