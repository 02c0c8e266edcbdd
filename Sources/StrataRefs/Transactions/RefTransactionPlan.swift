import StrataIO
import StrataModel

/// Decides a transaction: splits updates through symbolic references, checks expected values, names and objects.
///
/// Git's functions: `ref_transaction_update` and the `prepare` half of its stores, which each have a copy of these rules.
struct RefTransactionPlan {
    let transaction: RefTransaction
    let context: RefTransactionContext
    /// The algorithm of the store's ids.
    let algorithm: HashAlgorithm
    /// Why edits were rejected.
    private(set) var rejections: [Int: RefRejection] = [:]
    private var updates: [RefUpdate] = []
    /// Names whose value the transaction changes or checks, without those of rejected edits.
    private var names = RefTransactionNames()
    /// What new objects are: each is looked up once.
    private var kinds: [ObjectID: ObjectKind] = [:]
    /// What new objects peel to.
    private var peeled: [ObjectID: ObjectID] = [:]
    /// The names that edits of symbolic references were split into, by edit.
    private var referents: [Int: [RefName]] = [:]
    private var availability = RefAvailability()
    /// Whether it counts what HEAD names: where there may be lines for reflogs, of which it gets those of its branch, or an edit is of it.
    private var asksForHead: Bool

    init(_ transaction: RefTransaction, _ context: RefTransactionContext, _ algorithm: HashAlgorithm) {
        self.transaction = transaction
        self.context = context
        self.algorithm = algorithm
        // In place: a copy of an edit is a dozen counts of references.
        let edits = transaction.edits.span
        updates.reserveCapacity(edits.count)
        asksForHead = context.committer != nil
        for index in edits.indices {
            updates.append(RefUpdate(edit: index, edits[index]))
            if edits[index].committer != nil { asksForHead = true }
        }
    }

    // MARK: Before any lock

    /// What can be said of the edits alone: names, objects, duplicates.
    mutating func checkEdits() throws(RefError) {
        let all = transaction.edits
        let edits = all.span
        for index in edits.indices {
            if edits[index].checksName { try RefEditRules.checkName(edits[index].name, edits[index].change) }
            guard edits[index].checksObject, let objects = context.objects, let id = edits[index].newID else {
                continue
            }
            do throws(Verdict) {
                try checkObject(id, for: edits[index].name, in: objects)
            } catch {
                try take(error, on: index)
            }
        }
        if let twice = names.insert(all: changedNames) {
            throw RefError(.invalid, "multiple updates for ref '\(twice)' not allowed", reference: twice)
        }
    }

    private var changedNames: [RefName] {
        var changed: [RefName] = []
        changed.reserveCapacity(updates.count)
        for index in updates.indices where !updates[index].logOnly && isLive(index) { changed.append(name(index)) }
        return changed
    }

    private mutating func checkObject(
        _ id: ObjectID, for name: RefName, in objects: any ObjectLookup
    ) throws(Verdict) {
        if let known = kinds[id] { return try RefEditRules.checkKind(known, of: id, for: name) }
        let kind = try RefEditRules.kind(ofNew: id, for: name, in: objects)
        kinds[id] = kind
        try RefEditRules.checkKind(kind, of: id, for: name)
        if kind == .tag { peeled[id] = try RefEditRules.peel(id, for: name, in: objects) }
    }

    // MARK: Under the hold

    /// Takes the locks and decides each update in order.
    ///
    /// - Returns: what the store is to do. Names of rejected edits are held, and left as they are.
    mutating func decide(under held: any HeldRefs) throws(RefError) -> [ResolvedRefEdit] {
        if names.contains(.head) { asksForHead = true }
        var isHeadKnown = asksForHead
        var headTarget = isHeadKnown ? try held.read(.head)?.target : nil
        let wanted = wantedNames(headTarget)
        var unheld: [RefName: RefHoldFailure] = [:]
        for case (let name, let failure?) in zip(wanted, try held.hold(wanted, until: context.deadline)) {
            unheld[name] = failure
        }
        var index = 0
        while index < updates.count {  // grows while it runs
            if isLive(index) {
                if asksForHead, !isHeadKnown {
                    // A symbolic reference has led there.
                    headTarget = try held.read(.head)?.target
                    isHeadKnown = true
                }
                let name = name(index)
                if updates[index].parent != nil, unheld.isEmpty || unheld[name] == nil {
                    unheld[name] = try held.hold([name], until: context.deadline).first ?? nil
                }
                do throws(Verdict) {
                    try decide(index, name, headTarget, unheld.isEmpty ? nil : unheld[name], held)
                } catch {
                    try take(error, on: index)
                }
            }
            index += 1
        }
        try checkAvailability(held)
        return try resolve(held)
    }

