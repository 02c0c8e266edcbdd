// A reference store of one's own, in one text file, and the kit that tries to break it.
//
//     swift run FlatFileStore DIRECTORY
//
// The stores are made in DIRECTORY, which is left as the kit leaves it.

import StrataIO
import StrataRefs
import StrataTesting
import Synchronization
import SystemPackage

/// Runs the kit on stores in new directories below `root`: two of each file, as two processes have them.
func check(in root: FilePath) -> StoreReport {
    let count = Mutex(0)
    return checkRefStore(sharing: {
        let number = count.withLock { count in
            count += 1
            return count
        }
        let directory = root.appending("\(number)")
        try Disk.makeDirectories(directory)
        let file = directory.appending("references.txt")
        return SharedReferences([FlatFileStore(file), FlatFileStore(file)])
    })
}

if CommandLine.arguments.count == 2 {
    print(check(in: FilePath(CommandLine.arguments[1])))
} else {
    print("usage: FlatFileStore DIRECTORY")
}
