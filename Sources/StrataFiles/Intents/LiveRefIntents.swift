import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// The intents that stand in a repository at one moment: transactions under way, or left half done by the dead.
///
/// A reader takes none of their steps for done: it shows what each reference held before. So a transaction comes into sight whole when its intent
/// goes, and one that is taken back was never seen. One that a database decides over comes into sight with the database's commit: from then on
/// each reference is shown as it will be.
final class LiveRefIntents: Sendable {
    private let paths: [FilePath]
    private let undone: DecidingSteps
    private let decided: DecidingSteps
    /// How those that a database decides over stood.
    private let decisions: [Decision]

    private struct Decision {
        let intent: String
        let decider: RefIntentFile.Decider
        let common: [UInt8]
        let isMade: Bool

        /// Not made, as far as can be told, where this process does not have the database open.
        static func isMade(_ intent: String, _ decider: RefIntentFile.Decider, _ common: [UInt8]) throws(RefError)
            -> Bool
        {
            try decider.hasDecided(intent, in: common) ?? false
        }

        var stands: Bool {
            get throws(RefError) { try Self.isMade(intent, decider, common) == isMade }
        }
    }

    /// Reads the intents of the repository in `common`. One that was not written whole has changed nothing; one that is malformed, of a newer format
    /// or not to be read is passed over: writers refuse to go on then, readers see the single steps, as they do of all where the directory may not
    /// be read.
    init(of common: FilePath) throws(RefError) {
        let directory = common.appending("strata").appending("intents")
        var paths: [FilePath] = []
        var (undone, decided): ([RefIntent.Step], [RefIntent.Step]) = ([], [])
        var decisions: [Decision] = []
        let common = common.fromRoot.bytes
        for name in try Self.unlessForbidden({ () throws(FileError) in try RefIntents.names(in: directory) }) ?? [] {
            let path = directory.appending(name)
            let bytes = try Self.unlessForbidden { () throws(FileError) in
                try readFile(path, limit: RefIntentCoding.limit)
            }
            guard let bytes = bytes ?? nil, let file = (try? RefIntentCoding.decode(bytes)) ?? nil else { continue }
            paths.append(path)
            var isDecided = false
            if let decider = file.decider {
                isDecided = try Decision.isMade(name, decider, common)
                decisions.append(Decision(intent: name, decider: decider, common: common, isMade: isDecided))
            }
            let steps = file.intents.flatMap(\.steps)
            if isDecided { decided += steps } else { undone += steps }
        }
        self.paths = paths
        self.undone = DecidingSteps(undone)
        self.decided = DecidingSteps(decided)
        self.decisions = decisions
    }

    /// nil for what is none of ours or may not be read.
    private static func unlessForbidden<T>(_ body: () throws(FileError) -> T) throws(RefError) -> T? {
        do throws(FileError) {
            return try body()
        } catch {
            let passedOver: [Errno] = [
                .permissionDenied, .isDirectory, .notDirectory, .fileTooLarge, .tooManySymbolicLinkLevels,
                .resourceTemporarilyUnavailable,
            ]
            if passedOver.contains(error.errno) { return nil }
            throw RefError(unreadable: error)
        }
    }

    var isEmpty: Bool { paths.isEmpty }

    /// Whether all of them are still there, and as they were.
    func stand() throws(RefError) -> Bool {
        do throws(FileError) {
            for path in paths where try FileStat.lstat(path) == nil { return false }
        } catch {
            throw RefError(unreadable: error)
        }
        for decision in decisions where try !decision.stands { return false }
        return true
    }

    /// What `name` holds for a reader that has found `found` in the files below `directory`.
    func value(of name: RefName, in directory: [UInt8], found: RefValue?) -> RefValue? {
        if let step = undone.step(of: name, in: directory), step.state(of: found) == .new { return step.old }
        if let step = decided.step(of: name, in: directory), step.state(of: found) == .old { return step.new }
        return found
    }

    /// All references below `directory` and in `scope` that the intents are about, as readers are to see them: sorted by name, nil for those that
    /// are not to be seen. `read` finds what stands there.
    ///
    /// All, not only those whose new value stands there now: a transaction may be taken back between two looks.
    func shown(
        in directory: [UInt8], _ scope: RefScope, reading read: (RefName) throws(RefError) -> RefValue?
    ) throws(RefError) -> [(name: RefName, value: RefValue?)] {
        var all: [(name: RefName, value: RefValue?)] = []
        let names = Set(undone.names(in: directory)).union(decided.names(in: directory))
        for name in names where scope.contains(name.bytes.span) {
            all.append((name, value(of: name, in: directory, found: try read(name))))
        }
        return all.sorted { $0.name < $1.name }
    }
}

extension RefError {
    /// What could not be read.
    init(unreadable error: FileError) {
        self.init(.unavailable, "\(error)", path: error.path.string, cause: error)
    }
}
