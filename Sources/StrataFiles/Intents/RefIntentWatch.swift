import StrataIO
import StrataModel
import StrataRefs
import Synchronization
import SystemPackage

/// Tells readers of a repository when a transaction of several steps begins and ends, and which are under way:
/// by the counter `<common dir>/strata/sequence`, which a writer moves on after its intent is written and after it is gone.
///
/// Where there is no counter, no such transaction was ever made. Safe to share between threads.
final class RefIntentWatch: RefReadWatch {
    private let path: FilePath
    private let common: FilePath

    /// What is known of the file of the counter: which it is, and the intents at one count.
    private final class Source: Sendable {
        let sequence: SharedSequence
        let common: FilePath
        /// One more than the count at which there were no intents; 0 = not known.
        private let quiet = Atomic<UInt64>(0)
        private let live = Mutex<(count: UInt64, intents: LiveRefIntents)?>(nil)

        init(_ sequence: SharedSequence, _ common: FilePath) {
            self.sequence = sequence
            self.common = common
        }

        func value() throws(RefError) -> UInt64 {
            do throws(FileError) { return try sequence.value() } catch { throw RefError(unreadable: error) }
        }

        /// The intents at `count`; nil where there are none.
        func intents(at count: UInt64) throws(RefError) -> LiveRefIntents? {
            if quiet.load(ordering: .relaxed) == count &+ 1 { return nil }
            if let known = live.withLock({ $0 }), known.count == count, try known.intents.stand() {
                return known.intents
            }
            let found = try LiveRefIntents(of: common)
            // What was read while the count moved on belongs to neither.
            if try value() == count {
                if found.isEmpty {
                    quiet.store(count &+ 1, ordering: .relaxed)
                } else {
                    live.withLock { $0 = (count, found) }
                }
            }
            return found.isEmpty ? nil : found
        }
    }

    /// A moment's knowledge: its source, and the intents that stood.
    private final class Knowledge: Sendable {
        let source: Source
        let live: LiveRefIntents?
        init(_ source: Source, _ live: LiveRefIntents?) {
            self.source = source
            self.live = live
        }
    }

    private struct State {
        /// What moments without intents know; nil where there is no counter.
        var quiet: Knowledge?
        /// When the file is to be looked at again: somebody may have removed it.
        var checkAfter = Deadline.now
    }
    private let state = Mutex(State())

    init(commonDirectory: FilePath) {
        path = commonDirectory.appending("strata").appending("sequence")
        common = commonDirectory
    }

    /// The counter's file as it is there, looked for again where it is missing and now and then.
    private func quiet() throws(RefError) -> Knowledge? {
        let known = state.withLock { $0.checkAfter.hasPassed ? nil : $0.quiet }
        if let known, !known.source.sequence.isPoisoned { return known }
        do throws(FileError) {
            return try lookAgain()
        } catch {
            // Who may read the references and not this sees them as git does.
            guard error.errno == .permissionDenied else { throw RefError(unreadable: error) }
            state.withLock { $0 = State() }
            return nil
        }
    }

    /// Looks whether the file is the one that is known, and opens it if not.
    private func lookAgain() throws(FileError) -> Knowledge? {
        // From before the look: what comes into the file's place after it is seen so much later at most.
        let validity = Deadline.after(milliseconds: SharedSequence.validity)
        var found = state.withLock { $0.quiet }
        if let known = found, try !known.source.sequence.isCurrent() { found = nil }
        if found == nil, let sequence = try SharedSequence(path) { found = Knowledge(Source(sequence, common), nil) }
        state.withLock { [found] in $0 = State(quiet: found, checkAfter: validity) }
        return found
    }

    func moment() throws(RefError) -> RefReadMoment {
        guard let quiet = try quiet() else { return RefReadMoment(sequence: 0, knowledge: nil) }
        let count = try quiet.source.value()
        let live = try quiet.source.intents(at: count)
        return RefReadMoment(sequence: count, knowledge: live.map { Knowledge(quiet.source, $0) } ?? quiet)
    }

    func lasts(_ moment: RefReadMoment) throws(RefError) -> Bool {
        let now = try quiet()?.source
        guard let knowledge = moment.knowledge as? Knowledge else { return now == nil }
        guard now === knowledge.source else { return false }
        guard try knowledge.source.value() == moment.sequence else { return false }
        return try knowledge.live?.stand() ?? true
    }

    func askForPause(after tries: Int) {
        let quiet = state.withLock { $0.quiet }
        // Where the machine is busy a reader may not come to run before a short one is over.
        let times = Int64(max(1, tries - RefReading.patience + 1))
        quiet?.source.sequence.askForPause(nanoseconds: 5_000_000 * times)
    }

    /// The intents that stand at `moment`; nil = none.
    func live(at moment: RefReadMoment) -> LiveRefIntents? { (moment.knowledge as? Knowledge)?.live }

    /// What `name`, kept below `directory`, holds for a reader, given what `read` finds in the files.
    func value(
        of name: RefName, in directory: [UInt8], reading read: () throws(RefError) -> RefValue?
    ) throws(RefError) -> RefValue? {
        try reading { moment throws(RefError) in
            let found = try read()
            guard let live = live(at: moment) else { return found }
            return live.value(of: name, in: directory, found: found)
        }
    }

    /// A walk over `scope`: that of `open`, but for the references that the intents are about.
    func cursor(
        over scope: RefScope, in directory: [UInt8], reading read: (RefName) throws(RefError) -> RefValue?,
        _ open: () throws(RefError) -> [any RefCursor]
    ) throws(RefError) -> MergedRefCursor {
        try reading { moment throws(RefError) in
            let opened = try open()
            let changing = try live(at: moment)?.shown(in: directory, scope, reading: read) ?? []
            if changing.isEmpty { return try MergedRefCursor(opened.map { MergedRefCursor.Child($0) }) }
            let names = Set(changing.map(\.name))
            var shown = RefRunBuilder()
            for case (let name, let value?) in changing { shown.append(name: name.bytes, value: value) }
            let children = opened.map { MergedRefCursor.Child($0, accepts: { !names.contains($0.refName) }) }
            return try MergedRefCursor(
                [MergedRefCursor.Child(RefRunCursor(shown.finished(), over: scope))] + children)
        }
    }

    // MARK: Writers

    /// Moves the counter on; makes it where there is none, and anew where this user may not write it.
    ///
    /// - Parameter locks: those of the repository.
    func count(_ locks: LockSpace) throws(FileError) {
        for _ in 0..<3 {
            let sequence = try lookAgain()?.source.sequence
            if let sequence, sequence.isWritable { return try sequence.count() }
            try make(locks, replacing: sequence != nil)
        }
        throw FileError(.write, path, .ioError)
    }

    private func make(_ locks: LockSpace, replacing: Bool) throws(FileError) {
        let temporary = locks.temporaryPath()
        do throws(FileError) {
            try SharedSequence.make(path, by: temporary, sharing: locks.sharing, replacing: replacing)
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw error }
            try Disk.makeDirectories(temporary.removingLastComponent(), sharing: locks.sharing)
            try SharedSequence.make(path, by: temporary, sharing: locks.sharing, replacing: replacing)
        }
    }

    /// Waits if a reader has asked for it.
    func waitForPause() {
        let quiet = state.withLock { $0.quiet }
        quiet?.source.sequence.waitForPause()
    }
}
