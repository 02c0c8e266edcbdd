import StrataFiles
import StrataIO
import StrataLMDB
import StrataRefs
import SystemPackage

extension MigrationPlace {
    /// Brings `changes` from a state of a database into files that nobody else has, `spare` ones as long as there are any, and compares them.
    ///
    /// - Returns: the file that a new `packed-refs` has come in the place of: it is let go when nobody waits.
    func catchUp(
        _ changes: Set<LMDBChangeBase.Key>, from state: LMDBCarriedRefs, to tree: FilePath, keepingLogs: Bool,
        spare: SpareFiles? = nil
    ) throws(RefError) -> PackedRefSnapshot? {
        func carrier(_ carrier: any RefCarrier) -> any RefCarrier {
            keepingLogs ? carrier : LoglessCarrier(carrier)
        }
        for (_, directory) in try directories(beside: tree) {
            // Of worktrees that have been added, too.
            try filing { () throws(FileError) in
                try Disk.makeDirectories(directory.appending("refs"), sharing: sharing)
            }
        }
        let replacer = FilesRefReplacer(tree, hashAlgorithm, sharing: sharing, spare: spare)
        let digest = CarriedRefDigest()
        for change in changes {
            replacer.begin(change.worktree, change.name)
            digest.begin(change.worktree)
            try state.carry(change.name, of: change.worktree, to: carrier(TwoCarriers(digest, replacer)))
        }
        try replacer.finish()
        let (files, found) = (FilesCarriedRefs(tree, hashAlgorithm), CarriedRefDigest())
        for change in changes {
            found.begin(change.worktree)
            try files.carry(change.name, of: change.worktree, to: carrier(found))
        }
        try MigrationSwitch.compare(digest.value, found.value, tree)
        return replacer.replaced
    }
}
