import Glibc
import StrataFiles
import StrataIO
import StrataModel
import SystemPackage

/// A files store in `directory`, which is made if need be; a second one is as another process's.
func filesStore(
    _ directory: FilePath, packing: FilesRefStore.PackedTransactions = .auto, algorithm: HashAlgorithm = .sha1
) throws -> FilesRefStore {
    for path in [directory, directory.appending("refs")] {
        guard unsafe mkdir(path.string, 0o755) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
    }
    let intents = RefIntents(commonDirectory: directory)
    let loose = LooseRefStore(
        directory: directory, hashAlgorithm: algorithm, locks: intents.locks, lockTimeout: 2000, intents: intents)
    let packed = PackedRefStore(
        directory.appending("packed-refs"), hashAlgorithm: algorithm, locks: intents.locks, lockTimeout: 2000)
    return FilesRefStore(loose: loose, packed: packed, packedTransactions: packing)
}
