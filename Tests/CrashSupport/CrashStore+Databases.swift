import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage

/// Stores whose references are in a database. What is tried on them is not what is tried on files: one commit of LMDB is the only step.
extension CrashStore {
    public static let databases = [database, databaseWorktree]

    static let database = CrashStore("lmdb") { place in
        let environment = try place.openDatabase()
        return OpenedCrashStore(LMDBRefStore(environment, durability: place.durability), intents: [], place)
    }

    /// A linked worktree, beside another.
    static let databaseWorktree = CrashStore(
        "worktree in lmdb", spread: worktreeChanges,
        { place in
            let environment = try place.openDatabase()
            let durability = place.durability
            let common = LMDBRefStore(environment, durability: durability)
            let own = LMDBRefStore(environment, worktree: Array("w1".utf8), durability: durability)
            let store = WorktreeRefStore(own: own, id: Array("w1".utf8), common: common) { id throws(RefError) in
                LMDBRefStore(environment, worktree: id, durability: durability)
            }
            let heads = try ["main-worktree/HEAD", "worktrees/w2/HEAD"].map { try RefName($0) }
            return OpenedCrashStore(store, intents: [], otherHeads: heads, place)
        })
}

extension CrashPlace {
    /// Makes the environment where there is none. The address space is little, so that it can be used up.
    func openDatabase() throws -> LMDBEnvironment {
        var options = LMDBOptions()
        options.creates = true
        options.reservation = 1 << 20
        return try LMDBEnvironment.open(database, options)
    }
}
