import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// Moves the files of references and reflogs of all worktrees between their places and a tree that is laid out as the common dir. Each step
/// is one call, and each can be done again: after an end at any of them the same call goes on.
///
/// Only while `config` names another storage, so that nobody who opens the repository comes here. Processes of git that opened it before may: what
/// they write before a step is moved along, and after it they fail, for there is no directory to write to, `HEAD` is locked, and `packed-refs`, which
/// is asked for every reference that is not loose, is none.
struct ReferenceFiles {
    let place: MigrationPlace
    /// The tree.
    let tree: FilePath
    private let stubs = ReferenceStubs(ReferenceStorage(format: .lmdb))

    // MARK: Out

    /// Moves all of them into the tree, and puts stubs in their places. The caller has the locks of `packed-refs` and of the heads that are no
    /// stubs yet (``lock()``).
    func moveOut() throws(RefError) {
        let directories = try place.directories(beside: tree)
        try filing { () throws(FileError) in
            // First: from here on no reference is taken for absent that is only moved.
            try movePackedOut()
            for (own, other) in directories {
                try Disk.makeDirectories(other, sharing: place.sharing)
                try moveRefsOut(own, other)
                try moveLogs(from: own, to: other)
                for name in try roots(own) { try Disk.rename(own.appending(name), to: other.appending(name)) }
                try moveHeadOut(own, other)
            }
            try moveStraysOut(place.common, tree)
            // Before anybody looks at what was moved.
            for (_, other) in directories { try breakLocks(below: other.appending("refs")) }
        }
    }

    /// Removes the locks below a directory that was moved aside. Git renames a lock to the reference: where it was on its way to that, with the directory
    /// found before the exchange, it either has done so by now, or finds no lock any more and fails.
    private func breakLocks(below directory: FilePath) throws(FileError) {
        var (locks, directories): ([[UInt8]], [[UInt8]]) = ([], [])
        guard var reader = try DirectoryReader(directory) else { return }
        while try reader.next() {
            if try reader.kind() == .directory {
                directories.append(reader.name)
            } else if isLockName(reader.name) {
                locks.append(reader.name)
            }
        }
        for name in locks { try Disk.unlinkIfPresent(directory.appending(bytes: name)) }
        for name in directories { try breakLocks(below: directory.appending(bytes: name)) }
    }

    private func movePackedOut() throws(FileError) {
        let (own, other) = (place.common.appending("packed-refs"), tree.appending("packed-refs"))
        try Disk.makeDirectories(tree, sharing: place.sharing)
        if try ReferenceStubs.isSentence(own) { return }
        try Disk.unlinkIfPresent(other)
        if try FileStat.lstat(own) != nil { try Disk.link(own, to: other) }
        try put(stubs.sentence, at: own)
    }

    /// Everything below `refs` at once: whoever is about to rename a file there finds no directory.
    private func moveRefsOut(_ own: FilePath, _ other: FilePath) throws(FileError) {
        if try ReferenceStubs.areRefsStub(in: own) { return }
        let (refs, stub) = (own.appending("refs"), other.appending("refs"))
        try Disk.makeDirectories(stub, sharing: place.sharing)
        if try !ReferenceStubs.areRefsStub(in: other) { try put(stubs.sentence, at: stub.appending("heads")) }
        if try FileStat.lstat(refs) == nil {
            try Disk.renameNoReplace(stub, to: refs)
        } else {
            try Disk.exchange(refs, stub)
        }
    }

    /// A value that was renamed into `refs` itself just behind the exchange belongs to what was moved.
    private func moveStraysOut(_ own: FilePath, _ other: FilePath) throws(FileError) {
        var strays: [[UInt8]] = []
        if var reader = try DirectoryReader(own.appending("refs")) {
            while try reader.next() {
                let name = reader.name
                if try reader.kind() == .regular, !name.elementsEqual("heads".utf8), !isLockName(name) {
                    strays.append(name)
                }
            }
        }
        for name in strays {
            try Disk.rename(
                own.appending("refs").appending(bytes: name), to: other.appending("refs").appending(bytes: name))
        }
    }

