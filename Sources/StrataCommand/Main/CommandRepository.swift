import StrataModel
import StrataObjects
import StrataRefs
import StrataRepository

/// A repository as the verbs use it.
struct CommandRepository {
    let references: any RefStore
    let objects: any ObjectLookup
    /// Objects, committer, reflog policy and hooks, for transactions.
    let transactions: RefTransactionContext
    /// What an object's name stands for. Git's function: `get_oid_with_context`.
    let find: (Bytes) throws(CommandExit) -> FoundObject
    /// How many digits make an object id unique, at least the given number; nil = as `core.abbrev` says.
    let uniqueDigits: (ObjectID, Int32?) throws(CommandExit) -> Int
    /// `core.warnAmbiguousRefs`.
    var warnsOfAmbiguity: () throws(CommandExit) -> Bool = { true }
    /// `versionsort.suffix`.
    var versionSuffixes: () -> [Bytes] = { [] }
    /// `pack-refs` in this repository.
    let pack: (PackRefsRequest) throws(CommandExit) -> Void
    /// `store sweep` in this repository: the lines that say what was done, and those that say what could not be.
    let sweep: () throws(CommandExit) -> (done: [String], failures: [String])

    /// `store status` in this repository: the lines to print.
    var status: () throws(RefError) -> [String] = { () throws(RefError) in [] }

    /// `refs migrate` in this repository: what is to be printed.
    var migrate: (RefMigrationRequest) throws(RefError) -> RefMigrationResult = { _ throws(RefError) in
        throw RefError(.unsupported, "there is nothing to migrate")
    }

    /// The objects, for verbs that read them, with or without those that stand for others; nil where there are none.
    var contents: (_ replaced: Bool) throws(CommandExit) -> (any ObjectStore)? = { _ throws(CommandExit) in nil }
    /// Why nothing has a name, where there is more to say: that its revision is unknown, or that the revision's tree has no such path.
    var explainUnknown: (Bytes) throws(CommandExit) -> CommandExit? = { _ throws(CommandExit) in nil }
    /// `core.quotePath`.
    var quotesPathsFully: () throws(CommandExit) -> Bool = { true }

    /// The object that a revision names, or nil. Git's function: `repo_get_oid`.
    func revision(_ text: Bytes) throws(CommandExit) -> ObjectID? {
        if case .found(let id, _) = try find(text) { id } else { nil }
    }

    func snapshot() throws(CommandExit) -> any RefSnapshot {
        do throws(RefError) { return try references.snapshot() } catch { throw .fatal(error.message) }
    }
}

/// What became of an object's name.
enum FoundObject: Equatable {
    /// The object, which need not exist when it was named by its full id, and its mode where a path in a tree led to it.
    case found(ObjectID, mode: TreeEntryMode?)
    case missing
    /// Several objects begin with what was given.
    case ambiguous
}

/// What `pack-refs` is asked to do.
struct PackRefsRequest: Sendable, Equatable {
    /// Patterns of references to pack.
    var includes: [Bytes] = []
    /// Patterns of references not to pack, whatever includes them.
    var excludes: [Bytes] = []
    /// Whether to remove the loose files of what was packed.
    var prune = true
    /// Only when there is enough to pack.
    var auto = false
}

extension RefSnapshot {
    /// The object that `name` leads to through symbolic references, or nil when there is none or the reference is broken.
    /// Git's function: `refs_read_ref`.
    func readableID(_ name: RefName) throws(CommandExit) -> RefResolution? {
        do throws(RefResolutionFailure) {
            let resolution = try resolve(name)
            return resolution.id == nil ? nil : resolution
        } catch {
            if case .unreadable(let failure) = error { throw .fatal(failure.message) }
            return nil
        }
    }

    /// What `name` itself holds.
    func raw(_ name: RefName) throws(CommandExit) -> RefValue? {
        do throws(RefError) { return try read(name) } catch { throw .fatal(error.message) }
    }
}