    /// The names that are held, in their order. Lines for reflogs may come with a change of the same reference.
    private mutating func wantedNames(_ headTarget: [UInt8]?) -> [RefName] {
        let splits = expectedSplits(headTarget)
        // None is of a rejected edit, or of a reflog alone.
        if splits.isEmpty, names.sorted.count == updates.count { return names.sorted }
        var wanted = splits
        wanted.reserveCapacity(updates.count + wanted.count)
        for index in updates.indices where isLive(index) { wanted.append(name(index)) }
        return wanted.sortedWithoutRepeats()
    }

    /// What an update of HEAD, or of the branch that HEAD seems to name, will be split into: held with the others, in one order, so
    /// that a writer of HEAD and a writer of the branch do not wait for each other. Should HEAD move meanwhile, one name too many is held.
    private mutating func expectedSplits(_ headTarget: [UInt8]?) -> [RefName] {
        guard let branch = headTarget.flatMap(RefName.init(tolerating:)),
            names.contains(branch) || names.contains(.head)
        else { return [] }
        var splits: [RefName] = []
        for index in updates.indices where isLive(index) && !updates[index].logOnly && updates[index].changesValue {
            let (update, name) = (updates[index], name(index))
            if name == branch, update.logging != .none { splits.append(.head) }
            if name == .head, update.followsSymbolic, update.mayReach(branch) { splits.append(branch) }
        }
        return splits
    }

    /// How deciding one update can end early.
    enum Verdict: Error {
        case rejected(RefRejection)
        case failed(RefError)
    }

    private mutating func decide(
        _ index: Int, _ name: RefName, _ headTarget: [UInt8]?, _ failure: RefHoldFailure?, _ held: any HeldRefs
    ) throws(Verdict) {
        if let headTarget, updates[index].movesHead, name.bytes == headTarget {
            if names.contains(.head) { throw rules(index, name).headTwice() }
            updates.append(RefUpdate(headLogOf: updates[index], at: index))
        }
        let found: RefValue?
        var conflict: String?
        do throws(RefError) {
            if failure?.isInTheWay ?? false { conflict = try self.conflict(of: name, held) }
            found = failure == nil ? try held.read(name) : nil
        } catch { throw .failed(error) }
        let rules = rules(index, name)
        if let failure { throw rules.verdict(on: failure, conflict) }
        updates[index].found = found
        switch found {
        case .broken(.badName) where updates[index].deletes: updates[index].writes = try rules.checkNameless()
        case .broken: throw rules.broken()
        case .symbolic(let target) where updates[index].isHeadLog:
            guard target == updates[index].parent.map({ self.name($0).bytes }) else { throw rules.headMoved() }
        case _ where updates[index].isHeadLog: throw rules.headMoved()
        case .symbolic(let target) where updates[index].followsSymbolic:
            try split(index, name, target, rules)
        case .symbolic(let target):
            updates[index].oldID = try rules.checkUnfollowed(target, held)
            updates[index].writes = updates[index].changesValue
        case nil:
            try rules.checkMayBeAbsent()
            updates[index].isNew = true
            updates[index].writes = updates[index].changesValue
            tell(nil, toParentsOf: index)
        case .object(let id, _):
            try rules.check(id)
            updates[index].oldID = id
            updates[index].writes =
                updates[index].kind == .object
                ? transaction.edits[updates[index].edit].newID != id : updates[index].changesValue
            tell(id, toParentsOf: index)
        }
    }

    private func rules(_ index: Int, _ name: RefName) -> RefUpdateRules {
        RefUpdateRules(
            name: name, original: original(index), logOnly: updates[index].logOnly,
            expected: updates[index].isHeadLog ? .any : transaction.edits[updates[index].edit].expected,
            isBatched: transaction.mode == .batched)
    }

    /// Notes what the symbolic references that have led to an update lead to.
    private mutating func tell(_ id: ObjectID?, toParentsOf index: Int) {
        var ancestor = updates[index].parent
        while let parent = ancestor {
            updates[parent].oldID = id
            ancestor = updates[parent].parent
        }
    }

    /// Turns an update of a symbolic reference into one of its referent and a line in its own reflog.
    private mutating func split(
        _ index: Int, _ name: RefName, _ target: [UInt8], _ rules: RefUpdateRules
    ) throws(Verdict) {
        // Git follows the target wherever it leads, out of the repository even.
        guard let referent = RefName(tolerating: target), updates[index].mayReach(referent) else {
            throw rules.badReferent(target)
        }
        guard names.insert(referent) else { throw rules.twiceThroughSymref(referent) }
        referents[updates[index].edit, default: []].append(referent)
        if referent == .head { asksForHead = true }
        // What was free beside the names that there were may not be beside this one.
        availability = RefAvailability()
        updates.append(RefUpdate(referent: referent, of: updates[index], name, at: index))
        updates[index].logOnly = true
        updates[index].followsSymbolic = false
    }

