import StrataIO
import StrataObjects
import StrataRepository
import SystemPackage

/// What is to be said of an object's name that stands for nothing.
enum UnknownObject {
    /// Git's end for `<rev>:<path>` of which the revision is unknown or its tree does not have the path; nil for anything else. Git's functions:
    /// `maybe_die_on_misspelt_object_name`, `diagnose_invalid_oid_path`.
    static func explain(_ text: Bytes, in repository: Repository) throws(CommandExit) -> CommandExit? {
        guard let revision = try? Revision(text), let path = revision.path else { return nil }
        let isKnown: Bool
        do { isKnown = try repository.revisions().resolve(revision.text) != nil } catch { return nil }
        guard isKnown else { return .fatal(Bytes("invalid object name '") + revision.text + Bytes("'.")) }
        let whole = (try? RelativePathBase.whole(path, from: RelativePathBase(repository.location))) ?? path
        let place = FilePath(bytes: repository.location.workingDirectory).pushing(FilePath(bytes: whole))
        let isThere = (try? FileStat.lstat(place)).flatMap { $0 } != nil
        let verdict = isThere ? "' exists on disk, but not in '" : "' does not exist in '"
        return .fatal(Bytes("path '") + whole + Bytes(verdict) + revision.text + Bytes("'"))
    }
}
