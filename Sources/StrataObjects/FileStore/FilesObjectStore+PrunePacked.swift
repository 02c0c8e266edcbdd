public import StrataIO
public import StrataModel
public import SystemPackage

extension FilesObjectStore {
    /// Removes loose objects that are in a pack too, here or in an alternate, and directories that are empty then. Answers to git's `prune-packed`.
    ///
    /// An object is removed when its entry in the pack can be found and read; its contents are not looked at. A removal that fails does not keep others from being
    /// made.
    /// - Parameters:
    ///   - dryRun: nothing is removed, and `each` is told what would be.
    ///   - each: told of each object, and its file, with what kept it from being removed, if anything did.
    ///   - progress: told how many of the 256 directories have been gone through.
    public func prunePacked(
        dryRun: Bool = false, each: (ObjectID, FilePath, FileError?) -> Void = { _, _, _ in },
        progress: (Int) -> Void = { _ in }
    ) throws(ObjectError) {
        let snapshot = catalog.latest()
        for byte in UInt8.min...UInt8.max {
            let shard = writer.objects.shards.path(byte).filePath
            for id in try writer.objects.shards.listUnsorted(byte) where isPacked(id, in: snapshot) {
                let path = writer.objects.path(of: id).filePath
                var failure: FileError?
                if !dryRun {
                    do throws(FileError) { try Disk.unlinkIfPresent(path) } catch { failure = error }
                }
                each(id, path, failure)
            }
            // One that is not empty stays.
            if !dryRun { _ = try? Disk.rmdirIfEmpty(shard) }
            progress(Int(byte) + 1)
        }
    }

    /// Whether a pack has the object.
    func isPacked(_ id: ObjectID, in snapshot: CatalogSnapshot) -> Bool {
        let found = snapshot.search(id) { place throws(ObjectError) -> Bool? in
            try place.location.info([.kind, .size]) != nil ? true : nil
        }
        if case .found = found { return true }
        return false
    }
}
