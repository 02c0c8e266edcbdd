import StrataIO
import StrataModel
import StrataObjects
import StrataRepository
import SystemPackage

/// Objects that somebody made here, in a repository whose others are promised by a remote.
enum LocalObjects {
    /// What `--promisor` does not do yet: where promised objects point to some that are not, git packs those anew as if they were promised too, so that they are not
    /// taken for unreachable. There is nothing to be done where all that is there came with a promise.
    ///
    /// - Throws: `refused` where there are other objects.
    static func refuse(in repository: Repository) throws(ObjectError) {
        var isLocal = !repository.objects.alternates().directories.isEmpty
        if !isLocal { isLocal = try repository.objects.counts().loose > 0 }
        if !isLocal { isLocal = try hasUnpromisedPack(repository) }
        if isLocal { throw ObjectError(.refused, refusal) }
    }

    static let refusal = "not supported yet: --promisor in a repository with objects that are not promised"

    private static func hasUnpromisedPack(_ repository: Repository) throws(ObjectError) -> Bool {
        let directory = repository.location.objectDirectory.appending("pack")
        do throws(FileError) {
            var names: Set<Bytes> = []
            guard var reader = try DirectoryReader(directory) else { return false }
            while try reader.next() { names.insert(reader.name) }
            let suffix = Bytes(".pack")
            return names.contains { name in
                name.count > suffix.count && name.suffix(suffix.count).elementsEqual(suffix)
                    && !names.contains(name.dropLast(suffix.count) + Bytes(".promisor"))
            }
        } catch {
            throw ObjectError(.unavailable, file: directory.string, errno: error.errno.rawValue, "\(error)")
        }
    }
}
