import StrataModel
import StrataRefs

/// One thread of a concurrent history: makes random calls and writes them down.
struct HistoryWorker {
    let thread: Int
    let store: any RefStore
    let script: HistoryScript
    let recorder: HistoryRecorder
    private var random: SeededNumbers
    private var serial = 0
    /// What the slots were seen to hold last.
    private var known: [Int: Int] = [:]

    init(thread: Int, store: any RefStore, script: HistoryScript, recorder: HistoryRecorder) {
        self.thread = thread
        self.store = store
        self.script = script
        self.recorder = recorder
        random = SeededNumbers(seed: script.seed &+ UInt64(thread) &* 0x1_0001)
    }

    private var canWrite: Bool { store.capabilities.contains(.writes) }

    mutating func run(steps: Int) {
        for _ in 0..<steps {
            let dice = Int.random(in: 0..<100, using: &random)
            switch dice {
            case ..<55 where canWrite: change()
            case 95... where canWrite: expireReflog()
            case ..<80: look()
            default: list()
            }
        }
    }

    private mutating func nextValue() -> Int {
        serial += 1
        return (thread + 1) * 1000 + serial
    }

    // MARK: Changes

    /// Changes one reference, several at once, or a batch; mostly after a look, at times by what was seen earlier.
    private mutating func change() {
        let isAlone = script.slots.count == 1 || Int.random(in: 0..<100, using: &random) >= script.togetherPercent
        let count = isAlone ? 1 : Int.random(in: 2...min(3, script.slots.count), using: &random)
        let slots = Array(script.slots.shuffled(using: &random).prefix(count))
        let isBatched = count > 1 && Int.random(in: 0..<4, using: &random) == 0
        if Int.random(in: 0..<4, using: &random) > 0 { read(slots) }
        let edits = slots.map { edit(of: $0, isAlone: isAlone) }
        commit(edits, isBatched: isBatched)
    }

    private mutating func edit(of slot: Int, isAlone: Bool) -> HistoryEdit {
        let now = known[slot] ?? 0
        let dice = Int.random(in: 0..<100, using: &random)
        let throughHead = slot == HistoryValues.main && script.hasHead && Int.random(in: 0..<3, using: &random) == 0
        let name = throughHead ? .head : HistoryValues.names[slot]
        let requires: HistoryOperation.Requirement
        var writes: Int?
        switch (now, dice) {
        case (0, ..<75): (requires, writes) = (.value(0), nextValue())
        case (0, ..<90): (requires, writes) = (.anything, nextValue())
        case (0, _): (requires, writes) = (.something, 0)
        case (_, ..<60): (requires, writes) = (.value(now), nextValue())
        case (_, ..<75): (requires, writes) = (.value(now), 0)
        case (_, ..<82): (requires, writes) = (.anything, nextValue())
        case (_, ..<87) where slot != HistoryValues.link: (requires, writes) = (.valueOrNothing(now), nextValue())
        case (_, ..<92): (requires, writes) = (.anything, 0)
        // Alone a check would be no transaction to speak of.
        default: (requires, writes) = (.value(now), isAlone ? nextValue() : nil)
        }
        return HistoryEdit(name, slot, writes: writes, requires: requires, script.values)
    }

    private mutating func commit(_ edits: [HistoryEdit], isBatched: Bool) {
        let transaction = RefTransaction(edits.map(\.edit), mode: isBatched ? .batched : .atomic)
        let asked = edits.map(\.text).joined(separator: ", ")
        let text = isBatched ? "batch of \(asked)" : asked
        let call = recorder.call(thread, text) { () -> Result<RefTransactionResult, RefError> in
            store.submit([transaction], script.context).first
                ?? .failure(RefError(.invalid, "the store gave no result for a transaction"))
        }
        let recording = CallRecording(thread: thread, start: call.start, end: call.end, asked: text)
        recorder.change { recording.record(edits, isBatched: isBatched, call.answer, &$0) }
        if case .success(let result) = call.answer {
            for (edit, rejection) in zip(edits, result.rejections) where rejection == nil {
                if let value = edit.touch.writes { known[edit.touch.slot] = value }
            }
        }
    }

    private func expireReflog() {
        guard let reflogs = store.reflogs, let slot = script.slots.first, slot != HistoryValues.link else { return }
        let name = slot == HistoryValues.main && script.hasHead ? RefName.head : HistoryValues.names[slot]
        recorder.change { $0.expired.insert(name) }
        _ = recorder.call(thread, "expire the reflog of \(name)") {
            // Somebody else may have the name, or one that excludes it: then nothing is expired.
            guard let held = try? store.hold([name], until: script.context.deadline) else { return }
            defer { held.abort() }
            do throws(RefError) {
                var count = 0
                try reflogs.read(name, newestFirst: false) { _ throws(RefError) in
                    count += 1
                    return true
                }
                var index = 0
                try reflogs.expire(name, rewrite: false) { _ throws(RefError) in
                    index += 1
                    return index + 2 > count
                }
            } catch {
                recorder.fail(ConcurrencyCheck.reflogs, "the log of '\(name)' cannot be expired: \(error)")
            }
        }
    }

    // MARK: Looks

    /// Reads `slots` in one snapshot.
    private mutating func read(_ slots: [Int]) {
        take("read \(slots.map { "\(HistoryValues.names[$0])" }.joined(separator: " and "))", [.read(slots)])
    }

    /// Reads and lists in one snapshot, and reads again a little later.
    private mutating func look() {
        let slots = Array(script.slots.shuffled(using: &random).prefix(3))
        let glances: [Glance] =
            Bool.random(using: &random) ? [.list, .readTogether(slots)] : [.readTogether(slots), .list]
        take("look twice", glances + [.pause, .read(slots.reversed())])
    }

    private mutating func list() { take("list", [.list]) }

    private mutating func take(_ text: String, _ glances: [Glance]) {
        let taken = recorder.call(thread, "take a snapshot") { Glance.snapshot(of: store) }
        guard let snapshot = recorder.good(taken.answer) else { return }
        var look = HistoryRecorder.Look(thread: thread, start: taken.start, end: taken.end)
        for glance in glances {
            guard glance != .pause else {
                HistoryScript.pause()
                continue
            }
            let call = recorder.call(thread, text) { glance.values(in: snapshot, script) }
            guard let values = recorder.good(call.answer) else { return }
            for (slot, value) in values { known[slot] = value }
            look.seen.append(.init(values: values, kind: glance.kind, end: call.end))
        }
        recorder.change { [look] in $0.looks.append(look) }
    }
}