    private func moveHeadOut(_ own: FilePath, _ other: FilePath) throws(FileError) {
        let (head, copy) = (own.appending("HEAD"), other.appending("HEAD"))
        if try FileStat.lstat(head) != nil, try !ReferenceStubs.isHeadStub(in: own) {
            try Disk.unlinkIfPresent(copy)
            try Disk.link(head, to: copy)
            try put(ReferenceStubs.head, at: head)
        }
        // The lock stays, as nobody's: HEAD must be there, and nobody may write it.
        let lock = own.appending("HEAD.lock")
        if try !ReferenceStubs.isSentence(lock) { try put(stubs.sentence, at: lock) }
    }

    // MARK: In

    /// Moves all of them out of the tree into their places, where stubs are.
    func moveIn() throws(RefError) {
        let directories = try place.directories(beside: tree)
        let rest = tree.sibling(suffix: "-rest")
        try filing { () throws(FileError) in
            for (own, other) in directories {
                if try FileStat.lstat(other) == nil { continue }
                let (refs, new) = (own.appending("refs"), other.appending("refs"))
                if try FileStat.lstat(refs) == nil {
                    try Disk.rename(new, to: refs)
                } else if try !ReferenceStubs.areRefsStub(in: other) {
                    try Disk.exchange(refs, new)
                }
                // What processes left there that had the repository open since its references were in files.
                let old = rest.appending(randomHex())
                try Disk.makeDirectories(old, sharing: place.sharing)
                try moveLogs(from: own, to: old)
                for name in try roots(own) { try Disk.rename(own.appending(name), to: old.appending(name)) }
                try moveLogs(from: other, to: own)
                for name in try roots(other) { try Disk.rename(other.appending(name), to: own.appending(name)) }
                if try FileStat.lstat(other.appending("HEAD")) != nil {
                    try Disk.rename(other.appending("HEAD"), to: own.appending("HEAD"))
                }
            }
            try Disk.rename(tree.appending("packed-refs"), to: place.common.appending("packed-refs"))
        }
    }

    /// Lets go of the heads, which ``moveOut()`` has left locked.
    func unlockHeads() throws(RefError) {
        for (own, _) in try place.directories(beside: tree) {
            let lock = own.appending("HEAD.lock")
            try filing { () throws(FileError) in
                if try ReferenceStubs.isSentence(lock) { try Disk.unlinkIfPresent(lock) }
            }
        }
    }

    // MARK: Parts

    /// The locks of `packed-refs` and of the heads that can be locked: those that are stubs are nobody's.
    func lock() throws(RefError) -> [FileLock] {
        var paths = [place.common.appending("packed-refs")]
        for (own, _) in try place.directories(beside: tree) {
            let isNobodys = try filing { () throws(FileError) in
                try ReferenceStubs.isSentence(own.appending("HEAD.lock"))
            }
            if !isNobodys { paths.append(own.appending("HEAD")) }
        }
        do throws(LockError) {
            var locks: [FileLock] = []
            for path in paths { locks.append(try place.intents.locks.acquire(path, until: place.patience)) }
            return locks
        } catch {
            throw RefError(.locked, "\(error)", path: error.path.string, cause: error)
        }
    }

    private func moveLogs(from: FilePath, to: FilePath) throws(FileError) {
        let (logs, moved) = (from.appending("logs"), to.appending("logs"))
        if try FileStat.lstat(logs) != nil, try FileStat.lstat(moved) == nil { try Disk.rename(logs, to: moved) }
    }

    /// The files of root references but `HEAD`: `ORIG_HEAD` and its like.
    private func roots(_ directory: FilePath) throws(FileError) -> [String] {
        var names: [String] = []
        guard var reader = try DirectoryReader(directory) else { return [] }
        while try reader.next() {
            guard let name = RefName(tolerating: reader.name), name.isRootRef, name != .head else { continue }
            if try reader.kind() != .directory { names.append(name.description) }
        }
        return names
    }

    /// Puts a file in its place in one step.
    private func put(_ bytes: [UInt8], at path: FilePath) throws(FileError) {
        let new = tree.sibling(suffix: "-new")
        try Disk.unlinkIfPresent(new)
        let sink = FileSink(try Disk.create(new, sharing: place.sharing), at: new)
        try sink.write(bytes)
        try sink.finish()
        try Disk.rename(new, to: path)
    }
}
