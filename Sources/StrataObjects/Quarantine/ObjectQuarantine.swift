import Glibc
public import StrataIO
public import StrataModel
import Synchronization
public import SystemPackage

/// Objects that a store does not have yet: they are written aside, seen only through the quarantine and by programs that are given its environment, and go into
/// the store all together, or are dropped. What a push brings is kept so until the hooks have agreed.
///
/// The directory goes with the quarantine. One that is left by a process that died is removed by ``sweep(_:olderThan:)``, or by git's `prune`. Safe to share between threads; objects
/// that are written while ``migrate(durability:)`` runs may be lost. Answers to git's `tmp-objdir.c`.
public final class ObjectQuarantine: Sendable {
    /// The object directory aside, `objects/tmp_objdir-<purpose>-XXXXXX`.
    public let directory: FilePath
    /// The quarantine's objects, and behind them the store's. What is written goes into the quarantine, unless the store has it.
    public let store: OverlayObjectStore
    private let main: FilesObjectStore
    private let temporary: TemporaryObjectDirectory
    private let isOpen = Mutex(true)

    /// Makes a directory aside, in the object directory of `main`.
    ///
    /// - Throws: `unavailable` when that cannot be.
    public init(of main: FilesObjectStore, purpose: String = "incoming") throws(ObjectError) {
        self.main = main
        temporary = try TemporaryObjectDirectory(in: main.objectDirectory, purpose: purpose)
        directory = temporary.path
        let aside = FilesObjectStore(objectDirectory: directory, algorithm: main.algorithm, writing: main.writing)
        store = try OverlayObjectStore(front: aside, over: main)
    }

    deinit { drop() }

    /// What the environment of programs is to have, so that they see the quarantine's objects, write into it, and do not update references.
    ///
    /// - Parameter alternates: the `GIT_ALTERNATE_OBJECT_DIRECTORIES` that they would get otherwise.
    public func environment(alternates: [UInt8]? = nil) -> [(name: String, value: [UInt8])] {
        var directories = (alternates ?? []).isEmpty ? [] : (alternates ?? []) + [UInt8(ascii: ":")]
        directories += Alternates.quoted(Self.absolute(main.objectDirectory).bytes, separator: UInt8(ascii: ":"))
        let own = Self.absolute(directory).bytes
        return [
            ("GIT_OBJECT_DIRECTORY", own), ("GIT_ALTERNATE_OBJECT_DIRECTORIES", directories),
            ("GIT_QUARANTINE_PATH", own),
        ]
    }

    private static func absolute(_ path: FilePath) -> FilePath {
        guard !path.isAbsolute, let current = unsafe realpath(".", nil) else { return path }
        defer { unsafe free(current) }
        return unsafe FilePath(platformString: current).pushing(path)
    }

    /// Lets the objects into the store: loose ones first, then packs, each visible only when it is whole.
    ///
    /// Each object is in the store whole, or not at all, wherever this is stopped. When it throws, some are in the store; it may be called again.
    /// - Parameter durability: what must have reached the disk; nil = as the store is configured.
    /// - Throws: `collision` when the store has other contents under the name of an object or a pack, `refused` when the quarantine has been dropped,
    ///   `unavailable`.
    public func migrate(durability: Durability? = nil) throws(ObjectError) {
        try isOpen.withLock { isOpen throws(ObjectError) in
            guard isOpen else { throw ObjectError(.refused, file: directory.string, "the quarantine has been dropped") }
            let migration = ObjectMigration(source: directory, writer: main.writer)
            try migration.run(main.writing.syncing(for: durability))
            isOpen = false
        }
        // Nothing of worth is left; if it cannot be removed, somebody will sweep it.
        try? temporary.remove()
    }

    /// Gives the objects up, and removes the directory.
    public func drop() {
        let wasOpen = isOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
        if wasOpen { try? temporary.remove() }
    }

    /// Removes what processes left in an object directory that died with a quarantine, and directories of others, git's too, that have not
    /// changed for `age` seconds, by default for two weeks.
    ///
    /// - Returns: the directories that were removed.
    @discardableResult
    public static func sweep(
        _ objectDirectory: FilePath, olderThan age: Int64 = 14 * 24 * 3600
    ) throws(ObjectError) -> [FilePath] {
        try TemporaryObjectDirectory.sweep(objectDirectory, olderThan: age)
    }
}
