import StrataIO
import StrataRefs

/// One concurrent history: what happened in it, and what was there in the beginning and in the end.
struct ConcurrentHistory: Sendable {
    let script: HistoryScript
    /// What the slots held in the beginning.
    let initial: [Int]
    let records: HistoryRecorder.Records
    /// What the slots held in the end, read when all was over.
    let final: [Int]
    let capabilities: RefStoreCapabilities
    let store: any RefStore

    /// How long a call may take beyond the deadlines that stores have, of about a second: machines can be busy.
    private static let patience = 20_000

    /// Runs the history that `script` says.
    ///
    /// - Returns: the history; or what went wrong, where it did not come to its end.
    static func run(
        _ number: Int, _ options: RefStoreCheckOptions, _ references: SharedReferences
    ) -> Result<ConcurrentHistory, StoreFailure> {
        guard let store = references.handles.first, let writer = references.writer else {
            return .failure(StoreFailure(ConcurrencyCheck.reads, "there is no store that can be written"))
        }
        let script = HistoryScript(number, options, store)
        let initial: [Int]
        do {
            initial = try script.begin(in: writer)
            try references.upkeep?()
        } catch {
            return .failure(StoreFailure(ConcurrencyCheck.transactions, "no reference can be made: \(error)"))
        }
        let recorder = HistoryRecorder(patience: .milliseconds(patience))
        let (writers, steps) = (options.threads, options.stepsPerThread)
        let count = references.upkeep == nil ? writers : writers + 1
        let handles = references.handles
        let ended = WorkThreads.run(count, until: .after(milliseconds: 2 * patience)) { thread in
            if thread == writers {
                keepUp(thread, references, steps, recorder)
            } else {
                var worker = HistoryWorker(
                    thread: thread, store: handles[thread % handles.count], script: script, recorder: recorder)
                worker.run(steps: steps)
            }
        }
        let records = recorder.all
        guard ended else {
            let calls = records.running.sorted { $0.key < $1.key }.map { "thread \($0.key): \($0.value)" }
            return .failure(StoreFailure(ConcurrencyCheck.returns, "calls do not return", history: calls))
        }
        return end(script, initial, records, references.capabilities, store)
    }

    /// Does the upkeep again and again.
    private static func keepUp(
        _ thread: Int, _ references: SharedReferences, _ steps: Int, _ recorder: HistoryRecorder
    ) {
        for _ in 0..<max(1, steps / 2) {
            _ = recorder.call(thread, "upkeep") {
                do { try references.upkeep?() } catch {
                    // A lock that somebody else has is nothing wrong.
                    if (error as? RefError)?.code == .locked { return }
                    recorder.fail(ConcurrencyCheck.upkeep, "it fails: \(error)")
                }
            }
            HistoryScript.pause()
        }
    }

    private static func end(
        _ script: HistoryScript, _ initial: [Int], _ records: HistoryRecorder.Records,
        _ capabilities: RefStoreCapabilities, _ store: any RefStore
    ) -> Result<ConcurrentHistory, StoreFailure> {
        var final = initial
        for glance in [Glance.read(script.slots), .list] {
            switch Glance.snapshot(of: store).flatMap({ glance.values(in: $0, script) }) {
            case .failure(let failure): return .failure(failure)
            case .success(let values):
                for (slot, value) in values {
                    if glance == .list, final[slot] != value {
                        let (read, listed) = (HistoryValues.text(final[slot]), HistoryValues.text(value))
                        return .failure(
                            StoreFailure(
                                ConcurrencyCheck.reads,
                                "'\(HistoryValues.names[slot])' is read as \(read) and listed as \(listed), with nobody writing"
                            ))
                    }
                    final[slot] = value
                }
            }
        }
        return .success(
            ConcurrentHistory(
                script: script, initial: initial, records: records, final: final, capabilities: capabilities,
                store: store))
    }
}
