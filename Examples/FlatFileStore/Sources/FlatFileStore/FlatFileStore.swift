import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// A reference store in one text file, which is rewritten whole at every change.
///
/// The lock is git's: `<file>.lock` beside the file. There are no reflogs.
final class FlatFileStore: RefStore {
    let path: FilePath
    let hashAlgorithm: HashAlgorithm
    let locks: LockSpace
    let commitDomain = CommitDomainID()

    init(_ path: FilePath, hashAlgorithm: HashAlgorithm = .sha1) {
        self.path = path
        self.hashAlgorithm = hashAlgorithm
        locks = LockSpace(directory: path.removingLastComponent().appending("strata"))
    }

    // A rename changes all references at once, and what was read does not change with the file.
    var capabilities: RefStoreCapabilities {
        [.writes, .symbolicRefs, .perWorktreeRefs, .atomicForReaders, .snapshotIsolation, .stamps]
    }

    func snapshot() throws(RefError) -> any RefSnapshot { try current() }

    /// The generation tells of every change, whatever the scope, and never goes back.
    func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? {
        RefStamp(words: [try current().generation])
    }

    func makeHold() throws(RefError) -> any HeldRefs { FlatFileHold(self) }

    var reflogs: (any ReflogStore)? { nil }

    func current() throws(RefError) -> FlatFile { try FlatFile(at: path, hashAlgorithm) }
}
