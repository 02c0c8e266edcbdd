public import StrataIO
public import StrataRefs
import SystemPackage

/// `packed-refs`, locked against all other writers. Not for use by several threads at once; letting it go releases it.
public final class PackedRefsLock {
    /// The references, read under the lock: nobody changes them while it is held.
    public let snapshot: PackedRefSnapshot
    private let lock: FileLock
    private let target: FilePath
    private let durability: Durability
    private let sharing: FileSharing
    /// Whether the new file is written as `packed-refs.new` beside the old one, as git does: where the lock itself cannot carry it, or
    /// the file is reached by a symbolic link, perhaps to another file system. Elsewhere it is written where a sweep finds it, should
    /// this process die: git does not go on beside a `packed-refs.new` that nobody owns.
    private let writesBeside: Bool
    /// Whether an intent can speak of a change: who makes it good renames over the file's own name.
    var isRecoverable: Bool { !writesBeside }
    /// How durable the change is to be that waits to be renamed.
    private var staged: Durability?
    private var isReplaced = false

    init(
        _ lock: FileLock, target: FilePath, isLinked: Bool, snapshot: PackedRefSnapshot, durability: Durability,
        sharing: FileSharing
    ) {
        self.lock = lock
        self.target = target
        self.snapshot = snapshot
        self.durability = durability
        self.sharing = sharing
        writesBeside = isLinked || !lock.isRecoverable
    }

    deinit { release() }

    /// Writes the file with `changes` made to ``snapshot`` where no reader looks. No changes rewrite the file as it is, which gives it
    /// git's header and order. What was staged before is dropped.
    ///
    /// - Parameters:
    ///   - changes: each name at most once, best in the order of names.
    ///   - durability: what ``commit()`` must have reached; nil = as the store is configured.
    /// - Throws: ``RefError``; nothing is staged then, and the lock still held.
    public func stage(_ changes: [PackedRefChange], durability: Durability? = nil) throws(RefError) {
        try stage(changes, durability: durability, isTrusted: false, isSyncedLater: false)
    }

    /// The same.
    ///
    /// - Parameters:
    ///   - isTrusted: whether the lines of the old file are not checked, because this library has just written them.
    ///   - isSyncedLater: whether the caller syncs the new file, whatever the durability.
    package func stage(
        _ changes: [PackedRefChange], durability: Durability?, isTrusted: Bool, isSyncedLater: Bool
    ) throws(RefError) {
        let splice = try PackedRefsSplice(snapshot, changes, isTrusted: isTrusted)
        try write(durability ?? self.durability, isSyncedLater: isSyncedLater) { file throws(RefError) in
            try splice.write(to: &file)
        }
    }

    private func write(
        _ durability: Durability, isSyncedLater: Bool = false,
        _ body: (inout PackedRefsFile) throws(RefError) -> Void
    ) throws(RefError) {
        discard()
        guard lock.isHeld else { throw RefError(.invalid, "\(target) is not locked any more", path: target.string) }
        let sink: FileSink
        do throws(FileError) {
            // Left by a writer that died: living ones hold the lock that we hold.
            try Disk.unlinkIfPresent(new)
            sink =
                writesBeside
                ? FileSink(try Disk.create(new, sharing: sharing), at: new)
                : try lock.stageWriter(durability: durability)
        } catch {
            throw RefError(
                .unavailable, "unable to create file \(new): \(error.errno)", path: new.string, cause: error)
        }
        staged = durability
        do throws(RefError) {
            sink.startsWriteOut = isSyncedLater || durability >= .data
            var file = PackedRefsFile(sink)
            try body(&file)
            try file.finish(durability)
            do throws(FileError) { if durability == .full { try lock.makeOwnerDurable() } } catch {
                throw RefError(.unavailable, error.description, path: error.path.string, cause: error)
            }
        } catch {
            discard()
            throw error
        }
    }

    private var new: FilePath { target.sibling(suffix: ".new") }

    /// Renames what was staged over `packed-refs`, if anything was, and lets go.
    ///
    /// - Throws: ``RefError/Code/unavailable``; nothing has changed then, unless the error says otherwise.
    public func commit() throws(RefError) {
        defer { release() }
        try publish()
    }

    /// Whether a new file waits to be renamed.
    var isStaged: Bool { staged != nil }

    /// Renames what was staged over `packed-refs`, and holds on: while loose files of what was removed are still to go, nobody may
    /// pack them again. (A plain lock becomes the file's companion no longer than git's would.)
    ///
    /// - Parameter beforeDeletions: whether loose files are to go after it. Where anything is synced they must not go before the file that makes
    ///   up for them is known to be there, or a loss of power could show an older packed value, or none.
    func publish(beforeDeletions: Bool = false) throws(RefError) {
        guard let durability = staged else { return }
        do throws(FileError) {
            if writesBeside { try Disk.rename(new, to: target) } else { try lock.publish() }
            staged = nil
            isReplaced = true
            // A lock with durability `full` has done it already.
            if durability == .full ? writesBeside : durability == .data && beforeDeletions {
                try Disk.syncDirectory(target.removingLastComponent())
            }
        } catch {
            guard error.operation == .syncDirectory else {
                throw RefError(
                    .unavailable, "error replacing \(target): \(error.errno)", path: target.string, cause: error)
            }
            staged = nil
            isReplaced = true
            throw RefError(notDurable: "\(target) has changed", path: target.string, cause: error)
        }
    }

    /// Puts the file back as it was when the lock was taken, if ``publish()`` has replaced it: what belongs to it has failed.
    func restore() throws(RefError) {
        guard isReplaced else { return }
        let contents = snapshot.contents
        if contents.stamp?.isAbsent ?? true {
            do throws(FileError) {
                try Disk.unlinkIfPresent(target)
            } catch {
                throw RefError(
                    .unavailable, "packed-refs keeps its new content: \(error)", path: target.string, cause: error)
            }
        } else {
            try write(durability) { file throws(RefError) in
                try unsafe file.copy(UnsafeBufferPointer(start: contents.base, count: contents.count))
                try contents.check(path: target)
            }
            try publish()
        }
        isReplaced = false
    }

    /// Lets go; what was staged and not committed is dropped. Does nothing the second time.
    public func release() {
        discard()
        lock.release()
    }

    private func discard() {
        guard staged != nil else { return }
        staged = nil
        if writesBeside { _ = try? Disk.unlinkIfPresent(new) } else { lock.discardStaged() }
    }
}
