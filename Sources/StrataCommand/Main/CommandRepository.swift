import StrataModel
import StrataRefs

/// A repository as the verbs use it.
struct CommandRepository {
    let references: any RefStore
    let objects: any ObjectLookup
    /// Objects, committer, reflog policy and hooks, for transactions.
    let transactions: RefTransactionContext
    /// The object that a revision names, or nil. Git's function: `repo_get_oid`.
    let revision: (Bytes) throws(CommandExit) -> ObjectID?
    /// How many digits make an object id unique, at least the given number; nil = as `core.abbrev` says.
    let uniqueDigits: (ObjectID, Int32?) throws(CommandExit) -> Int
    /// `core.warnAmbiguousRefs`.
    var warnsOfAmbiguity: () throws(CommandExit) -> Bool = { true }
    /// `versionsort.suffix`.
    var versionSuffixes: () -> [Bytes] = { [] }
    /// `pack-refs` in this repository.
    let pack: (PackRefsRequest) throws(CommandExit) -> Void

    func snapshot() throws(CommandExit) -> any RefSnapshot {
        do throws(RefError) { return try references.snapshot() } catch { throw .fatal(error.message) }
    }
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
