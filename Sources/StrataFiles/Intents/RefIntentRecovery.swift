import Glibc
import StrataIO
import StrataModel
import StrataRefs
import Synchronization
import SystemPackage

/// Finds the intents of dead processes and has them done.
final class RefIntentRecovery: Sendable {
    let commonDirectory: FilePath
    /// `<common dir>/strata/intents`.
    let directory: FilePath
    let locks = Mutex<WeakLocks?>(nil)
    /// The directory when nobody else's intent was in it.
    private let lastQuiet = Mutex<StatStamp?>(nil)

    init(commonDirectory: FilePath) {
        self.commonDirectory = commonDirectory
        directory = commonDirectory.appending("strata").appending("intents")
    }

    /// Does what the intents of a dead owner say. Its locks are still there.
    func recover(ownerID: String) throws {
        for name in try intents() where Self.owner(of: name) == ownerID { try redo(name, ownerID) }
    }

    /// Looks for intents whose owners are dead and whose locks do not lead to them.
    func settle(except ownID: String) throws {
        let stamp = try StatStamp.of(directory)
        if stamp.isAbsent { return }
        if let quiet = lastQuiet.withLock({ $0 }), stamp.provesUnchanged(since: quiet) { return }
        let others = try intents().filter { Self.owner(of: $0) != ownID }
        if others.isEmpty { return lastQuiet.withLock { $0 = stamp } }
        guard let space = locks.withLock({ $0?.space }) else { return }
        var alive: Set<String> = []
        var dead: Set<String> = []
        for name in others {
            let id = Self.owner(of: name)
            if alive.contains(id) || !dead.insert(id).inserted { continue }
            if try space.isAlive(ownerID: id) {
                alive.insert(id)
                dead.remove(id)
            }
        }
        if dead.isEmpty { return }
        try space.sweepDeadOwners()
        // Those whose owner files have gone, which no sweep leads to.
        for name in others where dead.contains(Self.owner(of: name)) { try redo(name, Self.owner(of: name)) }
    }

    private static func owner(of name: String) -> String { String(name.prefix { $0 != "-" }) }

    /// The names of the intents, the locks beside them left out.
    private func intents() throws(FileError) -> [String] {
        var names: [String] = []
        guard var reader = try DirectoryReader(directory) else { return [] }
        while try reader.next() {
            let name = String(decoding: reader.name, as: UTF8.self)
            if !name.hasSuffix(".lock") { names.append(name) }
        }
        // The order in which they were written.
        return names.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
    }

    /// Under a lock of its own, so that one process does it.
    private func redo(_ name: String, _ ownerID: String) throws {
        guard let space = locks.withLock({ $0?.space }) else { return }
        let path = directory.appending(name)
        let lock = try space.acquire(path, until: .after(milliseconds: 10_000))
        defer { lock.release() }
        guard let bytes = try readFile(path, limit: RefIntentCoding.limit) else { return }
        let intents: [RefIntent]
        do throws(RefIntentError) {
            intents = try RefIntentCoding.decode(bytes) ?? []
        } catch {
            throw RefError(
                .corrupt, "intent '\(path)' is malformed at byte \(error.offset): \(error.problem)", path: path.string)
        }
        for intent in intents {
            var redo = try RefIntentRedo(intent, ownerID, commonDirectory, space)
            try redo.run()
        }
        try RefIntents.remove(path)
        try Disk.syncDirectory(directory)
    }
}
