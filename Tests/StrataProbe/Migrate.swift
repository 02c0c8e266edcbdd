import StrataIO
import StrataRepository
import SystemPackage

/// migrate <format> <directory> <n>: moves the references of the repository there, and is stopped after the n-th change of the disk; 0 = not at
/// all. Says how many changes there were.
func migrate(to format: String, _ directory: FilePath, stopAfter call: Int) throws {
    guard let format = ReferenceStorage.Format(rawValue: format) else { throw Errno.invalidArgument }
    let session = DiskFaults.install(.init(under: directory, at: call, .stopAfter))
    do {
        let repository = try Repository(at: directory)
        _ = try repository.migrateReferences(RefMigrationRequest(to: format))
    }
    say("calls \(session.count)")
    session.remove()
}
