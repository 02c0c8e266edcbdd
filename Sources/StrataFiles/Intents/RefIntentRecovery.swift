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
    /// Told of what readers should know.
    let watch: RefIntentWatch
    let locks = Mutex<WeakLocks?>(nil)
    /// The directory when nobody else's intent was in it.
    private let lastQuiet = Mutex<StatStamp?>(nil)
    /// Is told of each intent that was done.
    private let observe: (@Sendable (RefIntentOutcome) -> Void)?
    /// What was done since somebody began to collect; nil = nobody does.
    private let collected = Mutex<[RefIntentOutcome]?>(nil)

    init(
        commonDirectory: FilePath, watch: RefIntentWatch, _ observe: (@Sendable (RefIntentOutcome) -> Void)?
    ) {
        self.watch = watch
        self.commonDirectory = commonDirectory
        self.observe = observe
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

    private func intents() throws(FileError) -> [String] { try RefIntents.names(in: directory) }

    /// Under a lock of its own, so that one process does it.
    private func redo(_ name: String, _ ownerID: String) throws {
        guard let space = locks.withLock({ $0?.space }) else { return }
        let path = directory.appending(name)
        let lock = try space.acquire(path, until: .after(milliseconds: 10_000))
        defer { lock.release() }
        guard let bytes = try readFile(path, limit: RefIntentCoding.limit) else { return }
        let intents = try due(bytes, name, path)
        if !intents.isEmpty { try watch.count(space) }
        var outcome = RefIntentOutcome(path: path, ownerID: ownerID)
        for intent in intents {
            var redo = try RefIntentRedo(intent, ownerID, commonDirectory, space)
            for step in try redo.run() {
                switch step.state {
                case .old: outcome.changed.append(step.name)
                case .new: outcome.done.append(step.name)
                case .movedOn: outcome.movedOn.append(step.name)
                }
            }
        }
        try RefIntents.remove(path)
        try Disk.syncDirectory(directory)
        try watch.count(space)
        // It was never acted upon.
        guard !intents.isEmpty else { return }
        collected.withLock { [outcome] in $0?.append(outcome) }
        observe?(outcome)
    }

    /// What is to be done of the intent `name`: nothing of one that was not written whole, nor of one whose database has not committed, which
    /// comes before all else.
    private func due(_ bytes: [UInt8], _ name: String, _ path: FilePath) throws(RefError) -> [RefIntent] {
        let file: RefIntentFile
        do throws(RefIntentError) {
            guard let decoded = try RefIntentCoding.decode(bytes) else { return [] }
            file = decoded
        } catch {
            throw RefError(
                .corrupt, "intent '\(path)' is malformed at byte \(error.offset): \(error.problem)", path: path.string)
        }
        guard let decider = file.decider else { return file.intents }
        let common = commonDirectory.fromRoot.bytes
        guard let hasDecided = try decider.hasDecided(name, in: common) else {
            let database = String(decoding: decider.absolutePath(in: common), as: UTF8.self)
            throw RefError(
                .unavailable,
                "a transaction that was cut short, '\(path)', needs the reference database '\(database)', which is not open here",
                path: path.string)
        }
        return hasDecided ? file.intents : []
    }

    /// The intents that are done while `body` runs, by this object.
    func collecting(_ body: () throws -> Void) rethrows -> [RefIntentOutcome] {
        collected.withLock { $0 = $0 ?? [] }
        defer { collected.withLock { $0 = nil } }
        try body()
        return collected.withLock { $0 ?? [] }
    }
}