    private mutating func conflict(of name: RefName, _ held: any HeldRefs) throws(RefError) -> String? {
        try availability.conflict(of: name, among: &names, in: held)
    }

    private mutating func checkAvailability(_ held: any HeldRefs) throws(RefError) {
        var earliest: RefOrder?
        for index in updates.indices where updates[index].isNew && isLive(index) {
            let name = name(index)
            guard let conflict = try conflict(of: name, held) else { continue }
            let order = earliest ?? RefOrder(updates.indices.map { self.name($0) })
            earliest = order
            // Git, which locks in the order of the edits, is stopped by the directory with the lock of an earlier one.
            let isObstructed = order.hasName(below: name, before: index)
            let text = isObstructed ? "cannot lock ref '\(original(index))': \(conflict)" : conflict
            try reject(index, RefRejection(.nameConflict, at: name, text))
        }
    }

    // MARK: What came out

    private mutating func resolve(_ held: any HeldRefs) throws(RefError) -> [ResolvedRefEdit] {
        var final: [RefName: RefValue?] = [:]
        for index in updates.indices where updates[index].isHeadLog {
            // Known only now, where the branch is itself a symbolic reference.
            updates[index].oldID = updates[index].parent.flatMap { updates[$0].oldID }
        }
        let needsFinal = updates.contains { $0.kind == .symbolic }
        for index in updates.indices
        where needsFinal && isLive(index) && updates[index].writes && !updates[index].logOnly {
            final[name(index)] = .some(newValue(transaction.edits[updates[index].edit].change))
        }
        var lines = RefReflogLines(
            committer: context.committer, algorithm: algorithm, final: final, held: held)
        var resolved: [ResolvedRefEdit] = []
        resolved.reserveCapacity(updates.count)
        let all = updates
        // Field by field, here too.
        let (steps, edits) = (all.span, transaction.edits.span)
        for index in steps.indices where isLive(index) {
            let edit = steps[index].edit
            let name = steps[index].ownName ?? edits[edit].name
            let changes = steps[index].writes && !steps[index].logOnly
            let mayBeLogged =
                steps[index].logging != .none && (steps[index].logOnly || changes && !steps[index].deletes)
                && !(lines.isNobody && edits[edit].committer == nil && steps[index].kind != .symbolic)
            let line = mayBeLogged ? try lines.line(for: steps[index], edits[edit]) : nil
            resolved.append(
                ResolvedRefEdit(
                    name: name,
                    action: changes ? newValue(edits[edit].change).map { .write($0) } ?? .delete : .keep,
                    old: steps[index].found, reflog: line,
                    createsReflog: line != nil
                        && (steps[index].logging == .force || context.reflogs.creates(name)),
                    isPeelKnown: edits[edit].checksObject && context.objects != nil))
        }
        return resolved
    }

    /// The value that a reference gets; nil = it goes.
    private func newValue(_ change: RefEdit.Change) -> RefValue? {
        switch change {
        case .write(.object): change.newID.map { .object($0, peeled: peeled.isEmpty ? nil : peeled[$0]) }
        case .write(.symbolic(let target)): .symbolic(target.bytes)
        case .delete, .verify, .log: nil
        }
    }

    /// The updates that are not rejected as observers see them: before the locks are taken as the caller asked for them,
    /// then with referents instead of symbolic references. Those of reflogs alone are not shown.
    var observedUpdates: [ObservedRefUpdate] {
        updates.indices.filter { isLive($0) && !updates[$0].logOnly }.map {
            ObservedRefUpdate(name: name($0), transaction.edits[updates[$0].edit])
        }
    }

    // MARK: Verdicts

    private func isLive(_ index: Int) -> Bool { rejections.isEmpty || rejections[updates[index].edit] == nil }

    /// What is updated.
    private func name(_ index: Int) -> RefName { updates[index].ownName ?? original(index) }

    /// The name that the caller gave, for messages.
    private func original(_ index: Int) -> RefName { transaction.edits[updates[index].edit].name }

    private mutating func take(_ verdict: Verdict, on index: Int) throws(RefError) {
        switch verdict {
        case .rejected(let rejection): try reject(index, rejection)
        case .failed(let failure): throw failure
        }
    }

    private mutating func reject(_ index: Int, _ rejection: RefRejection) throws(RefError) {
        guard transaction.mode == .batched else { throw RefError(rejection, of: original(index)) }
        let edit = updates[index].edit
        rejections[edit] = rejection
        if case .log = transaction.edits[edit].change { return }
        names.remove(transaction.edits[edit].name)
        for referent in referents[edit] ?? [] { names.remove(referent) }
    }
}
