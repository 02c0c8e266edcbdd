import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// What the holds of one transaction on the stores of one environment share: the gate, the view behind it, and what is to be committed.
///
/// Sendable because it is handed to the stores of one hold, which one thread uses at a time.
final class LMDBSession: DecidingHold, @unchecked Sendable {
    let environment: LMDBEnvironment
    private(set) var isInside = false
    private var isOver = false
    private var holds = 0
    private var view: LMDBReadTransaction?
    /// The tokens that the directories of worktrees had.
    private var tokens: [LMDBWorktree: LMDBToken] = [:]
    private var staged: [(store: LMDBRefStore, edits: [ResolvedRefEdit])] = []
    private(set) var durability = Durability.none
    private var undo: [LMDBUndo] = []
    /// What the commit decides over.
    private var intents: [any RefJournalEntry] = []
    private var deadline = Deadline.after(milliseconds: 1000)

    /// Why nothing can be held; nil = it is to be seen.
    private let refusal: RefError?

    init(_ environment: LMDBEnvironment, refusing refusal: RefError? = nil) {
        self.environment = environment
        self.refusal = refusal
    }

    deinit { abort() }

    // MARK: The gate

    /// Counts a hold, until ``leave()``.
    func join() { holds += 1 }

    func leave() {
        holds -= 1
        if holds == 0 { abort() }
    }

    func enter(until deadline: Deadline) throws(RefError) {
        if isInside { return }
        if let refusal { throw refusal }
        guard !isOver else { throw RefError(.invalid, "a hold that was let go is used again") }
        if environment.isReadOnly { throw LMDBFailure.readOnly.error(at: environment.directory.string) }
        try environment.gate.enter(until: deadline)
        isInside = true
        self.deadline = deadline
        // What was read before may have changed since.
        view = nil
    }

    /// The references as they are; behind the gate as they stay.
    func snapshot(_ worktree: LMDBWorktree?) throws(RefError) -> LMDBRefSnapshot {
        let state: LMDBReadTransaction
        if isInside, let view { state = view } else { state = try environment.read() }
        if isInside { view = state }
        guard let worktree else { return try LMDBRefSnapshot(state, nil) }
        let snapshot = try LMDBRefSnapshot(state, worktree, knowing: tokens[worktree])
        tokens[worktree] = snapshot.token
        return snapshot
    }

    func stage(_ edits: [ResolvedRefEdit], in store: LMDBRefStore, _ durability: Durability?) throws(RefError) {
        for edit in edits { try edit.checkLimits() }
        staged.append((store, edits))
        self.durability = max(self.durability, durability ?? store.durability)
    }

    // MARK: DecidingHold

    var decider: any RefDecider { environment }

    func decide(over intents: [any RefJournalEntry]) {
        self.intents = intents
        durability = max(durability, intents.map(\.durability).max() ?? .none)
    }

    var journal: (any RefJournal)? { nil }

    private var leavesTrace: Bool { staged.contains { $0.edits.contains(where: \.leavesTrace) } }

    func stepCount() throws(RefError) -> Int { leavesTrace ? 1 : 0 }

    func intentPart() throws(RefError) -> [UInt8] { [] }

    func publish(alone: Bool) throws(RefError) {
        // A reader of our own must not keep the pages that this commit lets go, nor the map from growing.
        view = nil
        guard leavesTrace else { return }
        let (staged, intents, tokens) = (staged, intents, tokens)
        let forgettable =
            intents.isEmpty ? [] : try LMDBIntents.forgettable(besides: intents, in: environment)
        undo = try environment.write(durability, until: deadline) { writer throws(RefError) in
            if !alone { writer.beginUndo() }
            for (store, edits) in staged {
                try LMDBRefWriter(writer, store, knowing: store.place.flatMap { tokens[$0] }).apply(edits)
            }
            for intent in intents { try LMDBIntents.record(intent, in: writer) }
            for id in forgettable { try LMDBIntents.forget(id, in: writer) }
            return writer.undo ?? []
        }
    }

    func retract() -> [String] {
        guard !undo.isEmpty else { return [] }
        do throws(RefError) {
            try environment.write(durability, until: deadline) { writer throws(RefError) in try writer.takeBack(undo) }
            undo = []
            return []
        } catch {
            return ["the references in '\(environment.directory.string)' stay changed: \(error.message)"]
        }
    }

    func conclude() { abort() }

    // MARK: HeldRefs

    func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?] {
        names.map { _ in nil }
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? { try snapshot(nil).read(name) }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor { try snapshot(nil).cursor(over: scope) }

    func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError) {}

    func commit() throws(RefError) { try commitTogether([self]) }

    func abort() {
        if isInside { environment.gate.leave() }
        isInside = false
        isOver = true
        view = nil
        tokens = [:]
        staged = []
        undo = []
        intents = []
    }
}
