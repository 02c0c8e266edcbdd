import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport

@testable import StrataRepository

/// Where the references of a repository are, what they are, and what lies about.
struct MigrationState {
    let storage: ReferenceStorage.Format
    let digest: CarriedRefDigest.Value
    /// What no repository at rest has: journals, staging directories, locks.
    var litter: [String] = []

    /// Looks without opening the repository, which would put it in order.
    init(_ common: FilePath) throws {
        let place = MigrationPlace(common: common, hashAlgorithm: .sha1, sharing: .umask)
        let format = try MigrationConfig(place: place).format()
        storage = format.referenceStorage.format
        if storage == .files {
            digest = try place.digest(FilesCarriedRefs(common, .sha1), keepingLogs: true).0
        } else {
            let directory = LMDBStoreMaker.directory(common, payload: format.referenceStorage.payload)
            digest = try place.digest(
                LMDBCarriedRefs(try LMDBEnvironment.open(directory, LMDBOptions())), keepingLogs: true
            ).0
        }
        let found = try output(
            "find", [common.string, "-name", "*.lock", "-o", "-path", "*/strata/migr*", "-prune"])
        for path in found.split(separator: "\n").map(String.init) {
            // Heads of files that are none stay locked.
            if storage == .lmdb, path.hasSuffix("/HEAD.lock"), try ReferenceStubs.isSentence(FilePath(path)) {
                continue
            }
            litter.append(path)
        }
    }

    static func open(_ root: FilePath) throws -> Repository {
        let variables = gitEnvironment.compactMapValues { $0 }
        return try Repository(environment: RepositoryEnvironment(variables: variables, currentDirectory: root))
    }
}
